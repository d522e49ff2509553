"""Reads for operators: rows as dicts in OCPP's own field names, only what is committed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from sqlalchemy import Engine, Row, Select, select

from reference_csms.domain.cards import Card
from reference_csms.domain.clock import parse_utc
from reference_csms.domain.reservations import Reservation
from reference_csms.registry.stations import Connector, Station
from reference_csms.registry.transactions import OpenTransaction
from reference_csms.store.pages import newest
from reference_csms.store.schema import (
    cards,
    commands,
    connectors,
    meter_values,
    options,
    orphan_stops,
    reservations,
    stations,
    transactions,
)
from reference_csms.store.security import SecurityReads

# Defaults of OCPP 1.6 §7.43 for what a station leaves out.
SAMPLED_VALUE_DEFAULTS = {
    "context": "Sample.Periodic",
    "format": "Raw",
    "measurand": "Energy.Active.Import.Register",
    "location": "Outlet",
}


class Reads(SecurityReads):
    """Queries on one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def cards(self) -> list[Card]:
        """All cards."""
        rows = self._rows(select(cards))
        return [
            Card(
                row.id_tag,
                row.status,
                row.expiry_date and parse_utc(row.expiry_date),
                row.parent_id_tag,
                row.concurrent_tx,
            )
            for row in rows
        ]

    def stations(self) -> list[Station]:
        """All stations with the last status of their connectors."""
        found = {row.station: _station(row) for row in self._rows(select(stations))}
        for row in self._rows(select(connectors)):
            if row.station in found:
                found[row.station].connectors[row.connector_id] = Connector._make(row[1:])
        return list(found.values())

    def open_transactions(self) -> list[OpenTransaction]:
        """All transactions that have no stop."""
        c = transactions.c
        columns = (c.transaction_id, c.station, c.connector_id, c.id_tag, c.id_tag_status)
        return [OpenTransaction._make(row) for row in self._rows(select(*columns).where(c.stop_timestamp.is_(None)))]

    def option(self, name: str) -> str | None:
        """A setting of the installation."""
        return next((row.value for row in self._rows(select(options).where(options.c.name == name))), None)

    def transactions(
        self,
        *,
        station: str | None = None,
        active: bool | None = None,
        before: int | None = None,
        limit: int = 1000,
    ) -> list[dict[str, Any]]:
        """Transactions, newest first, of one station or all, running or ended ones or both."""
        query = newest(transactions, transactions.c.transaction_id, station, before, limit)
        if active is not None:
            ended = transactions.c.stop_timestamp
            query = query.where(ended.is_(None) if active else ended.is_not(None))
        return [_transaction(row._mapping) for row in self._rows(query)]

    def transaction(self, transaction_id: int) -> dict[str, Any] | None:
        """One transaction, or None if that id was never given."""
        query = select(transactions).where(transactions.c.transaction_id == transaction_id)
        return next((_transaction(row._mapping) for row in self._rows(query)), None)

    def orphan_stops(
        self, *, station: str | None = None, before: int | None = None, limit: int = 1000
    ) -> list[dict[str, Any]]:
        """Stops that belong to no transaction of their station, newest first."""
        query = newest(orphan_stops, orphan_stops.c.id, station, before, limit)
        return [_named(row._mapping) for row in self._rows(query)]

    def meter_values(self, transaction_id: int, *, after: int = 0, limit: int = 10_000) -> list[dict[str, Any]]:
        """Sampled values of a transaction in the order of arrival, with OCPP's defaults filled in.

        Each has the id of the MeterValue that it is in; `limit` counts those, and `after` is the last one not wanted.
        """
        c = meter_values.c
        query = select(meter_values).where(c.transaction_id == transaction_id, c.id > after).order_by(c.id).limit(limit)
        return [value for row in self._rows(query) for value in _sampled_values(row._mapping)]

    def commands(
        self,
        *,
        station: str | None = None,
        action: str | None = None,
        before: str | None = None,
        limit: int = 100,
    ) -> list[dict[str, Any]]:
        """Commands with their answers, newest first; `before` is the id of one."""
        older = select(commands.c.n).where(commands.c.id == before).scalar_subquery() if before is not None else None
        query = newest(commands, commands.c.n, station, older, limit)
        if action is not None:
            query = query.where(commands.c.action == action)
        return [_command(row._mapping) for row in self._rows(query)]

    def answered(self, station: str, actions: Iterable[str], limit: int = 1000) -> list[dict[str, Any]]:
        """The latest answered commands of these actions, oldest first."""
        c = commands.c
        query = select(commands).where(c.station == station, c.action.in_(list(actions)), c.state == "answered")
        return [_command(row._mapping) for row in reversed([*self._rows(query.order_by(c.n.desc()).limit(limit))])]

    def command(self, command_id: str) -> dict[str, Any] | None:
        """One command, or None."""
        query = select(commands).where(commands.c.id == command_id)
        return next((_command(row._mapping) for row in self._rows(query)), None)

    def reservations(
        self,
        *,
        station: str | None = None,
        not_ended: bool = False,
        before: int | None = None,
        limit: int = 1000,
    ) -> list[Reservation]:
        """Reservations, newest first, of one station or all, perhaps without those that ended before their time."""
        query = newest(reservations, reservations.c.reservation_id, station, before, limit)
        if not_ended:
            query = query.where(reservations.c.ended.is_(None))
        return [_reservation(row) for row in self._rows(query)]

    def reservation(self, reservation_id: int) -> Reservation | None:
        """One reservation, or None if that id was never given."""
        query = select(reservations).where(reservations.c.reservation_id == reservation_id)
        return next((_reservation(row) for row in self._rows(query)), None)

    def _rows(self, query: Select[Any]) -> Iterable[Row[Any]]:
        with self._engine.connect() as connection:
            return connection.execute(query).all()


def _station(row: Row[Any]) -> Station:
    return Station(
        row.station,
        row.password_hash,
        row.registration,
        row.heartbeat_interval,
        row.boot_status,
        None if row.boot is None else orjson.loads(row.boot),
        row.booted_at,
        row.last_seen,
        row.security_profile,
        row.serial_number,
        tuple(map(int, (row.pending_profiles or "").split())),
        tuple((row.pending_passwords or "").split()),
    )


def _reservation(row: Row[Any]) -> Reservation:
    return Reservation(
        row.reservation_id,
        row.station,
        row.connector_id,
        row.id_tag,
        row.parent_id_tag,
        parse_utc(row.expiry_date),
        row.requested_at,
        row.answer,
        row.ended,
        row.ended_at,
        row.transaction_id,
    )


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _named(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {_camel(name): value for name, value in row.items()}


def _transaction(row: Mapping[Any, Any]) -> dict[str, Any]:
    named = _named(row)
    ended = row["stop_timestamp"] is not None
    # OCPP 1.6 §4.10: a stop without a reason was a local one.
    reason = (row["reason"] or "Local") if ended else None
    return {**named, "reason": reason, "status": "Ended" if ended else "Active"}


def _command(row: Mapping[Any, Any]) -> dict[str, Any]:
    named = _named(row)
    del named["n"]
    named["request"] = orjson.loads(row["request"])
    named["response"] = None if row["response"] is None else orjson.loads(row["response"])
    return named


def _sampled_values(row: Mapping[Any, Any]) -> Iterable[dict[str, Any]]:
    for meter_value in orjson.loads(row["meter_value"]):
        for sampled in meter_value["sampledValue"]:
            yield {
                "id": row["id"],
                "transactionId": row["transaction_id"],
                "connectorId": row["connector_id"],
                "source": row["source"],
                "receivedAt": row["received_at"],
                "timestamp": meter_value["timestamp"],
                **SAMPLED_VALUE_DEFAULTS,
                **_unit(sampled),
                **sampled,
            }


def _unit(sampled: Mapping[str, Any]) -> dict[str, str]:
    """The default unit, which OCPP gives to energy only."""
    measurand = sampled.get("measurand", SAMPLED_VALUE_DEFAULTS["measurand"])
    return {"unit": "Wh"} if measurand.startswith("Energy") else {}
