"""The vocabulary of intent for a CSMS: what every driver offers, and how an OCPP action becomes a driver call."""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Mapping
from typing import Any, TypeVar

from harness.errors import Aborted, Inconclusive, OperatorError, UsageError
from harness.intents import CSMS_INTENTS
from harness.operators.csms.charging import ChargingOperations
from harness.operators.csms.security import Reply, SecurityOperations

__all__ = ["OPERATIONS", "CsmsOperator", "Reply", "guarded", "perform", "perform_operation"]

T = TypeVar("T")
# Several operations may lead to one action; the first is the plain one.
OPERATIONS: Mapping[str, str] = {intent.action: intent.name for intent in [*CSMS_INTENTS.values()][::-1]}


class CsmsOperator(SecurityOperations, ChargingOperations):
    """Does at the CSMS what a person would do at its console; subclasses override what they can do.

    Each operation returns once the CSMS has taken the order, raises OperatorError if it refused or cannot be reached,
    and NotImplementedError if the driver does not know the operation. It may be cancelled when the harness has seen
    what it waited for. Nothing is judged here: what counts is what the station then receives.
    """

    certain = True
    """Whether an operation that returned without an error means that the CSMS was asked."""

    async def remote_start(
        self, station: str, *, connectorId: int | None, idTag: str, chargingProfile: Mapping[str, Any] | None = None
    ) -> Reply:
        """Starts a charging session for a card; `connectorId` None leaves the choice to the station.

        A `chargingProfile` of OCPP that comes with it lacks its chargingProfileId, which the CSMS chooses.
        """
        raise NotImplementedError

    async def remote_stop(self, station: str, *, transactionId: int) -> Reply:
        """Stops a transaction."""
        raise NotImplementedError

    async def reset(self, station: str, *, type: str) -> Reply:
        """Resets the station, `type` Hard or Soft."""
        raise NotImplementedError

    async def unlock(self, station: str, *, connectorId: int) -> Reply:
        """Unlocks a connector."""
        raise NotImplementedError

    async def get_configuration(self, station: str, *, key: list[str]) -> Reply:
        """Reads configuration keys; an empty list means all of them."""
        raise NotImplementedError

    async def change_configuration(self, station: str, *, key: str, value: str) -> Reply:
        """Sets a configuration key."""
        raise NotImplementedError

    async def change_availability(self, station: str, *, connectorId: int, type: str) -> Reply:
        """Puts a connector, or the station as connector 0, in or out of service: `type` Operative or Inoperative."""
        raise NotImplementedError

    async def clear_cache(self, station: str) -> Reply:
        """Clears the station's authorization cache."""
        raise NotImplementedError

    async def data_transfer(
        self, station: str, *, vendorId: str, messageId: str | None = None, data: str | None = None
    ) -> Reply:
        """Sends vendor-specific data to the station."""
        raise NotImplementedError

    async def reserve(
        self, station: str, *, connectorId: int, idTag: str, expiryDate: str, parentIdTag: str | None = None
    ) -> Reply:
        """Reserves a connector, or with 0 any one, for a card and perhaps its group, whatever state it is in."""
        raise NotImplementedError

    async def cancel_reservation(self, station: str, *, reservationId: int) -> Reply:
        """Cancels a reservation."""
        raise NotImplementedError

    async def send_local_list(self, station: str, *, updateType: str, cards: list[str]) -> Reply:
        """Sends the local authorization list with these cards, or if `updateType` is Differential only these."""
        raise NotImplementedError

    async def get_local_list_version(self, station: str) -> Reply:
        """Asks for the version of the station's local authorization list."""
        raise NotImplementedError

    async def trigger(self, station: str, *, requestedMessage: str, connectorId: int | None = None) -> Reply:
        """Has the station send a message, about one connector if one is named."""
        raise NotImplementedError

    async def update_firmware(
        self,
        station: str,
        *,
        location: str,
        retrieveDate: str,
        retries: int | None = None,
        retryInterval: int | None = None,
    ) -> Reply:
        """Has the station get firmware from a location and install it."""
        raise NotImplementedError

    async def get_diagnostics(
        self,
        station: str,
        *,
        location: str,
        startTime: str | None = None,
        stopTime: str | None = None,
        retries: int | None = None,
        retryInterval: int | None = None,
    ) -> Reply:
        """Has the station put its diagnostics into a location, perhaps only those of a period."""
        raise NotImplementedError

    async def signed_update_firmware(
        self,
        station: str,
        *,
        location: str,
        retrieveDateTime: str,
        signingCertificate: str,
        signature: str,
        installDateTime: str | None = None,
    ) -> Reply:
        """Has the station install firmware with this signature (base64) by the key of this certificate (PEM)."""
        raise NotImplementedError

    async def get_log(
        self,
        station: str,
        *,
        logType: str,
        remoteLocation: str,
        oldestTimestamp: str | None = None,
        latestTimestamp: str | None = None,
    ) -> Reply:
        """Has the station put a log, `logType` SecurityLog or DiagnosticsLog, into a location."""
        raise NotImplementedError

    async def provision(
        self,
        station: str,
        *,
        cards: Mapping[str, str],
        password: str | None = None,
        parent_id_tag: str | None = None,
    ) -> None:
        """Makes the station and the cards known to the CSMS, each card with the state that is its key in `cards`."""
        raise NotImplementedError

    async def reachable(self, station: str) -> Reply:
        """Shows that the CSMS can be operated, without making it do anything; raises OperatorError if not."""
        return Reply()

    def has(self, operation: str) -> bool:
        """Whether the driver has a way of its own for an operation, and not only one that stands for it."""
        return getattr(type(self), operation) is not getattr(CsmsOperator, operation)

    def supports(self, action: str) -> bool:
        """Whether the driver can make the CSMS send this OCPP action."""
        return action in OPERATIONS and self.has(OPERATIONS[action])

    def dictates(self, action: str) -> bool:
        """Whether the driver dictates the payload of this OCPP action instead of leaving it to the CSMS."""
        return False

    async def close(self) -> None:
        """Ends what the driver still has open."""


async def perform(operator: CsmsOperator, action: str, station: str, **fields: Any) -> Reply:
    """Asks a driver for the operation behind an OCPP action, as `guarded` does."""
    return await perform_operation(operator, OPERATIONS[action], station, **fields)


async def perform_operation(operator: CsmsOperator, name: str, station: str, **fields: Any) -> Reply:
    """Asks a driver for an operation by its name, as `guarded` does."""
    reply = await guarded(name, getattr(operator, name)(station, **fields))
    if not isinstance(reply, Reply):
        raise OperatorError(f"{name}: expected the driver to return a Reply, received {reply!r}")
    return reply


async def guarded(what: str, acting: Awaitable[T]) -> T:
    """What a driver returns; whatever one of another author raises becomes an OperatorError in one line.

    The errors of the harness that a driver may raise stay as they are, and so does NotImplementedError.
    """
    try:
        return await acting
    except (OperatorError, UsageError, Inconclusive, Aborted, NotImplementedError):
        raise
    except Exception as error:
        raise OperatorError(f"{what}: expected the driver to act, received {_in_a_line(error)}") from error


def _in_a_line(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    text = " ".join(f"{type(error).__name__} {error}".split())
    return f"{text} ({frames[-1].filename}:{frames[-1].lineno})" if frames else text
