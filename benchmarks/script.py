"""What a station of the load says: one cycle, over and over."""

from __future__ import annotations

import re
from datetime import UTC, datetime

CYCLE = (
    "Authorize",
    "StartTransaction",
    "MeterValues",
    "MeterValues",
    "MeterValues",
    "StopTransaction",
    "Heartbeat",
)
METER_VALUES_PER_CYCLE = CYCLE.count("MeterValues")
BOOT = b'{"chargePointVendor":"OCPP-CONFORMANCE","chargePointModel":"LOAD-1","firmwareVersion":"1.0.0"}'

_CYCLE_WH = 1000
_STEP_WH = 200
_START = b'{"connectorId":1,"idTag":"%b","meterStart":%d,"timestamp":"%b"}'
_METER_VALUES = (
    b'{"connectorId":1,"transactionId":%d,"meterValue":[{"timestamp":"%b","sampledValue":['
    b'{"value":"%d","context":"Sample.Periodic","measurand":"Energy.Active.Import.Register","unit":"Wh"},'
    b'{"value":"10987.5","measurand":"Power.Active.Import","unit":"W"},'
    b'{"value":"16.1","measurand":"Current.Import","phase":"L1","unit":"A"},'
    b'{"value":"229.7","measurand":"Voltage","phase":"L1-N","unit":"V"}]}]}'
)
_STOP = b'{"transactionId":%d,"idTag":"%b","meterStop":%d,"timestamp":"%b","reason":"Local"}'
_TRANSACTION_ID = re.compile(rb'"transactionId":(\d+)')
_ACCEPTED = b'"status":"Accepted"'


class Cycle:
    """The calls of one transaction after another, made with one card."""

    def __init__(self, id_tag: str) -> None:
        self.transaction_id = 0
        self.meter = (0, 0)
        self._id_tag = id_tag.encode()
        self._authorize = b'{"idTag":"%b"}' % self._id_tag
        self._timestamp = b""

    def begin(self) -> None:
        """The next transaction: a later time, a higher meter, so that no two are the same."""
        start = self.meter[0] + _CYCLE_WH
        self.meter = (start, start + _STEP_WH * len(CYCLE))
        self._timestamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z").encode()

    def call(self, step: int) -> tuple[str, bytes]:
        """Action and payload of a step."""
        action, (start, stop), at = CYCLE[step], self.meter, self._timestamp
        if action == "MeterValues":
            return action, _METER_VALUES % (self.transaction_id, at, start + _STEP_WH * step)
        if action == "Authorize":
            return action, self._authorize
        if action == "StartTransaction":
            return action, _START % (self._id_tag, start, at)
        if action == "StopTransaction":
            return action, _STOP % (self.transaction_id, self._id_tag, stop, at)
        return action, b"{}"

    def answered(self, action: str, text: bytes) -> None:
        """Takes the transaction id from the answer; raises ValueError if the card was not accepted."""
        if action not in ("Authorize", "StartTransaction"):
            return
        if _ACCEPTED not in text:
            raise ValueError(f"{action}: expected {_ACCEPTED.decode()}, received {text.decode(errors='replace')}")
        if action == "StartTransaction":
            found = _TRANSACTION_ID.search(text)
            if found is None:
                raise ValueError(f"{action}: expected a transactionId, received {text.decode(errors='replace')}")
            self.transaction_id = int(found[1])
