"""Makes reports/example: all profiles claimed of the stranger's CSMS, its times mended and its other faults left in.

What its API has no words for goes through its endpoint for ready payloads. Run it with `make example`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SUPPORTS = """
[supports]
profiles = [
    "Core", "FirmwareManagement", "LocalAuthListManagement", "Reservation", "SmartCharging", "RemoteTrigger", "Security"
]
security_profiles = [1]
"""
HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "reports" / "example"


def settings(url: str, api: str) -> str:
    """The stranger's settings for all profiles, on security profile 1."""
    text = (HERE / "stranger.toml").read_text(encoding="utf-8")
    for old, new in (
        ('"URL"', f'"{url}"\npassword = "a-strangers-password"\nreservation_s = 1\nparent_id_tag = "GROUP-1"'),
        ('path = "/chargers', f'url = "{api}/chargers'),
        ('base_url = "API"', f'preset = "payload"\nbase_url = "{api}/raw"'),
    ):
        assert old in text
        text = text.replace(old, new)
    return text + SUPPORTS


def main() -> None:
    """Runs the cases and puts what they leave into reports/example."""
    command = [sys.executable, "-m", "tests.subjects.stranger", "--port", "0", "--api-port", "0", "--zone", "Z"]
    with tempfile.TemporaryDirectory() as folder, subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as csms:
        assert csms.stdout is not None
        ready = json.loads(csms.stdout.readline())
        sut = Path(folder) / "sut.toml"
        sut.write_text(settings(ready["url"], ready["api"]), encoding="utf-8")
        run = [sys.executable, "-m", "harness", "run", "csms", "--sut", str(sut), "--reports", folder]
        subprocess.run(run, check=False)
        csms.terminate()
        (made,) = Path(folder).glob("*-csms")
        shutil.rmtree(EXAMPLE, ignore_errors=True)
        shutil.copytree(made, EXAMPLE)


if __name__ == "__main__":
    main()
