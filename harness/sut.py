"""The reference CSMS as a product under test: a process of its own, on a temporary database, gone when the run is."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness import config
from harness.errors import UsageError
from harness.material import Material
from harness.pki import Pki

START_S = 30.0
HEARTBEAT_S = 1
SERIAL_NUMBER = "SN-3"

SUT_TOML = """\
[sut]
vendor = "ocpp-conformance"
product = "reference CSMS"
version = "{version}"
role = "csms"

[supports]
profiles = [
    "Core", "FirmwareManagement", "LocalAuthListManagement", "Reservation", "SmartCharging", "RemoteTrigger", "Security"
]
security_profiles = [1, 2, 3]

[environment]
url = "{url}"
station_id = "CP 001#A"
password = "reference-password"
number_of_connectors = 2
connection_timeout_s = 1
reservation_s = 2
parent_id_tag = "GROUP-1"

[environment.cards]
Accepted = "CARD-ACCEPTED"
Accepted2 = "CARD-ACCEPTED-2"
Invalid = "CARD-UNKNOWN"
Expired = "CARD-EXPIRED"
Blocked = "CARD-BLOCKED"

[[environment.access]]
security_profile = 0
url = "{url}"
station_id = "CP 000#A"

[[environment.access]]
security_profile = 2
url = "{url_tls}"
station_id = "CP 002#A"
password = "reference-password-2"
ca_file = "{ca}"
serial_number = "SN-2"

[[environment.access]]
security_profile = 3
url = "{url_tls}"
station_id = "CP 003#A"
password = "reference-password-3"
ca_file = "{ca}"
client_certificate = "pki/station.pem"
serial_number = "{serial_number}"

[environment.security]
other_station_certificate = "pki/other_station.pem"
longer_name_certificate = "pki/longer_name.pem"
other_organization_certificate = "pki/other_organization.pem"
expired_certificate = "pki/expired.pem"
revoked_certificate = "pki/revoked.pem"

[operator]
driver = "http"
preset = "reference"
base_url = "{api}"
token = "{token}"
"""


@contextmanager
def reference_csms(version: str) -> Iterator[config.Settings]:
    """The settings of a freshly started reference CSMS; raises UsageError if it does not come up."""
    with tempfile.TemporaryDirectory(prefix="ocpp-conformance-") as folder:
        Pki(SERIAL_NUMBER).write(Path(folder) / "pki")
        process = _start(Path(folder))
        try:
            ready = _ready(process, Path(folder) / "log")
            path = Path(folder) / "sut.toml"
            path.write_text(SUT_TOML.format(version=version, serial_number=SERIAL_NUMBER, **ready), encoding="utf-8")
            yield config.load(path)
        finally:
            _stop(process)


def _start(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "reference_csms", "serve", "--host", "127.0.0.1", "--port", "0", "--api-port", "0"]
    options = ["--db", str(folder / "csms.sqlite"), "--heartbeat-interval", str(HEARTBEAT_S), "--ready-json"]
    options += ["--stop-with-stdin", "--tls-port", "0", "--cpo-name", Material().organization]
    options += ["--client-ca", str(folder / "pki" / "ca.pem"), "--client-crl", str(folder / "pki" / "revoked.crl.pem")]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("REFERENCE_CSMS_")}
    with (folder / "log").open("w") as log:
        # A group of its own: Ctrl-C is for the harness, which then stops this process itself. If the harness is killed,
        # its end of the pipe closes, and the process ends with it.
        return subprocess.Popen(
            command + options,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
            env=environment | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )


def _ready(process: subprocess.Popen[str], log: Path) -> dict[str, Any]:
    assert process.stdout is not None
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        if select.select([process.stdout], [], [], 0.2)[0]:
            line = process.stdout.readline()
            if line.startswith("{"):
                return dict(json.loads(line))
    last = log.read_text(encoding="utf-8").strip().splitlines()[-1:] or ["nothing on its log"]
    raise UsageError(f"reference CSMS: expected it to be ready within {START_S:g} s, received {last[0]}")


def _stop(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
