"""What can be set when the Central System starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Behaviour towards stations and operators.

    `vendors` maps a DataTransfer vendorId to the messageIds that are accepted from stations. `frames` is how many
    frames per station are kept for a look, `max_message` how many bytes a station may send in one message.
    """

    heartbeat_interval: int = 300
    call_timeout_s: float = 30.0
    accept_unknown: bool = False
    frames: int = 100
    vendors: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listen:
    """Where the server listens and how; port 0 takes a free one."""

    host: str = "127.0.0.1"
    port: int = 9000
    api_port: int = 9001
    path: str = "/ocpp"
    db: Path = Path("reference-csms.db")
    token: str | None = None
    ping_interval_s: float | None = 60.0
    max_message: int = 1 << 20
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    ready_json: bool = False
    stop_with_stdin: bool = False
