"""Bodies of the REST API, in OCPP's own field names."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic.alias_generators import to_camel

from reference_csms.commands.commands import State
from reference_csms.domain.cards import CardStatus, Decision
from reference_csms.registry.stations import Registration

Tag = Annotated[str, Field(min_length=1, max_length=20)]


class Body(BaseModel):
    """A body in OCPP's spelling that takes no unknown field."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _holds(cls, data: Any) -> Any:
        """JSON allows what neither UTF-8 nor a number of 64 bits can hold; nothing behind the API has to meet it."""
        demand_storable(data)
        return data

    @field_validator("*", mode="after")
    @classmethod
    def _in_utc(cls, value: Any) -> Any:
        if isinstance(value, datetime):
            try:
                value.astimezone(UTC)
            except OverflowError:
                raise ValueError("expected a time between the years 1 and 9999 in UTC") from None
        return value


def demand_storable(value: Any) -> None:
    """Raises ValueError for text with lone surrogates and for integers of more than 64 bits, wherever they are."""
    if isinstance(value, str):
        if any("\ud800" <= sign <= "\udfff" for sign in value):
            raise ValueError("expected text that UTF-8 can hold, received a lone surrogate")
    elif isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise ValueError("expected a number of 64 bits, received a larger one")
    elif isinstance(value, dict):
        for key, inner in value.items():
            demand_storable(key)
            demand_storable(inner)
    elif isinstance(value, list):
        for inner in value:
            demand_storable(inner)


class StationIn(Body):
    """What an operator decides about a station; what is left out stays as it is, null goes back to the default."""

    password: str | None = Field(None, description="Basic auth password; only its hash is stored", min_length=1)
    registration: Registration = Field("Accepted", description="Answer to the next BootNotification")
    heartbeat_interval: int | None = Field(None, ge=1, le=2**31 - 1, description="Seconds; null: the server's default")
    security_profile: int | None = Field(
        None, ge=0, le=3, description="How it has to come; also lower than before, which OCPP itself never does"
    )
    serial_number: str | None = Field(None, description="What its certificates name; null: its identity", min_length=1)


class StationOut(Body):
    """A station and what it last said about itself."""

    station: str
    connected: bool
    connected_since: str | None
    last_seen: str | None
    registration: Registration
    boot_status: str | None = Field(description="What its last BootNotification was answered")
    booted_at: str | None
    boot: dict[str, Any] | None
    heartbeat_interval: int
    has_password: bool
    security_profile: int | None = Field(description="null: whatever it comes with, if it has the right password")
    pending_profile: int | None = Field(description="A higher one on its way to the station")
    serial_number: str | None
    running: list[int] = Field(description="Ids of its transactions without a stop")


class ConnectorOut(Body):
    """The last StatusNotification of a connector."""

    connector_id: int
    status: str
    error_code: str
    timestamp: str
    info: str | None
    vendor_id: str | None
    vendor_error_code: str | None


class FrameOut(Body):
    """A frame as it was on the wire."""

    at: str
    direction: Literal["received", "sent"]
    text: str


class CardIn(Body):
    """What an operator decides about a card."""

    status: CardStatus = "Accepted"
    expiry_date: datetime | None = None
    parent_id_tag: Tag | None = None
    concurrent_tx: bool = Field(False, description="May be in several transactions at once")


class CardOut(CardIn):
    """A card."""

    id_tag: str


class TransactionOut(Body):
    """A transaction; time stamps of the station as it sent them."""

    transaction_id: int
    station: str
    connector_id: int
    id_tag: str
    id_tag_status: Decision = Field(description="What StartTransaction was answered")
    meter_start: int
    start_timestamp: str
    started_at: str
    reservation_id: int | None
    status: Literal["Active", "Ended"]
    meter_stop: int | None
    stop_timestamp: str | None
    stopped_at: str | None
    reason: str | None
    stop_id_tag: str | None


class OrphanStopOut(Body):
    """A StopTransaction that belongs to no transaction of its station."""

    id: int
    station: str
    transaction_id: int
    meter_stop: int
    stop_timestamp: str
    stopped_at: str
    reason: str | None
    stop_id_tag: str | None


class CommandOut(Body):
    """A command and what became of it."""

    id: str = Field(description="Unique id of the CALL")
    station: str
    action: str
    state: State
    request: dict[str, Any]
    response: dict[str, Any] | None
    error_code: str | None
    error_description: str | None
    created_at: str
    ended_at: str | None


class RemoteStartIn(Body):
    """Start a transaction for a card, on a connector or wherever the station wants, perhaps under a TxProfile."""

    id_tag: str
    connector_id: int | None = None
    charging_profile: dict[str, Any] | None = Field(None, description="Without chargingProfileId the CSMS chooses one")


class RemoteStopIn(Body):
    """Stop a transaction."""

    transaction_id: int


class ResetIn(Body):
    """Restart the station."""

    type: Literal["Hard", "Soft"]


class UnlockIn(Body):
    """Release the cable of a connector."""

    connector_id: int


class GetConfigurationIn(Body):
    """Read configuration keys, all of them if none is named."""

    keys: list[str] | None = None


class ChangeConfigurationIn(Body):
    """Set a configuration key; OCPP writes every value as text."""

    key: str
    value: str | bool | int | float


class ChangeAvailabilityIn(Body):
    """Take a connector, or with 0 the whole station, into or out of operation."""

    connector_id: int
    type: Literal["Inoperative", "Operative"]


class ClearCacheIn(Body):
    """Empty the station's authorisation cache."""


class DataTransferIn(Body):
    """Send a vendor's own message."""

    vendor_id: str
    message_id: str | None = None
    data: str | None = None
