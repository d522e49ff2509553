"""The keys of sut.toml that the cases about firmware, diagnostics and logs need."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness.files import Files
from harness.sut_toml.at import At
from harness.sut_toml.kinds import Key, Kind, Section, certificates, environment

SCHEMES = ("ftp", "ftps", "http", "https", "sftp")
_DEFAULT = Files()


def location() -> Kind:
    """A URL of a place for files; a user and a password may stand in it, and are sent to the station."""
    words = f"a URL such as https://host/path, with {', '.join(SCHEMES[:-1])} or {SCHEMES[-1]}"

    def read(value: Any, at: At) -> str:
        given = environment(value, at)
        try:
            parts = urlsplit(given) if isinstance(given, str) else None
            good = parts is not None and parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
        except ValueError:
            good = False
        if not good or len(given) > 512 or not given.isascii() or any(not 32 < ord(char) < 127 for char in given):
            raise at.wrong(words, given)
        return str(given)

    return Kind(words, read)


def signature() -> Kind:
    """A signature in base64."""
    words = "a signature in base64, of up to 800 characters"

    def read(value: Any, at: At) -> str:
        given = environment(value, at)
        try:
            good = isinstance(given, str) and 0 < len(given) <= 800 and bool(base64.b64decode(given, validate=True))
        except ValueError:
            good = False
        if not good:
            raise at.wrong(words, given)
        return str(given)

    return Kind(words, read)


def certificate() -> Kind:
    """A PEM file whose first certificate can be read."""
    file = certificates()

    def read(value: Any, at: At) -> Path:
        from cryptography import x509

        path: Path = file.read(value, at)
        try:
            x509.load_pem_x509_certificates(path.read_bytes())
        except ValueError:
            raise at.wrong("a PEM file with X.509 certificates", value, f"{path} cannot be decoded") from None
        return path

    return Kind(file.words, read)


FILES = Section(
    "environment.files",
    "Firmware, and where stations put files; none is moved, the CSMS only has to hand on these values.",
    (
        Key("firmware_url", location(), _DEFAULT.firmware_url, "Where the firmware lies that the operator orders."),
        Key("diagnostics_url", location(), _DEFAULT.diagnostics_url, "Where diagnostics are to be put."),
        Key("log_url", location(), _DEFAULT.log_url, "Where the security log is to be put."),
        Key(
            "signing_certificate_file",
            certificate(),
            None,
            "The certificate of the key that signed the firmware; without it, one is made for the run.",
            '"signing.pem"',
        ),
        Key(
            "firmware_signature",
            signature(),
            None,
            "The signature of the firmware; without it, one is made for the run.",
            '"c2lnbmF0dXJl"',
        ),
        Key(
            "invalid_firmware_signature",
            signature(),
            None,
            "A signature that is not that of the firmware, for TC_081_CSMS; without it, one with a bit changed.",
            '"c2lnbmF0dXJm"',
        ),
    ),
)


def check_files(found: dict[str, Any], at: At) -> None:
    """The two signatures have to differ; raises UsageError."""
    if found["firmware_signature"] is not None and found["firmware_signature"] == found["invalid_firmware_signature"]:
        raise (at / "invalid_firmware_signature").wrong(
            "another signature than firmware_signature", found["invalid_firmware_signature"]
        )
