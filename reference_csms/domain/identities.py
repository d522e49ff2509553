"""Which identities a station can have. OCPP-J 1.6 §3.1.1 wants one that can stand at the end of a URL."""

from __future__ import annotations

from typing import Final

LONGEST: Final = 255
# What is read instead of bytes that are no UTF-8.
REPLACEMENT: Final = "\ufffd"


def identity_objection(identity: str) -> str | None:
    """Why no station can have this identity; None if one can."""
    expected = f"station: expected an identity of 1 to {LONGEST} characters, received"
    if not 0 < len(identity) <= LONGEST:
        return f"{expected} {len(identity) or 'none'}"
    if not identity.isprintable() or REPLACEMENT in identity:
        return f"{expected} {identity!r}; each of them has to be printable"
    if identity != identity.strip():
        return f"{expected} {identity!r}; it may not begin or end with a space"
    if identity in (".", ".."):
        return f"{expected} {identity!r}, which at the end of a URL means a folder (RFC 3986 §5.2.4)"
    return None


def password_objection(identity: str) -> str | None:
    """Why the station of this identity cannot have a password; None if it can."""
    if ":" in identity:
        return (
            f"password: expected none for the identity {identity!r}, received one; HTTP Basic authentication sends the"
            " identity as the user name, which ends at the first colon (RFC 7617 §2)"
        )
    return None
