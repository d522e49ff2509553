"""DataTransfer from stations: which vendors and messages are known, and who handles them (OCPP 1.6 §4.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ocpp.v16.call_result import DataTransfer
from ocpp.v16.enums import DataTransferStatus

VendorHandler = Callable[[str, str | None], DataTransfer]
"""Gets the station and the data, gives the answer."""


class Vendors:
    """A registry of vendor messages. A vendor registered without messages takes any messageId and none."""

    def __init__(self, accepted: Mapping[str, frozenset[str]] | None = None) -> None:
        self._handlers: dict[str, dict[str | None, VendorHandler]] = {}
        for vendor, messages in (accepted or {}).items():
            for message in messages or {None}:
                self.register(vendor, message, _accept)

    def register(self, vendor_id: str, message_id: str | None, handler: VendorHandler) -> None:
        """Have this handler answer a message of a vendor; messageId None stands for all that have no own handler."""
        self._handlers.setdefault(vendor_id, {})[message_id] = handler

    def answer(self, station: str, vendor_id: str, message_id: str | None, data: str | None) -> DataTransfer:
        """The answer to a DataTransfer."""
        messages = self._handlers.get(vendor_id)
        if messages is None:
            return DataTransfer(DataTransferStatus.unknown_vendor_id)
        handler = messages.get(message_id) or messages.get(None)
        if handler is None:
            return DataTransfer(DataTransferStatus.unknown_message_id)
        return handler(station, data)


def _accept(_station: str, _data: str | None) -> DataTransfer:
    return DataTransfer(DataTransferStatus.accepted)
