"""Rules on passwords, security profiles and certificates that a CSMS sends."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.matchers import find
from harness.rules.observed import Finding, Observed, rule

CERTIFICATES: Mapping[str, str] = {"InstallCertificate": "certificate", "CertificateSigned": "certificateChain"}
DIGITS: Mapping[str, int] = {"SHA256": 64, "SHA384": 96, "SHA512": 128}
_KEY = re.compile(r"(?:[0-9A-Fa-f]{2}){16,20}")
_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----\s[^-]*-----END CERTIFICATE-----")


def _certificate(observed: Observed) -> Iterator[Finding]:
    for action, path in CERTIFICATES.items():
        value = find(observed.request(action), path)
        if isinstance(value, str) and not _is_pem(value, many=action == "CertificateSigned"):
            yield Finding(path, "X.509 in PEM", value)


def _is_pem(text: str, *, many: bool) -> bool:
    # Imported here because few cases need it and it takes long.
    from harness.certificates import readable

    blocks = _BLOCK.findall(text)
    if not blocks or len(blocks) != text.count("-----BEGIN ") or (len(blocks) > 1 and not many):
        return False
    return all(map(readable, blocks))


def _changed(observed: Observed, key: str) -> str | None:
    """The value that a key is changed to."""
    request = observed.request("ChangeConfiguration")
    name, value = find(request, "key"), find(request, "value")
    return value if isinstance(value, str) and isinstance(name, str) and name.casefold() == key.casefold() else None


def _authorization_key(observed: Observed) -> Iterator[Finding]:
    value = _changed(observed, "AuthorizationKey")
    if value is not None and not _KEY.fullmatch(value):
        yield Finding("value", "16 to 20 bytes in hexadecimal", value)


def _security_profile(observed: Observed) -> Iterator[Finding]:
    value, current = _changed(observed, "SecurityProfile"), observed.memory.security_profile
    if value is not None and value not in ("0", "1", "2", "3"):
        yield Finding("value", "'1', '2' or '3'", value)
    elif value is not None and int(value) < current:
        yield Finding("value", f"no profile below {current}, which is in use", value)


def _hash_data(observed: Observed) -> Iterator[Finding]:
    data: Any = find(observed.request("DeleteCertificate"), "certificateHashData")
    digits = DIGITS.get(str(find(data, "hashAlgorithm")))
    for name in ("issuerNameHash", "issuerKeyHash") if digits else ():
        value = find(data, name)
        if isinstance(value, str) and not re.fullmatch(rf"[0-9A-Fa-f]{{{digits}}}", value):
            yield Finding(f"certificateHashData.{name}", f"{digits} hexadecimal digits", value)
    number = find(data, "serialNumber")
    if isinstance(number, str) and not re.fullmatch(r"[0-9A-Fa-f]+", number):
        yield Finding("certificateHashData.serialNumber", "hexadecimal digits", number)


SECURITY_RULES = (
    rule("SEC2-A00-507", "OCPP 1.6 security whitepaper A00.FR.507")(_certificate),
    rule("SEC2-A00-205b", "OCPP 1.6 security whitepaper A00.FR.205")(_authorization_key),
    rule("SEC2-A00-005a", "OCPP 1.6 security whitepaper A00.FR.005")(_security_profile),
    rule("SEC2-6-05", "OCPP 1.6 security whitepaper §6.1")(_hash_data),
)
