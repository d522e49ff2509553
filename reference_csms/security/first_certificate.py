"""A first client certificate for a station, made where no station is there yet to ask for one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from reference_csms.domain.certificates import request_objection
from reference_csms.errors import UsageError
from reference_csms.security.authority import Algorithm, Authority, Signer, keep, new_key


def write_first_certificate(
    output: Path, folder: Path, serial_number: str, organization: str, algorithm: Algorithm, days: int
) -> None:
    """Writes key and certificate, signed by the CA in this folder. Raises UsageError."""
    if output.exists():
        raise UsageError(f"{output}: expected a new file, received one that exists")
    key = new_key(algorithm)
    pairs = ((NameOID.ORGANIZATION_NAME, organization), (NameOID.COMMON_NAME, serial_number))
    try:
        subject = x509.Name([x509.NameAttribute(oid, text) for oid, text in pairs])
    except ValueError as error:
        raise UsageError(f"station certificate: expected names that certificates can hold, received: {error}") from None
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    assert request_objection(request, serial_number, organization) is None
    now = datetime.now(UTC)
    keep(output, Signer(Authority.at(folder, now).signed(request, now, days), key))
