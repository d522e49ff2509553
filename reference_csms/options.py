"""Groups of command line options: a function whose parameters are options, and whose result a command takes as one."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

import typer

from reference_csms.errors import UsageError
from reference_csms.settings import FileAccess, TlsAccess

F = TypeVar("F", bound=Callable[..., Any])
PORT: dict[str, Any] = {"min": 0, "max": 65535}


def option(flag: str, text: str, **more: Any) -> Any:
    """An option with the environment variable of the same name."""
    name = flag.removeprefix("--").split("/")[0].replace("-", "_").upper()
    return typer.Option(flag, help=text, envvar=f"REFERENCE_CSMS_{name}", **more)


def taking(**groups: Callable[..., Any]) -> Callable[[F], F]:
    """Have a command take these parameters from groups of options, which come after its own."""

    def wrap(command: F) -> F:
        own = inspect.signature(command, eval_str=True)
        parts = {name: inspect.signature(group, eval_str=True).parameters for name, group in groups.items()}

        @functools.wraps(command)
        def run(**given: Any) -> Any:
            for name, parameters in parts.items():
                given[name] = groups[name](**{option: given.pop(option) for option in parameters})
            return command(**given)

        alone = [parameter for name, parameter in own.parameters.items() if name not in groups]
        grouped = [parameter for parameters in parts.values() for parameter in parameters.values()]
        run.__signature__ = own.replace(parameters=[*alone, *grouped])  # type: ignore[attr-defined]
        run.__annotations__ = {}
        return run  # type: ignore[return-value]

    return wrap


FilesPort = Annotated[
    int | None, option("--files-port", "Port for files, with TLS if stations have it; else that of the API.", **PORT)
]
FilesUrl = Annotated[str | None, option("--files-url", "URL at which stations reach /files, if that is another one.")]
PlainFiles = Annotated[bool, option("--plain-files", "Serve files without TLS to stations that have to use it, too.")]
FtpPort = Annotated[
    int | None, option("--ftp-port", "Take files from stations over FTP, which has no TLS, on this port.", **PORT)
]
FtpPassivePorts = Annotated[
    str | None, option("--ftp-passive-ports", "Ports for FTP data, such as 60000-60099; else any free ones.")
]


def file_access(
    files_port: FilesPort = None,
    files_url: FilesUrl = None,
    ftp_port: FtpPort = None,
    ftp_passive_ports: FtpPassivePorts = None,
    plain_files: PlainFiles = False,
) -> FileAccess:
    """How stations reach files."""
    return FileAccess(files_port, files_url, ftp_port, _ports(ftp_passive_ports), plain_files)


def _ports(given: str | None) -> range | None:
    if given is None:
        return None
    first, dash, last = given.partition("-")
    numbers = [int(text) if text.isascii() and text.isdigit() else 0 for text in (first, last if dash else first)]
    if not 0 < numbers[0] <= numbers[1] < 1 << 16:
        raise UsageError(f"--ftp-passive-ports: expected FIRST-LAST, received {given!r}")
    return range(numbers[0], numbers[1] + 1)


Certificate = Annotated[
    list[Path] | None, option("--tls-certificate", "Certificate chain (PEM): serve wss. Twice for RSA and ECDSA.")
]
Key = Annotated[list[Path] | None, option("--tls-key", "Private key (PEM) of each certificate, in the same order.")]
TlsPort = Annotated[int | None, option("--tls-port", "Serve wss on this port, and ws on --port.", **PORT)]
TlsName = Annotated[list[str] | None, option("--tls-name", "Host name in certificates that are made here.")]
ClientCa = Annotated[list[Path] | None, option("--client-ca", "CA (PEM) whose station certificates are taken too.")]
ClientCrl = Annotated[list[Path] | None, option("--client-crl", "What such a CA has revoked (PEM).")]
PkiFolder = Annotated[Path | None, option("--pki", "Folder for the keys of our own CA; else beside the db.")]


def tls_access(
    tls_certificate: Certificate = None,
    tls_key: Key = None,
    tls_port: TlsPort = None,
    tls_name: TlsName = None,
    client_ca: ClientCa = None,
    client_crl: ClientCrl = None,
    pki: PkiFolder = None,
) -> TlsAccess:
    """The port with TLS; without certificates our own CA makes them."""
    names = tuple(tls_name or ("localhost",))
    certificates, keys = tuple(tls_certificate or ()), tuple(tls_key or ())
    return TlsAccess(tls_port, certificates, keys, names, tuple(client_ca or ()), tuple(client_crl or ()), pki)


CpoName = Annotated[str | None, option("--cpo-name", "Organization that station certificates have to name.")]
Days = Annotated[int, option("--certificate-days", "How long station certificates last.", min=1)]
RenewBefore = Annotated[int, option("--renew-before", "Days before its end a certificate is renewed; 0: never.", min=0)]
Padding = Annotated[Literal["pkcs1", "pss"], option("--rsa-padding", "How our RSA root signs.")]


class StationCertificateOptions(NamedTuple):
    """What station certificates have to be like; the fields of Settings with these names."""

    organization: str | None
    certificate_days: int
    renew_before_days: int
    rsa_padding: Literal["pkcs1", "pss"]


def station_certificates(
    cpo_name: CpoName = None,
    certificate_days: Days = 365,
    renew_before: RenewBefore = 0,
    rsa_padding: Padding = "pkcs1",
) -> StationCertificateOptions:
    """Certificates of stations."""
    return StationCertificateOptions(cpo_name, certificate_days, renew_before, rsa_padding)
