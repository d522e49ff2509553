"""A REST API of the system under test, as described by a table of sut.toml: the only HTTP client of the operators."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterable, Mapping
from typing import Any

import httpx

from harness.errors import OperatorError
from harness.masking import redact
from harness.operators.templates import fill, fill_text, fill_url

SHOWN = 200


class Endpoint:
    """Makes requests from templates; proxies and settings of the environment play no part."""

    def __init__(self, table: Mapping[str, Any], secrets: Iterable[str]) -> None:
        self._table = table
        self._secrets = frozenset(secrets)
        self._clients: dict[bool, httpx.AsyncClient] = {}

    async def request(
        self, what: str, template: Mapping[str, Any], values: Mapping[str, Any], also: Iterable[int] = ()
    ) -> httpx.Response:
        """The answer to a request; raises OperatorError unless its status is expected or one of `also`."""
        client, request = self._prepared(template, values)
        where = f"{what}: {request.method} {request.url}"
        try:
            response = await client.send(request)
        except httpx.TimeoutException:
            raise self._error(
                f"{where}: expected an answer within {self._table['timeout_s']:g} s, received none"
            ) from None
        except httpx.HTTPError as error:
            raise self._error(
                f"{where}: expected an answer, received {_reason(error) or type(error).__name__}"
            ) from None
        if not _expected(response.status_code, template["expect"], also):
            wanted = " or ".join(map(str, template["expect"] or ("a status from 200 to 299",)))
            raise self._error(f"{where}: expected {wanted}, received {self._shown(response)}")
        return response

    async def json(
        self, what: str, template: Mapping[str, Any], values: Mapping[str, Any], also: Iterable[int] = ()
    ) -> tuple[int, Any]:
        """The status of the answer and its JSON body; raises OperatorError if it has none."""
        response = await self.request(what, template, values, also)
        try:
            return response.status_code, response.json()
        except ValueError:
            if response.status_code in also:
                return response.status_code, None
            raise self._error(
                f"{what}: {response.request.method} {response.url}: expected JSON, received {self._shown(response)}"
            ) from None

    def detail(self, response: httpx.Response) -> str:
        """The exchange in a line."""
        return redact(f"{response.request.method} {response.url}: {response.status_code}", self._secrets)

    async def close(self) -> None:
        """Closes the connections."""
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.aclose()

    def _prepared(
        self, template: Mapping[str, Any], values: Mapping[str, Any]
    ) -> tuple[httpx.AsyncClient, httpx.Request]:
        base = (self._table["base_url"] or "").rstrip("/")
        url = base + fill_url(template["path"], values) if template["path"] else fill_url(template["url"], values)
        headers = {"Accept": "application/json", **self._table["headers"]}
        if self._table["token"]:
            headers["Authorization"] = f"Bearer {self._table['token']}"
        headers |= {name: fill_text(text, values) for name, text in template["headers"].items()}
        body, form = template["body"], template["form"]
        client = self._client(tls=url.startswith("https:"))
        return client, client.build_request(
            template["method"],
            url,
            headers={name: text.encode() for name, text in headers.items()},
            json=None if body is None else fill(body, values),
            data=None if form is None else fill(form, values),
        )

    def _client(self, *, tls: bool) -> httpx.AsyncClient:
        """A client per scheme: reading the system's CAs takes long, and plain HTTP does not need them."""
        if tls not in self._clients:
            verify = self._context() if tls else False
            self._clients[tls] = httpx.AsyncClient(verify=verify, trust_env=False, timeout=self._table["timeout_s"])
        return self._clients[tls]

    def _context(self) -> ssl.SSLContext | bool:
        if not self._table["verify"]:
            return False
        try:
            return ssl.create_default_context(cafile=self._table["ca_file"])
        except (OSError, ssl.SSLError) as error:
            raise OperatorError(f"{self._table['ca_file']}: expected PEM certificates, received {error}") from None

    def _shown(self, response: httpx.Response) -> str:
        """The status and the beginning of the body, masked before it is cut."""
        text = redact(response.text, self._secrets)
        body = " ".join("".join(char if char.isprintable() else " " for char in text).split())
        moved = f" to {response.headers['Location']}" if "Location" in response.headers else ""
        return f"{response.status_code}{moved} {body[:SHOWN]}{'...' if len(body) > SHOWN else ''}".rstrip()

    def _error(self, text: str) -> OperatorError:
        return OperatorError(redact(text, self._secrets))


def _expected(status: int, expect: list[int] | None, also: Iterable[int]) -> bool:
    return status in also or (status in expect if expect else 200 <= status <= 299)


def _reason(error: BaseException) -> str:
    """Why there was no answer: the innermost cause says it best, the outer ones only that it failed."""
    inner = error.exceptions[0] if isinstance(error, BaseExceptionGroup) else error.__cause__ or error.__context__
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"a certificate that is not trusted ({error.verify_message}); ca_file names the CA"
    if inner is not None and (reason := _reason(inner)):
        return reason
    if isinstance(error, ssl.SSLError):
        return f"no TLS connection ({(error.reason or str(error)).lower().replace('_', ' ')})"
    if isinstance(error, OSError):
        named = error.errno is not None and error.errno > 0
        return (os.strerror(error.errno or 0) if named else error.strerror or str(error)).lower()
    return str(error).lower() if isinstance(error, httpx.HTTPError) else ""
