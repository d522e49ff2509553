"""From a CALL to the method that handles it, in the idiom of the `ocpp` package.

A handler class marks its methods with `@on(Action.x)` and perhaps `@after(Action.x)`; they take the payload's fields
as keyword arguments in snake case and return a `call_result` dataclass (or a dict with snake case names): at once, as
coroutines, or by a Once. A method without `**kwargs` gets only the fields that it names; `call_unique_id` is added if
it names that.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import ocpp.routing

from ocppj.frames import Payload
from ocppj.schemas import ACTIONS, schema, valid
from reference_csms.keys import Convert, snake_name, to_snake, to_wire
from reference_csms.store.writer import Written


class InvalidAnswer(Exception):
    """A handler returned what is no valid answer."""


class Once(NamedTuple):
    """What a handler may return: once a write is committed, `answer` makes the answer of its outcome.

    Costs less than a coroutine; other frames of the station are handled meanwhile just the same.
    """

    written: Written
    answer: Callable[[Any], Any]


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


_routes: dict[type, Mapping[str, Route]] = {}


def routes(handlers: type) -> Mapping[str, Route]:
    """The routes of a handler class by action, made once per class."""
    if handlers not in _routes:
        _routes[handlers] = _made(handlers)
    return _routes[handlers]


def _made(handlers: type) -> dict[str, Route]:
    found = {}
    for action, options in ocpp.routing.create_route_map(handlers).items():
        name = str(getattr(action, "value", action))
        if "_on_action" not in options:
            raise TypeError(f"{handlers.__name__}: expected @on({name}) beside @after({name}), received only @after")
        if name not in ACTIONS:
            raise TypeError(f"{handlers.__name__}: expected an action of OCPP 1.6, received @on({name!r})")
        found[name] = _route(name, options)
    return found


def _route(action: str, options: Mapping[str, Any]) -> Route:
    handler = options["_on_action"]
    parameters = inspect.signature(handler).parameters
    takes_any = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values())
    fields = {snake_name(name) for name in schema(action, "req").get("properties", ())}
    return Route(
        action=action,
        handler=_method(handler),
        after=options.get("_after_action"),
        validate=not options["_skip_schema_validation"],
        to_snake=to_snake(action, "req"),
        to_wire=to_wire(action, "conf"),
        names=None if takes_any or fields <= parameters.keys() else frozenset(parameters),
        wants_id="call_unique_id" in parameters,
    )


def _method(handler: Callable[..., Any]) -> Callable[..., Any]:
    """The method without the wrapper that `on` puts around it, which does nothing but take time."""
    code = getattr(handler, "__code__", None)
    wrapped: Callable[..., Any] = getattr(handler, "__wrapped__", handler)
    return wrapped if code is not None and code.co_filename == ocpp.routing.__file__ else handler
