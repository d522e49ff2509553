"""What the server offers in TLS: 1.2 and 1.3, the mandatory suites, two certificates, and a question for theirs."""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Iterable
from pathlib import Path

from reference_csms.errors import UsageError

# The four that the whitepaper demands (A00.FR.317), and the two with forward secrecy for RSA certificates.
SUITES = (
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
    "AES128-GCM-SHA256",
)

Chain = tuple[Path, Path | None]
"""Files: a certificate with its chain, and its key if that is in another file."""


def server_context(chains: Iterable[Chain | str], client_roots: Iterable[str]) -> ssl.SSLContext:
    """A context that shows these certificates, each as files or as PEM text with its key.

    A client may show a certificate, which then has to lead to one of these roots (PEM): who must show one is decided
    by the admission, station by station. Raises UsageError.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(":".join(SUITES))
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE | ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    for chain in chains:
        _load(context, chain)
    roots = "".join(client_roots)
    if roots:
        context.verify_mode = ssl.CERT_OPTIONAL
        try:
            context.load_verify_locations(cadata=roots)
        except ssl.SSLError as error:
            raise UsageError(f"--client-ca: expected certificates in PEM, received: {error}") from None
    return context


def _load(context: ssl.SSLContext, chain: Chain | str) -> None:
    if not isinstance(chain, str):
        certificate, key = chain
        try:
            context.load_cert_chain(certificate, key)
        except (OSError, ssl.SSLError) as error:
            raise UsageError(
                f"--tls-certificate {certificate}: expected a certificate with its key, received: {error}"
            ) from None
        return
    handle, name = tempfile.mkstemp(suffix=".pem")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(chain)
        context.load_cert_chain(name)
    finally:
        os.unlink(name)
