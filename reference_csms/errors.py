"""Errors of the Central System, sorted by who has to act.

UsageError         whoever started it: bad flag, port in use, damaged database    one line, exit code 2
CommandError       the operator who asked for a command
  InvalidIntent    ... with values that OCPP does not allow                       HTTP 422
  NotAllowedNow    ... that this station must not get now                         HTTP 409
  NotConnected     ... for a station without connection                           HTTP 409
  UnknownStation   ... for a station nobody has registered                        HTTP 404
StoreFailed        the disk: nothing was stored, the station has to try again     CALLERROR InternalError
"""


class UsageError(Exception):
    """What the caller gave cannot be used; the text is the one line that is shown."""


class CommandError(Exception):
    """The command was not sent; the text is the one line that is shown."""


class InvalidIntent(CommandError):
    """The command cannot be expressed in OCPP."""


class NotAllowedNow(CommandError):
    """The station must not get this command in its present state."""


class NotConnected(CommandError):
    """The station has no connection."""


class UnknownStation(CommandError):
    """No such station is registered."""


class StoreFailed(Exception):
    """A write was not committed."""
