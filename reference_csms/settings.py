"""What can be set when the Central System starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Settings:
    """Behaviour towards stations and operators.

    `vendors` maps a DataTransfer vendorId to the messageIds that are accepted from stations. `frames` is how many
    frames per station are kept for a look. `files` is the folder for firmware images and received files, None if there
    is none, and `max_file` how many bytes one of them may have. `organization` is the CPO that station certificates
    have to name, None for any; they last `certificate_days`, and `renew_before_days` of their end stations are asked
    to renew them (0: never). `rsa_padding` is how our RSA root signs.
    """

    heartbeat_interval: int = 300
    call_timeout_s: float = 30.0
    accept_unknown: bool = False
    frames: int = 100
    vendors: Mapping[str, frozenset[str]] = field(default_factory=dict)
    files: Path | None = None
    max_file: int = 100 << 20
    organization: str | None = None
    certificate_days: int = 365
    renew_before_days: int = 0
    rsa_padding: Literal["pkcs1", "pss"] = "pkcs1"


@dataclass(frozen=True, slots=True)
class FileAccess:
    """How stations reach files.

    `port` None is the API's port, `url` is what stations reach if that is not this host and port, `ftp_port` None means
    no FTP. With `plain` a port of our own speaks no TLS although stations come with it, and every station may be told
    of places without TLS.
    """

    port: int | None = None
    url: str | None = None
    ftp_port: int | None = None
    ftp_passive_ports: range | None = None
    plain: bool = False


@dataclass(frozen=True, slots=True)
class TlsAccess:
    """A second port for stations, with TLS; port None means none.

    Without `certificates` the CSMS's own CA, whose keys lie in `pki`, makes one of each kind for `names`. `client_ca`
    are CAs whose station certificates are taken beside our own, `client_crl` what those have revoked.
    """

    port: int | None = None
    certificates: tuple[Path, ...] = ()
    keys: tuple[Path, ...] = ()
    names: tuple[str, ...] = ("localhost",)
    client_ca: tuple[Path, ...] = ()
    client_crl: tuple[Path, ...] = ()
    pki: Path | None = None

    @property
    def served(self) -> bool:
        """Whether stations can come with TLS."""
        return self.port is not None or bool(self.certificates)

    @property
    def alone(self) -> bool:
        """Whether they can come with nothing else."""
        return self.port is None and bool(self.certificates)


@dataclass(frozen=True, slots=True)
class Listen:
    """Where the server listens and how; port 0 takes a free one.

    `max_message` is how many bytes a station may send in one message.
    """

    host: str = "127.0.0.1"
    port: int = 9000
    api_port: int = 9001
    path: str = "/ocpp"
    db: Path = Path("reference-csms.db")
    token: str | None = None
    ping_interval_s: float | None = 60.0
    max_message: int = 1 << 20
    ready_json: bool = False
    stop_with_stdin: bool = False
    access: FileAccess = FileAccess()
    tls: TlsAccess = TlsAccess()


def url_host(host: str) -> str:
    """A host as it stands in URLs."""
    return f"[{host}]" if ":" in host else host
