"""The command `reference-csms`. What is slow to load is loaded by the command that needs it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from reference_csms.errors import UsageError
from reference_csms.options import (
    PORT,
    StationCertificateOptions,
    file_access,
    option,
    station_certificates,
    taking,
    tls_access,
)
from reference_csms.settings import FileAccess, Listen, Settings, TlsAccess

if TYPE_CHECKING:
    from reference_csms.app import Csms

app = typer.Typer(
    help="A complete OCPP 1.6-J Central System to test stations and test tools against.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
station_app = typer.Typer(help="Stations in the database file; while the server runs, use its API.")
card_app = typer.Typer(help="Cards in the database file; while the server runs, use its API.")
app.add_typer(station_app, name="station")
app.add_typer(card_app, name="card")


_BOTH = "; 127.0.0.1 keeps it on this machine, 0.0.0.0 opens it"
Db = Annotated[Path, option("--db", "SQLite file, made if it does not exist.")]
Host = Annotated[str, option("--host", f"Address to listen on{_BOTH}.")]
Port = Annotated[int, option("--port", "Port for stations; 0 takes a free one.", **PORT)]
ApiPort = Annotated[int, option("--api-port", "Port for operators; 0 takes a free one.", **PORT)]
UrlPath = Annotated[str, option("--path", "Path before the station's identity.")]
Token = Annotated[
    str | None,
    option(
        "--token",
        "Bearer token of the API from now on. Without it one is made and printed at the first start; --db keeps only"
        " its hash, so that a lost one cannot be read back, but replaced by giving another one here.",
    ),
]
Heartbeat = Annotated[int, option("--heartbeat-interval", "Seconds between heartbeats.", min=1, max=2**31 - 1)]
CallTimeout = Annotated[float, option("--call-timeout", "Seconds a station has to answer.", min=0.001)]
AcceptUnknown = Annotated[bool, option("--accept-unknown", "Register stations nobody has registered.")]
Vendor = Annotated[
    list[str] | None,
    option("--vendor", "DataTransfer to accept: VENDORID, or VENDORID=MESSAGEID,MESSAGEID. May be repeated."),
]
Frames = Annotated[int, option("--frames", "Frames kept in memory per station.", min=0)]
PingInterval = Annotated[float, option("--ping-interval", "Seconds between WebSocket pings; 0: none.", min=0)]
MaxMessage = Annotated[int, option("--max-message", "Longest message in bytes; a longer one ends the link.", min=1024)]
FilesFolder = Annotated[Path | None, option("--files", "Folder for firmware and received files; else beside the db.")]
MaxFile = Annotated[int, option("--max-file", "Largest firmware image or received file in bytes.", min=1)]
ReadyJson = Annotated[bool, option("--ready-json", "Print one JSON line when ready: url, api, token, pid.")]
StopWithStdin = Annotated[
    bool, option("--stop-with-stdin", "Stop when standard input ends, as it does when the starting process is gone.")
]
LogLevel = Annotated[Literal["debug", "info", "warning", "error"], option("--log-level", "What to log to stderr.")]


def main() -> None:
    """Run the command line; a fault of the caller is one line and exit code 2."""
    try:
        app()
    except UsageError as error:
        typer.echo(f"reference-csms: {error}", err=True)
        raise SystemExit(2) from None


@app.callback()
def _root() -> None:
    pass


@app.command()
@taking(access=file_access, tls=tls_access, certificates=station_certificates)
def serve(
    host: Host = "127.0.0.1",
    port: Port = 9000,
    api_port: ApiPort = 9001,
    path: UrlPath = "/ocpp",
    db: Db = Path("reference-csms.db"),
    token: Token = None,
    heartbeat_interval: Heartbeat = 300,
    call_timeout: CallTimeout = 30.0,
    accept_unknown: AcceptUnknown = False,
    vendor: Vendor = None,
    frames: Frames = 100,
    ping_interval: PingInterval = 60.0,
    max_message: MaxMessage = 1 << 20,
    files: FilesFolder = None,
    max_file: MaxFile = 100 << 20,
    ready_json: ReadyJson = False,
    stop_with_stdin: StopWithStdin = False,
    log_level: LogLevel = "info",
    *,
    access: FileAccess,
    tls: TlsAccess,
    certificates: StationCertificateOptions,
) -> None:
    """Serve stations and operators until SIGTERM or Ctrl-C."""
    _log(log_level)
    from reference_csms.server import run

    kept = files or db.with_suffix(".files")
    settings = Settings(
        heartbeat_interval, call_timeout, accept_unknown, frames, _vendors(vendor or []), kept, max_file, *certificates
    )
    ping = ping_interval or None
    listen = Listen(
        host, port, api_port, path, db, token, ping, max_message, ready_json, stop_with_stdin, access=access, tls=tls
    )
    run(listen, settings)


@station_app.command("add")
def add_station(
    identity: Annotated[str, typer.Argument(help="As at the end of its URL, decoded.")],
    password: Annotated[str | None, typer.Option(help="For HTTP Basic authentication.")] = None,
    db: Db = Path("reference-csms.db"),
) -> None:
    """Register a station, or change its password."""
    from reference_csms.domain.identities import identity_objection, password_objection
    from reference_csms.passwords import hashed, password_octets
    from reference_csms.registry.stations import Station

    objection = identity_objection(identity) or (password_objection(identity) if password is not None else None)
    if objection is not None:
        raise UsageError(objection)
    changes = {} if password is None else {"password_hash": hashed(password_octets(password))}
    asyncio.run(_on_file(db, lambda csms: csms.stations.put(Station(identity), **changes)))


@station_app.command("certificate")
def station_certificate(
    identity: Annotated[str, typer.Argument(help="The station.")],
    output: Annotated[Path, typer.Argument(help="The file to write: key and certificate in PEM, for its owner only.")],
    serial_number: Annotated[str | None, typer.Option(help="The commonName; else the identity.")] = None,
    cpo_name: Annotated[str, typer.Option(help="The organizationName.")] = "Reference CSMS",
    algorithm: Annotated[Literal["ECDSA", "RSA"], typer.Option(help="The kind of key.")] = "ECDSA",
    days: Annotated[int, typer.Option(help="How long it lasts.", min=1)] = 365,
    db: Db = Path("reference-csms.db"),
    pki: Annotated[Path | None, option("--pki", "Folder of our own CA; else beside the db.")] = None,
) -> None:
    """Make a first client certificate for a station that comes on security profile 3."""
    from reference_csms.security.first_certificate import write_first_certificate

    folder = pki or db.with_suffix(".pki")
    write_first_certificate(output, folder, serial_number or identity, cpo_name, algorithm, days)
    typer.echo(f"wrote {output}; the CSMS takes it from station {identity} on security profile 3")


@card_app.command("add")
def add_card(
    tag: Annotated[str, typer.Argument(help="The idTag.")],
    status: Annotated[Literal["Accepted", "Blocked", "Expired", "Invalid"], typer.Option()] = "Accepted",
    parent: Annotated[str | None, typer.Option(help="The parentIdTag.")] = None,
    db: Db = Path("reference-csms.db"),
) -> None:
    """Add or replace a card."""
    from reference_csms.domain.cards import Card

    if not 0 < len(tag) <= 20:
        raise UsageError(f"TAG: expected 1 to 20 characters, received {len(tag)}")
    asyncio.run(_on_file(db, lambda csms: csms.cards.put(Card(tag, status, parent_id_tag=parent))))


async def _on_file(db: Path, change: Callable[[Csms], Awaitable[object]]) -> None:
    from reference_csms.app import Csms
    from reference_csms.store.database import inline_store

    csms = Csms(inline_store(db))
    try:
        await change(csms)
    finally:
        await csms.close()


def _vendors(given: list[str]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for text in given:
        vendor, equals, messages = text.partition("=")
        if not vendor or (equals and not messages):
            raise UsageError(f"--vendor: expected VENDORID or VENDORID=MESSAGEID,MESSAGEID, received {text!r}")
        found[vendor] = frozenset(messages.split(",")) if messages else frozenset()
    return found


def _log(level: str) -> None:
    logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)-7s %(message)s")
