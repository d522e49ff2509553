"""CSMSs that let somebody in whom they have to refuse: one fault each, at every door and from the first knock on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.x509.oid import NameOID

from harness.approach import password_bytes
from harness.material import Access
from harness.results import Check
from reference_csms.domain.certificates import names
from reference_csms.security.admission import Visitor, basic
from tests.subjects.world import ENVIRONMENT, Tamper

WAYS = {way.station_id: way for way in ENVIRONMENT.ways.values() if way.security_profile}
PASSWORDS = {way.station_id.encode(): password_bytes(way.password) for way in WAYS.values() if way.password}


class Guest(NamedTuple):
    """A known station at the door of its profile: what it shows, its user and password, and the right password."""

    way: Access
    visitor: Visitor
    user: bytes
    password: bytes
    right: bytes

    @property
    def by_password(self) -> bool:
        """Whether it comes where its password counts, as the user that it is."""
        return self.way.security_profile < 3 and self.user == self.way.station_id.encode()

    @property
    def right_password(self) -> bool:
        """Whether it has its password right."""
        return self.by_password and self.password == self.right

    def certified(self, like: Callable[[str, str], bool], organization: bool = True) -> bool:
        """Whether it comes with a certificate whose name is like its serial number, of the right organization."""
        certificate = self.visitor.certificate
        if self.way.security_profile != 3 or certificate is None:
            return False
        [name], [owner] = (names(certificate.subject, oid) for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME))
        return like(name, self.way.serial) and (owner == ENVIRONMENT.security.organization) == organization


@dataclass(frozen=True)
class Lax:
    """Whom a CSMS lets in besides, the check that is meant to notice, and the case that has to."""

    lets_in: Callable[[Guest], bool]
    path: str
    case: str = "TC_085_CSMS"

    def meant(self, check: Check) -> bool:
        """Whether this check is meant to notice."""
        return check.message == "connection" and check.path == self.path


class Admits(Tamper):
    """Lets in whom this CSMS takes besides."""

    def __init__(self, lax: Lax) -> None:
        self._lax = lax
        self.applied = False

    def admitted(self, visitor: Visitor, admitted: bool) -> bool:
        besides = not admitted and self._besides(visitor)
        self.applied |= besides
        return admitted or besides

    def _besides(self, visitor: Visitor) -> bool:
        way = WAYS.get(visitor.identity)
        if way is None:
            return self._lax is STRANGERS
        user, password = basic(visitor.authorization) or (b"", b"")
        guest = Guest(way, visitor, user, password, PASSWORDS[way.station_id.encode()])
        return self._lax is not STRANGERS and self._lax.lets_in(guest)


def changes(case: str) -> Iterator[tuple[str, Callable[[Check], bool], Callable[[], Tamper]]]:
    """The faults that this case has to notice."""
    for name, lax in LAX.items():
        if lax.case == case:
            yield name, lax.meant, lambda lax=lax: Admits(lax)


def _on(guest: Guest, profile: int) -> bool:
    """Whether a station of this profile comes as it has to."""
    return guest.way.security_profile == profile and guest.visitor.tls == (profile > 1)


_087 = "TC_087_CSMS"
_OTHER = "a certificate that is another station's"
STRANGERS = Lax(lambda guest: False, "an unknown identity")
LAX = {
    "asks for no password without TLS": Lax(lambda g: _on(g, 1) and not g.user, "no Authorization header"),
    "asks for no password over TLS": Lax(lambda g: _on(g, 2) and not g.user, "no Authorization header"),
    "takes any password over TLS": Lax(lambda g: _on(g, 2) and bool(g.password), "another password"),
    "takes an empty password over TLS": Lax(
        lambda g: _on(g, 2) and g.by_password and not g.password, "an empty password"
    ),
    "takes any user over TLS": Lax(lambda g: _on(g, 2) and g.password == g.right, "another user"),
    "takes the beginning of a password": Lax(
        lambda g: g.by_password and g.password[:8] == g.right[:8], "the password without its last character"
    ),
    "takes what begins with the password": Lax(
        lambda g: g.by_password and g.password.startswith(g.right), "the password with a character more"
    ),
    "takes a password in any letter case": Lax(
        lambda g: g.by_password and g.password.lower() == g.right.lower(), "the password in another letter case"
    ),
    "takes the password of any station": Lax(
        lambda g: g.by_password and g.password in PASSWORDS.values(), "another station's password"
    ),
    "takes the user and password of any station": Lax(
        lambda g: PASSWORDS.get(g.user) == g.password, "another station's user and password"
    ),
    "takes strangers": STRANGERS,
    "takes a password for a certificate": Lax(
        lambda g: _on(g, 3) and g.password == g.right, "no client certificate, but the password", _087
    ),
    "asks for no certificate of its own": Lax(
        lambda g: _on(g, 3) and g.visitor.certificate is None, "no client certificate", _087
    ),
    "takes certificates of any station": Lax(lambda g: g.certified(lambda name, serial: True), _OTHER, _087),
    "compares the beginning of serial numbers": Lax(
        lambda g: g.certified(lambda name, serial: name[:3] == serial[:3]), _OTHER, _087
    ),
    "looks for the serial number anywhere in the name": Lax(
        lambda g: g.certified(lambda name, serial: serial in name and name != serial),
        f"{_OTHER}, whose name begins alike",
        _087,
    ),
    "does not look at the organization": Lax(
        lambda g: g.certified(lambda name, serial: name == serial, organization=False),
        "a certificate that is another organization's",
        _087,
    ),
    "keeps the door without TLS open after an upgrade": Lax(
        lambda g: not g.visitor.tls and g.by_password and g.password == g.right,
        "the old security profile",
        "TC_083_CSMS",
    ),
    "keeps the door for passwords open after an upgrade": Lax(
        lambda g: g.right_password and g.visitor.tls, "the old security profile", "TC_083_CSMS"
    ),
}
