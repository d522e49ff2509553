"""sut.toml, the one file that describes a system under test, as frozen Settings.

Reading checks every key against `harness.sut_toml.table`; whatever is wrong is one UsageError in one line.
"""

from __future__ import annotations

import base64
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from harness.approach import Approach
from harness.charging import Charging
from harness.errors import UsageError
from harness.files import Files
from harness.masking import SHORTEST, forms
from harness.material import Access, Material
from harness.sut_toml import table
from harness.sut_toml.at import At, Secret, Source
from harness.sut_toml.lines import Parts
from harness.sut_toml.operator import PRESET_FILES
from harness.sut_toml.security import profile_of


@dataclass(frozen=True)
class Sut:
    """The product under test, as the report names it."""

    vendor: str = "not stated"
    product: str = "not stated"
    version: str = "not stated"
    role: Literal["csms"] = "csms"


@dataclass(frozen=True)
class Environment:
    """Where the CSMS is, and what it knows about the station that the harness plays; `cards` has an idTag per state."""

    url: str
    station_id: str
    cards: Mapping[str, str]
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    number_of_connectors: int = 2
    connector_id: int = 1
    vendor_name: str = "OCPP-CONFORMANCE"
    model: str = "VIRTUAL-1"
    parent_id_tag: str | None = None
    vendor_id: str = "org.example.unsupported"
    message_timeout_s: float = 30
    operator_timeout_s: float = 120
    connection_timeout_s: float = 5
    heartbeat_max_s: float = 60
    listen_s: float = 0.25
    slack_s: float = 2
    max_time_deviation_s: float = 5
    offline_s: float = 14400
    reservation_s: float = 120
    security_profile: int | None = None
    client_certificate: Path | None = None
    serial_number: str | None = None
    place: str = "[environment]"
    access: tuple[Access, ...] = ()
    security: Material = field(default_factory=Material)
    files: Files = field(default_factory=Files)
    charging: Charging = field(default_factory=Charging)

    @property
    def own_access(self) -> Access:
        """The way in of the station that most cases use."""
        given = {key.name: getattr(self, key.name) for key in fields(Access)}
        return Access(**given | {"security_profile": profile_of(given)})

    @property
    def profile(self) -> int:
        """The security profile of the station."""
        return self.own_access.security_profile

    @property
    def ways(self) -> Mapping[int, Access]:
        """Every way in by its security profile."""
        return {way.security_profile: way for way in (self.own_access, *self.access)}

    @property
    def approach(self) -> Approach:
        """How the station comes to the CSMS."""
        return self.own_access.approach

    def on(self, profile: int) -> Environment:
        """The same with the station that is on this security profile; raises KeyError if there is none."""
        way, before = self.ways[profile], self.own_access
        others = tuple(each for each in (before, *self.access) if each.security_profile != profile)
        return replace(self, **{key.name: getattr(way, key.name) for key in fields(Access)}, access=others)

    @property
    def connectors(self) -> range:
        """The ids of the physical connectors."""
        return range(1, self.number_of_connectors + 1)


@dataclass(frozen=True)
class KnownFailure:
    """A case that is known to fail, why, and where that is tracked."""

    case: str
    reason: str
    link: str = ""


@dataclass(frozen=True)
class Performance:
    """The times that the vendor states, in seconds."""

    response_timeout_s: float = 30
    authorize_s: float = 30


@dataclass(frozen=True)
class Settings:
    """A settings file; `operator` and `records` are its tables with the preset merged in and the defaults filled in."""

    environment: Environment
    sut: Sut = Sut()
    supports: Mapping[str, Any] = field(default_factory=lambda: {key.name: key.default for key in table.SUPPORTS.keys})
    operator: Mapping[str, Any] = field(default_factory=lambda: {"driver": "manual"})
    records: Mapping[str, Any] | None = None
    known_failures: tuple[KnownFailure, ...] = ()
    performance: Performance = Performance()
    path: Path | None = None


def load(path: Path) -> Settings:
    """The settings in a file.

    Raises UsageError in one line: `file:line: [section] key: expected X, received Y; hint`.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UsageError(
            f"{path}: expected a settings file, received nothing; ocpp-conformance init csms writes one"
        ) from None
    except OSError as error:
        raise UsageError(f"{path}: expected a settings file, received {_reason(error)}") from None
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path}: expected text in UTF-8, received byte 0x{error.object[error.start]:02x} at {error.start}"
        ) from None
    return parse(text, path)


def _reason(error: OSError) -> str:
    return "a directory" if isinstance(error, IsADirectoryError) else (error.strerror or str(error)).lower()


def parse(text: str, path: Path | None = None) -> Settings:
    """The settings in a TOML text; `path` names it in errors and is where relative file names start."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax(error, text, path) from None
    except RecursionError:
        raise UsageError(f"{path or 'settings'}: expected TOML, received arrays or tables nested too deeply") from None
    return from_tables(tables, path, text)


def from_tables(tables: Mapping[str, Any], path: Path | None = None, text: str = "") -> Settings:
    """The settings in tables as tomllib reads them; made in code they need no path, and errors then name no line."""
    found = table.read(_with_preset(dict(tables)), At(Source(path, text)))
    environment = found["environment"]
    cards = {state: tag for state, tag in environment["cards"].items() if tag is not None}
    return Settings(
        sut=Sut(**found["sut"]),
        supports=found["supports"],
        environment=Environment(
            **{
                **environment,
                "cards": cards,
                "access": tuple(Access(**entry, place=_place(entry)) for entry in environment["access"]),
                "security": Material(**_tuples(environment["security"])),
                "files": Files(**environment["files"]),
                "charging": Charging(**environment["charging"]),
            }
        ),
        operator=found["operator"],
        records=_inheriting(found["records"], found["operator"]),
        known_failures=tuple(KnownFailure(**failure) for failure in found["known_failures"]),
        performance=Performance(**found["performance"]),
        path=path,
    )


def _place(entry: Mapping[str, Any]) -> str:
    """Where a way in stands: there is one for each profile."""
    return f"[[environment.access]] with security_profile = {entry['security_profile']}"


def _tuples(table: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in table.items()}


def _syntax(error: tomllib.TOMLDecodeError, text: str, path: Path | None) -> UsageError:
    match = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", str(error), re.DOTALL)
    reason, line, column = match.groups() if match else (str(error), None, None)
    place = f"{path or 'settings'}:{line or max(1, len(text.splitlines()))}"
    where = f"column {column}" if column else "the end of the file"
    hint = "; text stands in double quotes" if reason == "Invalid value" else ""
    return UsageError(f"{place}: expected TOML, received {' '.join(reason.split())} (at {where}){hint}")


def _with_preset(tables: dict[str, Any]) -> dict[str, Any]:
    """The tables with those of the preset under them: an operation or record that is given replaces the preset's."""
    operator = tables.get("operator")
    preset = operator.get("preset") if isinstance(operator, dict) else None
    if not isinstance(operator, dict) or not isinstance(preset, str) or preset not in PRESET_FILES:
        return tables
    shipped = tomllib.loads(PRESET_FILES[preset].read_text(encoding="utf-8"))
    operations = operator.get("operations", {})
    if isinstance(operations, dict):
        operations = {**shipped["operator"]["operations"], **operations}
    merged = {**tables, "operator": {**shipped["operator"], **operator, "operations": operations}}
    records = tables.get("records", {})
    if "records" in shipped and isinstance(records, dict):
        merged["records"] = {**shipped["records"], **records}
    return merged


def _inheriting(records: dict[str, Any] | None, operator: Mapping[str, Any]) -> dict[str, Any] | None:
    if records is None:
        return None
    shared = ("base_url", "token", "headers", "timeout_s", "ca_file", "verify")
    return records | {name: operator[name] for name in shared if records[name] is None}


def secrets(settings: Settings) -> frozenset[str]:
    """Every text that must not be shown, in each form in which it may turn up."""
    found = {secret for _, secret in _secrets(settings)}
    for way in settings.environment.ways.values():
        if way.password:
            found |= set(_basic(way.station_id, way.password))
    for header in list(found):
        scheme, _, rest = header.partition(" ")
        if rest and scheme.lower() in ("basic", "bearer", "token", "apikey"):
            found |= {rest.strip(), *(_password(rest) if scheme.lower() == "basic" else ())}
    return frozenset(form for text in found if text for form in forms(text))


def too_short(settings: Settings) -> list[str]:
    """A line for each secret that cannot be masked in the middle of a text."""
    places: dict[str, str] = {}
    for parts, secret in _secrets(settings):
        places.setdefault(secret, At(Source(), parts).name)
    hint = "it is masked only where it stands alone"
    expected = f"expected at least {SHORTEST} characters"
    return [
        f"{place}: {expected}, received {len(secret)}; {hint}"
        for secret, place in places.items()
        if 0 < len(secret) < SHORTEST
    ]


def _secrets(settings: Settings) -> Iterator[tuple[Parts, str]]:
    """Every secret and the key that holds it."""
    environment = settings.environment
    if environment.password:
        yield ("environment", "password"), str(environment.password)
    for number, way in enumerate(environment.access):
        if way.password:
            yield ("environment", "access", number, "password"), str(way.password)
    yield from _within(settings.operator, ("operator",))
    yield from _within(settings.records, ("records",))


def _within(value: Any, parts: Parts) -> Iterator[tuple[Parts, str]]:
    if isinstance(value, Secret):
        yield parts, str(value)
    elif isinstance(value, Mapping | list | tuple):
        for key, element in value.items() if isinstance(value, Mapping) else enumerate(value):
            yield from _within(element, (*parts, key))


def _basic(user: str, password: str) -> Iterator[str]:
    keys = [password.encode()]
    if re.fullmatch(r"(?:[0-9A-Fa-f]{2}){16,20}", password):
        keys.append(bytes.fromhex(password))
    for key in keys:
        yield base64.b64encode(user.encode() + b":" + key).decode()


def _password(credentials: str) -> Iterator[str]:
    try:
        text = base64.b64decode(credentials.strip(), validate=True).decode()
    except ValueError:
        return
    yield text.partition(":")[2]
