"""Hands on a CSMS: `driver(settings)` gives the operator that the settings name."""

from __future__ import annotations

from harness.config import Settings
from harness.operators.csms.base import OPERATIONS, CsmsOperator, Reply, perform
from harness.operators.csms.manual import Console, ManualDriver
from harness.operators.csms.python import python_driver

__all__ = ["OPERATIONS", "Console", "CsmsOperator", "ManualDriver", "Reply", "driver", "perform"]


def driver(settings: Settings, console: Console | None = None) -> CsmsOperator:
    """The driver that `[operator] driver` names; `console` is where the manual one asks, by default the terminal.

    A driver belongs to one event loop and is ended with `close`.
    """
    name = settings.operator["driver"]
    if name == "http":
        # Imported here because httpx takes longer to import than the rest of the harness.
        from harness.operators.csms.http import HttpDriver

        return HttpDriver(settings)
    return python_driver(settings) if name == "python" else ManualDriver(settings, console)
