"""The port with TLS: certificates given or made by the CSMS's own CA, and the CAs whose stations are let in."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from socket import socket
from typing import NamedTuple

from reference_csms.app import Csms
from reference_csms.domain.certificates import pem
from reference_csms.errors import UsageError
from reference_csms.gateway import Gateway
from reference_csms.security.authority import ALGORITHMS, Authority
from reference_csms.security.tls import Chain, server_context
from reference_csms.settings import Listen, Settings, url_host

CA_FILE = "ca.pem"


class TlsPort(NamedTuple):
    """Where stations come over TLS, and the file with our roots; None without such a port or with other roots."""

    url: str | None = None
    ca_file: Path | None = None


def authority_at(listen: Listen, settings: Settings, csms: Callable[[], Csms]) -> Callable[[], Authority]:
    """How to get the CA whose keys lie beside the database, or where the settings say."""
    folder = pki_folder(listen)
    return lambda: Authority.at(folder, csms().clock.now(), settings.rsa_padding)


def pki_folder(listen: Listen) -> Path:
    """Where the keys of our CA lie."""
    return listen.tls.pki or listen.db.with_suffix(".pki")


def demand_usable(listen: Listen) -> None:
    """Raises UsageError for given files that cannot be used, before anything else is opened."""
    if listen.tls.certificates:
        server_context(_given(listen), [_text(path, "--client-ca") for path in listen.tls.client_ca])


def context(csms: Csms, listen: Listen) -> ssl.SSLContext:
    """What the port offers; the CSMS learns whom it trusts. Raises UsageError."""
    authority = csms.security.authority
    trusted = [pem(root) for root in authority.certificates]
    trusted += [_text(path, "--client-ca") for path in listen.tls.client_ca]
    for path in listen.tls.client_crl:
        try:
            csms.security.certificates.add_revocations(_text(path, "--client-crl").encode())
        except ValueError as error:
            raise UsageError(f"--client-crl {path}: expected a revocation list in PEM, received: {error}") from None
    csms.security.serves_tls = True
    csms.security.trusts_others = bool(listen.tls.client_ca)
    return server_context(_chains(authority, csms, listen), trusted)


def files_context(csms: Csms, listen: Listen) -> ssl.SSLContext:
    """The same certificates for stations that get and put files, which need show none."""
    return server_context(_chains(csms.security.authority, csms, listen), [])


@contextlib.asynccontextmanager
async def tls_port(
    csms: Csms, listen: Listen, gateway: Gateway, bound: Callable[[str, int, str], socket]
) -> AsyncIterator[TlsPort]:
    """Stations are let in over TLS inside, if the settings name a port for that."""
    if listen.tls.port is None:
        yield TlsPort()
        return
    with bound(listen.host, listen.tls.port, "--tls-port") as sock:
        server = await gateway.start(sock, context(csms, listen))
        ca_file = None
        if not listen.tls.certificates:
            ca_file = pki_folder(listen) / CA_FILE
            ca_file.write_text("".join(map(pem, csms.security.authority.certificates)), encoding="ascii")
        try:
            port = sock.getsockname()[1]
            yield TlsPort(f"wss://{url_host(listen.tls.names[0])}:{port}{listen.path.rstrip('/')}", ca_file)
        finally:
            server.close()
            await server.wait_closed()


def _chains(authority: Authority, csms: Csms, listen: Listen) -> list[Chain | str]:
    if listen.tls.certificates:
        return _given(listen)
    folder, now = pki_folder(listen), csms.clock.now()
    return [authority.server_at(folder, listen.tls.names, algorithm, now).pem for algorithm in ALGORITHMS]


def _given(listen: Listen) -> list[Chain | str]:
    tls = listen.tls
    if len(tls.keys) not in (0, len(tls.certificates)):
        raise UsageError(f"--tls-key: expected one for each --tls-certificate or none, received {len(tls.keys)}")
    keys = tls.keys or (None,) * len(tls.certificates)
    return list(zip(tls.certificates, keys, strict=True))


def _text(path: Path, flag: str) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{flag} {path}: expected a PEM file, received: {reason}") from None
