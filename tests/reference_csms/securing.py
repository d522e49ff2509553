"""Keys, requests and certificates for the tests of the security whitepaper, and passwords that are quickly checked."""

from __future__ import annotations

from base64 import b64encode, encodebytes
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from harness.pki import Credential, Maker, PrivateKey, new_key
from reference_csms.passwords import Passwords, hashed
from reference_csms.security.authority import Authority

Pair = tuple[x509.ObjectIdentifier, str]
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
CHEAP = 2
MAKER = Maker(valid_from=NOON - timedelta(days=30), valid_until=NOON + timedelta(days=3650))


@cache
def authority() -> Authority:
    """A CA of the CSMS: it takes a while to make."""
    return Authority.make(NOON)


def passwords() -> Passwords:
    """Passwords that are quickly checked on the calling thread."""
    return Passwords(CHEAP, threads=False)


def stored(password: str) -> str:
    """What is stored for a password."""
    return hashed(password.encode(), CHEAP)


def basic(user: str, password: bytes | str) -> str:
    """An Authorization header."""
    octets = password if isinstance(password, bytes) else password.encode()
    return f"Basic {b64encode(user.encode() + b':' + octets).decode()}"


@cache
def station_key() -> PrivateKey:
    """A key of the station."""
    return new_key("ECDSA")


def name(common_name: str | None, organization: str | None, more: Iterable[Pair] = ()) -> x509.Name:
    """A subject, with whatever is in it: names too long for one are taken as they are."""
    pairs = [(NameOID.ORGANIZATION_NAME, organization), (NameOID.COMMON_NAME, common_name), *more]
    return x509.Name([x509.NameAttribute(oid, text, _validate=False) for oid, text in pairs if text])


def csr(
    common_name: str | None = "CP",
    organization: str | None = "Acme CPO",
    key: Any = None,
    digest: Any = hashes.SHA256(),  # noqa: B008 - it holds nothing
    more: Iterable[Pair] = (),
) -> str:
    """A signing request of a station as PEM; `more` goes into its subject."""
    built = x509.CertificateSigningRequestBuilder(name(common_name, organization, more))
    return request(built.sign(key or station_key(), digest).public_bytes(Encoding.DER))


def request(der: bytes) -> str:
    """The PEM of a signing request."""
    return f"-----BEGIN CERTIFICATE REQUEST-----\n{encodebytes(der).decode()}-----END CERTIFICATE REQUEST-----\n"


def root(common_name: str = "A root") -> Credential:
    """A root that somebody else made."""
    return MAKER.root(common_name)


def leaf(signer: Credential, common_name: str = "CP") -> Credential:
    """A certificate of a station that this root has signed."""
    return MAKER.station(common_name, signer)
