"""Drives a CSMS through a class of the user's, named by its import path."""

from __future__ import annotations

import importlib
import inspect
import sys
from typing import Any

from harness.config import Settings
from harness.errors import UsageError
from harness.intents import CSMS_INTENTS
from harness.operators.csms.base import CsmsOperator


def python_driver(settings: Settings) -> CsmsOperator:
    """An instance of the class that `[operator] class` names, constructed with the table `[operator.settings]`.

    The module may lie beside the settings file. Raises UsageError in one line if there is no such class, if it is no
    CsmsOperator, if one of its operations is not `async def`, or if it cannot be constructed.
    """
    name = settings.operator["class"]
    found = _class(settings, name)
    _check(found, name)
    try:
        driver: CsmsOperator = found(settings.operator["settings"])
    except Exception as error:
        raise _wrong(f"{name} to be constructed with one mapping", error) from error
    return driver


def _class(settings: Settings, name: str) -> Any:
    module, _, attribute = name.partition(":")
    if not module or not attribute:
        raise UsageError(f'[operator] class: expected "module:Class", received "{name}"')
    if settings.path is not None:
        folder = str(settings.path.resolve().parent)
        if folder not in sys.path:
            sys.path.append(folder)
    try:
        found = getattr(importlib.import_module(module), attribute, None)
    except Exception as error:
        raise _wrong(f"{module} to be imported", error) from error
    if not isinstance(found, type) or not issubclass(found, CsmsOperator):
        what = "nothing of that name" if found is None else repr(found)
        raise UsageError(f"[operator] class: expected {name} to be a subclass of CsmsOperator, received {what}")
    return found


def _check(found: Any, name: str) -> None:
    for operation in (*CSMS_INTENTS, "provision", "provision_access", "reachable", "close"):
        if not inspect.iscoroutinefunction(getattr(found, operation)):
            hint = "a function that blocks goes through asyncio.to_thread"
            raise UsageError(f"[operator] class: expected async def {operation} in {name}, received def; {hint}")


def _wrong(expected: str, error: Exception) -> UsageError:
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return UsageError(f"[operator] class: expected {expected}, received {text}")
