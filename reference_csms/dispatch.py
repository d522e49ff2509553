"""From a CALL to the method that handles it, in the idiom of the `ocpp` package.

A handler class marks its methods with `@on(Action.x)` and perhaps `@after(Action.x)`; they take the payload's fields
as keyword arguments in snake case and return a `call_result` dataclass (or a dict with snake case names), at once or
as coroutines. What is asked of a method by its signature only is not passed: without `**kwargs`, fields it does not
name are left out; `call_unique_id` is added if it names it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

from ocpp.routing import create_route_map

from ocppj.frames import Payload
from ocppj.schemas import ACTIONS, valid
from reference_csms.keys import Convert, to_snake, to_wire


class InvalidAnswer(Exception):
    """A handler returned what is no valid answer."""


class Route(NamedTuple):
    """How one action is handled by a class."""

    action: str
    handler: Callable[..., Any]
    after: Callable[..., Any] | None
    validate: bool
    to_snake: Convert
    to_wire: Convert
    names: frozenset[str] | None
    wants_id: bool

    def arguments(self, payload: Payload, unique_id: str) -> dict[str, Any]:
        """The keyword arguments for the handler."""
        arguments: dict[str, Any] = self.to_snake(payload)
        if self.names is not None:
            arguments = {name: value for name, value in arguments.items() if name in self.names}
        if self.wants_id:
            arguments["call_unique_id"] = unique_id
        return arguments

    def answer(self, result: Any) -> Payload:
        """The wire payload of what the handler returned; raises InvalidAnswer."""
        payload: Payload = self.to_wire(result)
        if self.validate and not valid(self.action, "conf", payload):
            raise InvalidAnswer(f"{self.action}.conf: expected a valid payload, received {payload}")
        return payload


@cache
def routes(handlers: type) -> Mapping[str, Route]:
    """The routes of a handler class by action."""
    found = {}
    for action, options in create_route_map(handlers).items():
        name = str(getattr(action, "value", action))
        if "_on_action" not in options:
            raise TypeError(f"{handlers.__name__}: expected @on({name}) beside @after({name}), received only @after")
        if name not in ACTIONS:
            raise TypeError(f"{handlers.__name__}: expected an action of OCPP 1.6, received @on({name!r})")
        handler = options["_on_action"]
        names, wants_id = _signature(handler)
        found[name] = Route(
            name,
            handler,
            options.get("_after_action"),
            not options["_skip_schema_validation"],
            to_snake(name, "req"),
            to_wire(name, "conf"),
            names,
            wants_id,
        )
    return found


def _signature(handler: Callable[..., Any]) -> tuple[frozenset[str] | None, bool]:
    """The names a handler takes, None if it takes any, and whether it names `call_unique_id`."""
    parameters = inspect.signature(handler).parameters
    takes_any = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values())
    return (None if takes_any else frozenset(parameters)), "call_unique_id" in parameters
