"""How a station comes to the CSMS: where, as whom, and what it offers in TLS."""

from __future__ import annotations

import base64
import os
import ssl
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from harness.errors import UsageError

SUBPROTOCOL = "ocpp1.6"

# The names that OpenSSL has for the suites of harness.suites.MANDATORY.
_OPENSSL = {
    0xC02B: "ECDHE-ECDSA-AES128-GCM-SHA256",
    0xC02C: "ECDHE-ECDSA-AES256-GCM-SHA384",
    0x009C: "AES128-GCM-SHA256",
    0x009D: "AES256-GCM-SHA384",
}


@dataclass(frozen=True)
class Approach:
    """One way to come to a CSMS; a password that is bytes is sent as it is.

    `certificate` is PEM text of the private key, the client certificate and its chain; `user` is the name in Basic
    auth, by default the station; `suite` is the only one offered, in TLS 1.2; `verify` tells whether the certificate of
    the server has to be right; `place` is the table of the settings that describes all this.
    """

    url: str
    password: str | bytes | None = field(default=None, repr=False)
    ca_file: Path | None = None
    certificate: str | None = field(default=None, repr=False)
    user: str | None = None
    subprotocols: tuple[str, ...] = (SUBPROTOCOL,)
    suite: int | None = None
    verify: bool = True
    place: str = "[environment]"

    @property
    def secure(self) -> bool:
        """Whether it goes over TLS."""
        return urlsplit(self.url).scheme == "wss"

    @property
    def profile(self) -> int:
        """The security profile that this amounts to."""
        if not self.secure:
            return 0 if self.password is None else 1
        return 3 if self.certificate is not None and self.password is None else 2

    @property
    def host(self) -> str:
        """The host that the certificate of the server has to name."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The port of the server."""
        return urlsplit(self.url).port or (443 if self.secure else 80)

    def key(self, name: str) -> str:
        """Where the settings have this key."""
        return f"{name} of {self.place}"

    def but(self, **changes: Any) -> Approach:
        """The same with something changed."""
        return replace(self, **changes)

    def target(self, station_id: str) -> str:
        """The whole URL of a station."""
        return f"{self.url.rstrip('/')}/{quote(station_id, safe='')}"

    def authorization(self, station_id: str) -> dict[str, str]:
        """The Authorization header, if there is a password."""
        if self.password is None:
            return {}
        user = station_id if self.user is None else self.user
        return {"Authorization": f"Basic {basic(user, password_bytes(self.password))}"}

    def tls(self) -> ssl.SSLContext | None:
        """What is offered in TLS; None for a plain connection. Raises UsageError for files that cannot be used."""
        if not self.secure:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.hostname_checks_common_name = True
        self._trust(context)
        if self.certificate is not None:
            load_credential(context, self.certificate)
        if self.suite is not None:
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_ciphers(_OPENSSL[self.suite])
        return context

    def _trust(self, context: ssl.SSLContext) -> None:
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        elif self.ca_file is None:
            context.load_default_certs()
        else:
            try:
                context.load_verify_locations(cafile=self.ca_file)
            except (OSError, ssl.SSLError):
                expected = "expected PEM certificates of the CA, received none to read"
                raise UsageError(f"{self.ca_file}: {expected}") from None


def load_credential(context: ssl.SSLContext, pem: str) -> None:
    """Has a context show this certificate; the library reads keys from files only, so there is one for a moment."""
    handle, name = tempfile.mkstemp(suffix=".pem")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(pem)
        context.load_cert_chain(name)
    except ssl.SSLError as error:
        reason = (error.reason or str(error)).lower().replace("_", " ")
        raise UsageError(f"client certificate: expected a certificate with its key in PEM, received {reason}") from None
    finally:
        os.unlink(name)


def basic(user: str, password: bytes) -> str:
    """The credentials of Basic auth."""
    return base64.b64encode(user.encode() + b":" + password).decode()


def password_bytes(password: str | bytes) -> bytes:
    """The bytes of an AuthorizationKey: 32 to 40 hexadecimal digits are decoded (OCPP-J 1.6 §6.2.2), else UTF-8."""
    if isinstance(password, bytes):
        return password
    if 32 <= len(password) <= 40 and len(password) % 2 == 0:
        try:
            return bytes.fromhex(password)
        except ValueError:
            pass
    return password.encode()
