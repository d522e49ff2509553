"""Reads about certificates and security events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy import Row, Select, select

from reference_csms.store.pages import newest
from reference_csms.store.schema import certificates, installed_certificates, security_events, station_certificates


class SecurityReads:
    """Queries of the security profile; `_rows` is how they reach the database."""

    def _rows(self, query: Select[Any]) -> Iterable[Row[Any]]:
        raise NotImplementedError

    def station_certificates(self) -> list[dict[str, Any]]:
        """All certificates made for stations, oldest first, with the columns of the table."""
        c = station_certificates.c
        return [dict(row._mapping) for row in self._rows(select(station_certificates).order_by(c.signed_at))]

    def certificates(self) -> list[str]:
        """The PEM of all certificates that were installed at stations."""
        return [row.certificate for row in self._rows(select(certificates))]

    def installed_certificates(self, station: str) -> dict[str, dict[str, Any]]:
        """What a station last said of its roots, by certificateType."""
        query = select(installed_certificates).where(installed_certificates.c.station == station)
        return {
            row.certificate_type: {"toldAt": row.told_at, "certificateHashData": orjson.loads(row.hash_data)}
            for row in self._rows(query)
        }

    def security_events(
        self, *, station: str | None = None, before: int | None = None, limit: int = 100
    ) -> list[dict[str, Any]]:
        """Security events, newest first, of one station or all."""
        query = newest(security_events, security_events.c.id, station, before, limit)
        return [
            {
                "id": row.id,
                "station": row.station,
                "type": row.type,
                "timestamp": row.timestamp,
                "techInfo": row.tech_info,
                "receivedAt": row.received_at,
            }
            for row in self._rows(query)
        ]
