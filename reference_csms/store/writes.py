"""What can be written, as values; how, is up to the writer of the database at hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from reference_csms.domain.cards import Decision
from reference_csms.store.charging import ChangeProfiles, PutCompositeSchedule
from reference_csms.store.local_lists import PutLocalList

StopOutcome = Literal["ended", "repeated", "orphan"]


class StartTransaction(NamedTuple):
    """A transaction begins; answered with Started. The first five fields identify it when the station repeats it."""

    station: str
    start_timestamp: str
    connector_id: int
    id_tag: str
    meter_start: int
    reservation_id: int | None
    id_tag_status: Decision
    started_at: str


class Started(NamedTuple):
    """The transaction that a StartTransaction stands for, and what was decided when it came first."""

    transaction_id: int
    id_tag_status: Decision
    repeated: bool


class StopTransaction(NamedTuple):
    """A transaction ends; answered with a StopOutcome. `transaction_data` is JSON."""

    station: str
    transaction_id: int
    meter_stop: int
    stop_timestamp: str
    reason: str | None
    stop_id_tag: str | None
    transaction_data: str | None
    stopped_at: str


class AddMeterValues(NamedTuple):
    """Meter values come in, `meter_value` is their list as JSON; answered with whether any of them is new."""

    station: str
    connector_id: int | None
    transaction_id: int | None
    source: str
    meter_value: str
    received_at: str


class ChangeStation(NamedTuple):
    """These columns of a station have new values; the others stay as they are."""

    station: str
    changes: Mapping[str, str | int | None]


class AddStation(NamedTuple):
    """A station is registered unless it is already, and these columns of it have new values."""

    station: str
    changes: Mapping[str, str | int | None]


class DeleteStation(NamedTuple):
    """A station and its connectors are forgotten; its transactions stay."""

    station: str


class PutConnector(NamedTuple):
    """A connector has a new status."""

    station: str
    connector_id: int
    status: str
    error_code: str
    timestamp: str
    info: str | None
    vendor_id: str | None
    vendor_error_code: str | None


class PutCard(NamedTuple):
    """A card is created or changed."""

    tag_key: str
    id_tag: str
    status: str
    expiry_date: str | None
    parent_id_tag: str | None
    concurrent_tx: bool


class DeleteCard(NamedTuple):
    """A card is forgotten."""

    tag_key: str


class PutCommand(NamedTuple):
    """A command is recorded or its answer added; `request` and `response` are JSON."""

    id: str
    station: str
    action: str
    state: str
    request: str
    response: str | None
    error_code: str | None
    error_description: str | None
    created_at: str
    ended_at: str | None


class AbandonCommands(NamedTuple):
    """The commands that had not ended when the server stopped never will."""

    ended_at: str


class AddReservation(NamedTuple):
    """A reservation is asked for; answered with its id, which no other one ever has."""

    station: str
    connector_id: int
    id_tag: str
    parent_id_tag: str | None
    expiry_date: str
    requested_at: str
    answer: str | None
    ended: str | None
    ended_at: str | None
    transaction_id: int | None


class PutReservation(NamedTuple):
    """A reservation is answered, or has ended before its time."""

    reservation_id: int
    station: str
    connector_id: int
    id_tag: str
    parent_id_tag: str | None
    expiry_date: str
    requested_at: str
    answer: str | None
    ended: str | None
    ended_at: str | None
    transaction_id: int | None


class UseReservation(NamedTuple):
    """A transaction uses a reservation of its station, unless that has ended otherwise."""

    transaction_id: int
    ended_at: str
    reservation_id: int
    station: str


class AddTransfer(NamedTuple):
    """A file is to go to a station or to come from it; answered with the transfer's id, which no other one ever has."""

    station: str
    action: str
    location: str
    upload: str | None
    requested_at: str


class SendTransfer(NamedTuple):
    """A transfer was asked for by this command."""

    command: str
    transfer_id: int


class ReceiveTransfer(NamedTuple):
    """The file of a transfer has come; None for all of it if the file was deleted."""

    received_name: str | None
    size: int | None
    sha256: str | None
    received_at: str | None
    transfer_id: int


class AddProgress(NamedTuple):
    """A station says how a transfer goes: the one of this requestId or, without one, the latest of this action.

    `action` is None if it says that there is none. Answered with the transfer's id, None if it is unknown.
    """

    station: str
    notification: str
    request_id: int | None
    status: str
    received_at: str
    action: str | None


class PutStationCertificate(NamedTuple):
    """A certificate was made for a station, or something became of it."""

    serial_number: str
    station: str
    certificate: str
    valid_until: str
    signed_at: str
    state: str


class PutCertificate(NamedTuple):
    """A certificate is kept to be recognised."""

    fingerprint: str
    certificate: str


class PutInstalledCertificates(NamedTuple):
    """A station has said which certificates of a type it holds; `hash_data` is JSON."""

    station: str
    certificate_type: str
    hash_data: str
    told_at: str


class AddSecurityEvent(NamedTuple):
    """A station has reported a security event; answered with its id."""

    station: str
    type: str
    timestamp: str
    tech_info: str | None
    received_at: str


class PutOption(NamedTuple):
    """A setting of the installation is stored."""

    name: str
    value: str


Write = (
    StartTransaction
    | StopTransaction
    | AddMeterValues
    | AddStation
    | ChangeStation
    | DeleteStation
    | PutConnector
    | PutCard
    | DeleteCard
    | PutCommand
    | AbandonCommands
    | AddReservation
    | PutReservation
    | UseReservation
    | PutLocalList
    | AddTransfer
    | SendTransfer
    | ReceiveTransfer
    | AddProgress
    | PutStationCertificate
    | PutCertificate
    | PutInstalledCertificates
    | AddSecurityEvent
    | ChangeProfiles
    | PutCompositeSchedule
    | PutOption
)
