"""What every route needs: the Central System, the bearer token, and errors in one line."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from reference_csms.app import Csms
from reference_csms.errors import CommandError, InvalidIntent, StoreFailed, UnknownStation
from reference_csms.registry.stations import Station

_bearer = HTTPBearer(auto_error=False, description="The token printed at the first start")


def csms_of(request: Request) -> Csms:
    """The Central System behind this API."""
    csms: Csms = request.app.state.csms
    return csms


TheCsms = Annotated[Csms, Depends(csms_of)]


def demand_token(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> None:
    """Refuse a request without the right bearer token."""
    expected: str = request.app.state.token_hash
    token = given.credentials if given is not None else ""
    if not hmac.compare_digest(hashlib.sha256(token.encode()).hexdigest(), expected):
        detail = "Authorization: expected the bearer token of this server, received " + ("another" if given else "none")
        raise HTTPException(401, detail, {"WWW-Authenticate": "Bearer"})


def the_station(station: str, csms: TheCsms) -> Station:
    """The station named in the path."""
    found = csms.stations.get(station)
    if found is None:
        raise HTTPException(404, f"{station}: expected a registered station, received an unknown identity")
    return found


TheStation = Annotated[Station, Depends(the_station)]


async def command_error(_request: Request, error: Exception) -> JSONResponse:
    """A command that was not sent, as one line."""
    status = 422 if isinstance(error, InvalidIntent) else 404 if isinstance(error, UnknownStation) else 409
    return JSONResponse({"detail": str(error)}, status)


async def store_failed(_request: Request, error: Exception) -> JSONResponse:
    """A change that could not be stored, as one line."""
    return JSONResponse({"detail": str(error)}, 503)


async def invalid_request(_request: Request, error: Exception) -> JSONResponse:
    """The first thing wrong with a request, as one line."""
    problems: Sequence[Any] = error.errors() if isinstance(error, RequestValidationError) else []
    first = problems[0]
    where = ".".join(str(part) for part in first["loc"] if part != "body") or "body"
    return JSONResponse({"detail": f"{where}: {first['msg']}, received {ascii(first.get('input'))[:200]}"}, 422)


async def too_large(_request: Request, error: Exception) -> JSONResponse:
    """A number in the path or query that no record can have."""
    return JSONResponse({"detail": "a number: expected one of 64 bits, received a larger one"}, 422)


ERROR_HANDLERS: dict[int | type[Exception], Any] = {
    CommandError: command_error,
    StoreFailed: store_failed,
    RequestValidationError: invalid_request,
    OverflowError: too_large,
}
