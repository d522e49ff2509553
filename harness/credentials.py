"""Credentials that are wrong in one way each."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from harness.approach import password_bytes
from harness.material import Access


def wrong_credentials(access: Access, ways: Iterable[Access]) -> Mapping[str, Mapping[str, Any] | str]:
    """What a CSMS has to refuse from a station, by what is wrong; a text says why there is nothing to try.

    A password that is text in the settings is changed in its bytes, as these are what is compared.
    """
    right = password_bytes(access.password or "")
    others = [way for way in ways if way.password and way.station_id != access.station_id]
    passwords = [way.password for way in others if password_bytes(way.password or "") != right]
    other_case = right.swapcase()
    lacking = "no other station in the settings has a password of its own"
    return {
        "another password": {"password": secrets.token_hex(20)},
        "an empty password": {"password": ""},
        "the password without its last character": {"password": right[:-1]},
        "the password with a character more": {"password": right + b"x"},
        "the password in another letter case": {"password": other_case} if other_case != right else "it has no letters",
        "another station's password": {"password": passwords[0]} if passwords else lacking,
        "another user": {"user": "another-user"},
        "another station's user and password": {"user": others[0].station_id, "password": others[0].password}
        if others
        else lacking,
    }
