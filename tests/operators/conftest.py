"""A small REST API that remembers its requests and answers as told, over a real socket."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from harness import config
from harness.operators.csms import CsmsOperator, driver


@dataclass(frozen=True)
class Request:
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


@dataclass
class Rest:
    """What the server has seen, and what it answers; `hold` keeps every answer back until it is set."""

    url: str
    requests: list[Request] = field(default_factory=list)
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    hold: threading.Event = field(default_factory=threading.Event)
    came: threading.Event = field(default_factory=threading.Event)
    answered: threading.Event = field(default_factory=threading.Event)

    @property
    def last(self) -> Request:
        """The latest request."""
        return self.requests[-1]


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing: a client that hangs up is part of the tests."""


def _serve(rest: Rest, context: ssl.SSLContext | None) -> Callable[[], None]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet: two would wait 40 ms for each other

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            rest.requests.append(Request(self.command, self.path, dict(self.headers), body))
            rest.came.set()
            rest.hold.wait(5)
            status, answer = rest.answers.get(self.path.partition("?")[0], (200, {}))
            data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            for name, value in rest.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            self.wfile.flush()
            rest.answered.set()

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - names of the base class

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = _Server(("127.0.0.1", 0), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    rest.url = f"{'https' if context else 'http'}://127.0.0.1:{server.server_address[1]}"
    rest.hold.set()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop


@pytest.fixture
def rest() -> Iterator[Rest]:
    """A REST API over plain HTTP."""
    rest = Rest("")
    stop = _serve(rest, None)
    yield rest
    rest.hold.set()
    stop()


@pytest.fixture
def tls_rest(tmp_path: Path) -> Iterator[Rest]:
    """A REST API over TLS with a certificate of its own, in `ca.pem` of the temporary folder."""
    certificate = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, tmp_path / "key.pem")
    rest = Rest("")
    stop = _serve(rest, context)
    yield rest
    stop()


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
    key_pem = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, *key_pem))
    file = folder / "ca.pem"
    file.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return file


ENVIRONMENT = {
    "url": "ws://127.0.0.1:1/ocpp",
    "station_id": "CP-1",
    "operator_timeout_s": 3,
    "cards": {"Accepted": "CARD-1"},
}

Make = Callable[..., config.Settings]


@pytest.fixture
def make() -> Make:
    """Makes settings around an `[operator]` table and perhaps a `[records]` table."""

    def made(
        operator: dict[str, Any], records: dict[str, Any] | None = None, path: Path | None = None
    ) -> config.Settings:
        tables: dict[str, Any] = {"environment": ENVIRONMENT, "operator": operator}
        return config.from_tables(tables if records is None else {**tables, "records": records}, path)

    return made


PROFILE: dict[str, Any] = {
    "stackLevel": 2,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Recurring",
    "recurrencyKind": "Daily",
    "validFrom": "2026-01-02T03:04:00Z",
    "validTo": "2026-01-03T03:04:00Z",
    "chargingSchedule": {
        "startSchedule": "2026-01-02T03:05:00Z",
        "duration": 300,
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [
            {"startPeriod": 0, "limit": 6.0, "numberPhases": 1},
            {"startPeriod": 60, "limit": 8.5},
        ],
    },
}
HASH_DATA = {"hashAlgorithm": "SHA256", "issuerNameHash": "A1", "issuerKeyHash": "B2", "serialNumber": "C3"}
CALLS: dict[str, dict[str, Any]] = {
    "RemoteStartTransaction": {"connectorId": 1, "idTag": "CARD-1"},
    "RemoteStopTransaction": {"transactionId": 7},
    "Reset": {"type": "Hard"},
    "UnlockConnector": {"connectorId": 2},
    "GetConfiguration": {"key": ["SupportedFeatureProfiles"]},
    "ChangeConfiguration": {"key": "MeterValueSampleInterval", "value": "60"},
    "ChangeAvailability": {"connectorId": 0, "type": "Inoperative"},
    "ClearCache": {},
    "DataTransfer": {"vendorId": "com.example", "messageId": "m", "data": "d"},
    "ReserveNow": {"connectorId": 1, "idTag": "CARD-1", "expiryDate": "2026-01-02T03:04:05Z", "parentIdTag": "G"},
    "CancelReservation": {"reservationId": 12},
    "SendLocalList": {"updateType": "Full", "cards": ["CARD-1", "CARD-2"]},
    "GetLocalListVersion": {},
    "TriggerMessage": {"requestedMessage": "MeterValues", "connectorId": 1},
    "UpdateFirmware": {
        "location": "ftp://h/a",
        "retrieveDate": "2026-01-02T03:04:05Z",
        "retries": 3,
        "retryInterval": 9,
    },
    "GetDiagnostics": {
        "location": "ftp://h/d/",
        "startTime": "2026-01-02T03:04:05Z",
        "stopTime": "2026-01-02T04:04:05Z",
        "retries": 0,
        "retryInterval": 9,
    },
    "SignedUpdateFirmware": {
        "location": "https://h/a",
        "retrieveDateTime": "2026-01-02T03:04:05Z",
        "signingCertificate": "PEM",
        "signature": "c2ln",
        "installDateTime": "2026-01-02T04:04:05Z",
    },
    "GetLog": {
        "logType": "SecurityLog",
        "remoteLocation": "https://h/l/",
        "oldestTimestamp": "2026-01-02T03:04:05Z",
        "latestTimestamp": "2026-01-02T04:04:05Z",
    },
    "SetChargingProfile": {"connectorId": 1, "profile": PROFILE, "transactionId": 7},
    "ClearChargingProfile": {"connectorId": 1, "chargingProfilePurpose": "TxProfile", "stackLevel": 0},
    "GetCompositeSchedule": {"connectorId": 1, "duration": 300, "chargingRateUnit": "W"},
    "InstallCertificate": {"certificateType": "ManufacturerRootCertificate", "certificate": "PEM"},
    "GetInstalledCertificateIds": {"certificateType": "CentralSystemRootCertificate"},
    "DeleteCertificate": {"certificate": "PEM", "certificateHashData": HASH_DATA},
    "ExtendedTriggerMessage": {"requestedMessage": "SignChargePointCertificate", "connectorId": 1},
}


@asynccontextmanager
async def driving(make: Make, table: dict[str, Any]) -> AsyncIterator[CsmsOperator]:
    """A driver that is closed at the end."""
    operator = driver(make({"driver": "http", **table}))
    try:
        yield operator
    finally:
        await operator.close()


def templates(rest: Rest, **operations: dict[str, Any]) -> dict[str, Any]:
    """The table of a driver with these operations."""
    return {"base_url": rest.url, "operations": operations}
