"""Makes reports/example: a run against the stranger's CSMS, with its times mended and its other faults left in.

Run it with `make example`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "reports" / "example"


def main() -> None:
    """Runs the cases and puts what they leave into reports/example."""
    command = [sys.executable, "-m", "tests.subjects.stranger", "--port", "0", "--api-port", "0", "--zone", "Z"]
    with tempfile.TemporaryDirectory() as folder, subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as csms:
        assert csms.stdout is not None
        ready = json.loads(csms.stdout.readline())
        sut = Path(folder) / "sut.toml"
        text = (HERE / "stranger.toml").read_text(encoding="utf-8")
        sut.write_text(text.replace('"URL"', json.dumps(ready["url"])).replace('"API"', json.dumps(ready["api"])))
        run = [sys.executable, "-m", "harness", "run", "csms", "--sut", str(sut), "--reports", folder]
        subprocess.run(run, check=False)
        csms.terminate()
        (made,) = Path(folder).glob("*-csms")
        shutil.rmtree(EXAMPLE, ignore_errors=True)
        shutil.copytree(made, EXAMPLE)


if __name__ == "__main__":
    main()
