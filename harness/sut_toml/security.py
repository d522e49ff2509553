"""The keys of sut.toml that the security cases need: other ways in, and certificates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.sut_toml.at import NOTHING, At
from harness.sut_toml.kinds import (
    REQUIRED,
    Key,
    Kind,
    Section,
    array,
    certificates,
    choice,
    flag,
    integer,
    secret,
    text,
    url,
)


def credential() -> Kind:
    """A PEM file with a private key and its certificate; relative names start at the folder of the settings file."""
    words = "the name of a PEM file with a private key and its certificate"
    file = certificates()

    def read(value: Any, at: At) -> Path:
        path: Path = file.read(value, at)
        if b"PRIVATE KEY-----" not in path.read_bytes():
            raise at.wrong(words, value, f"{path} holds no PRIVATE KEY line")
        return path

    return Kind(words, read)


STATION_URL = url("ws", "wss", hint="the address of the CSMS for stations, without the station's identity")

CLIENT_CERTIFICATE = Key(
    "client_certificate",
    credential(),
    None,
    "The station's client certificate with its key and chain, for security profile 3.",
    '"station.pem"',
)
SERIAL_NUMBER = Key(
    "serial_number",
    text(1),
    None,
    "The serial number that the station's certificates name; without it, the identity.",
    '"SN-1"',
)

ACCESS = Section(
    "environment.access",
    "Another station on another security profile, for the cases that need it. One table per profile.",
    (
        Key("security_profile", integer(0, 3), REQUIRED, "The security profile of this station.", "2"),
        Key("url", STATION_URL, REQUIRED, "The address of the CSMS for it.", '"wss://csms.example.com/ocpp"'),
        Key("station_id", text(1), REQUIRED, "Its identity.", '"CP-2"'),
        Key("password", secret(), None, "Its password.", '{ env = "STATION_PASSWORD" }'),
        Key("ca_file", certificates(), None, "The CA of the server's certificate.", '"ca.pem"'),
        CLIENT_CERTIFICATE,
        SERIAL_NUMBER,
    ),
)

SECURITY = Section(
    "environment.security",
    "Certificates of the security cases; roots that are not given are made for the run.",
    (
        Key("algorithm", choice("ECDSA", "RSA"), "ECDSA", "The kind of key that the station makes."),
        Key(
            "organization",
            text(1, 64),
            "OCPP-CONFORMANCE",
            "organizationName in the station's requests and certificates, which a CSMS compares with the CPO's name.",
        ),
        Key(
            "hash_algorithms",
            array(choice("SHA256", "SHA384", "SHA512"), "an array of hash algorithms"),
            ["SHA256", "SHA384", "SHA512"],
            "The hash algorithms with which TC_076_CSMS is gone through.",
        ),
        Key("manufacturer_root_file", certificates(), None, "The root that TC_075_1_CSMS installs.", '"root1.pem"'),
        Key(
            "central_system_root_file",
            certificates(),
            None,
            "The root that TC_075_2_CSMS, TC_076_CSMS, TC_078_CSMS and TC_083_CSMS install.",
            '"root2.pem"',
        ),
        Key(
            "other_station_certificate",
            credential(),
            None,
            "A good certificate of another station, which TC_087_CSMS must see refused; without it, unverifiable.",
            '"other.pem"',
        ),
        Key(
            "longer_name_certificate",
            credential(),
            None,
            "The same: one of another station, whose serial number begins with this station's and goes on.",
            '"longer.pem"',
        ),
        Key(
            "other_organization_certificate",
            credential(),
            None,
            "The same: one with this station's serial number, issued to an organization that the CPO does not trust.",
            '"foreign.pem"',
        ),
        Key("expired_certificate", credential(), None, "The same: one that has expired.", '"expired.pem"'),
        Key("revoked_certificate", credential(), None, "The same: one that was revoked.", '"revoked.pem"'),
        Key(
            "legacy_tls",
            flag(),
            False,
            "Whether the CSMS expects stations that know no TLS 1.2; TLS 1.0 and 1.1 then warn instead of failing.",
        ),
    ),
)


def check_access(entry: dict[str, Any], at: At) -> None:
    """What a profile needs; raises UsageError."""
    profile, secure = entry["security_profile"], str(entry["url"]).startswith("wss:")
    if profile in (1, 2) and entry["password"] is None:
        raise (at / "password").wrong(f"a password for security profile {profile}", NOTHING)
    if profile == 3 and entry["client_certificate"] is None:
        raise (at / "client_certificate").wrong("a client certificate for security profile 3", NOTHING)
    if profile is not None and secure != (profile >= 2):
        scheme = "wss" if profile >= 2 else "ws"
        raise (at / "url").wrong(f"a URL with {scheme} for security profile {profile}", entry["url"])
    if entry["password"] is not None and ":" in entry["station_id"]:
        hint = "HTTP Basic cannot carry one"
        raise (at / "station_id").wrong("an identity without a colon", entry["station_id"], hint)


def check_ways(found: dict[str, Any], at: At) -> None:
    """Each profile has one way in; raises UsageError."""
    seen = {profile_of(found)}
    for index, entry in enumerate(found["access"]):
        if entry["security_profile"] in seen:
            place = at / "access" / index / "security_profile"
            raise place.wrong("each security profile once, that of [environment] included", entry["security_profile"])
        seen.add(entry["security_profile"])


def profile_of(found: dict[str, Any]) -> int:
    """The security profile of a way in, which its other keys tell if it is not given."""
    if found["security_profile"] is not None:
        return int(found["security_profile"])
    if not str(found["url"]).startswith("wss:"):
        return 0 if found["password"] is None else 1
    return 3 if found["client_certificate"] is not None and found["password"] is None else 2
