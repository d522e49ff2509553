"""The application: all routes, the token in front of them, and a page that works without internet."""

from __future__ import annotations

from html import escape

from fastapi import Depends, FastAPI
from fastapi.responses import HTMLResponse

from reference_csms.api import (
    cards,
    charging,
    commands,
    events,
    firmware,
    local_lists,
    reservations,
    security,
    stations,
    transactions,
    triggers,
)
from reference_csms.api.deps import ERROR_HANDLERS, TheCsms, demand_token
from reference_csms.api.paths import EncodedSlashes
from reference_csms.app import Csms
from reference_csms.files.web import make_files

ROUTERS = (
    stations.router,
    cards.router,
    commands.router,
    transactions.router,
    reservations.router,
    local_lists.router,
    triggers.router,
    firmware.router,
    charging.router,
    security.router,
    events.router,
)

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Reference CSMS</title>
<style>body{{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}
td{{padding:.15rem 1rem .15rem 0;vertical-align:top}}code{{white-space:nowrap}}</style>
<h1>Reference CSMS</h1>
<p>OCPP 1.6-J. All routes but this page, <a href="/openapi.json">/openapi.json</a>, /api/health and /files, where
stations get firmware and put what they were asked for, want
<code>Authorization: Bearer &lt;token&gt;</code>; the token was printed at the first start.
<a href="/docs">/docs</a> is the same as an interactive page, whose scripts come from the internet.</p>
<table>{rows}</table></html>"""


def make_api(csms: Csms, token_hash: str) -> FastAPI:
    """The application for one Central System; `token_hash` is the SHA-256 of the bearer token in hex."""
    api = FastAPI(
        title="Reference CSMS",
        description="What an operator does with a Central System: the API takes intents, the CSMS makes OCPP of them.",
        version="1.6",
        exception_handlers=ERROR_HANDLERS,
    )
    api.state.csms, api.state.token_hash = csms, token_hash
    api.add_middleware(EncodedSlashes)
    for router in ROUTERS:
        api.include_router(router, dependencies=[Depends(demand_token)])

    @api.get("/api/health", tags=["server"], summary="Whether the server runs")
    async def health(csms: TheCsms) -> dict[str, object]:
        return {"status": "ok", "connected": csms.connected_count}

    api.mount("/files", make_files(lambda: api.state.csms))

    @api.get("/", include_in_schema=False, response_class=HTMLResponse)
    async def root() -> str:
        return _page(api)

    return api


def _page(api: FastAPI) -> str:
    rows = [
        f"<tr><td><code>{method.upper()}</code><td><code>{escape(path)}</code><td>{escape(operation['summary'])}"
        for path, operations in api.openapi()["paths"].items()
        for method, operation in operations.items()
    ]
    return _PAGE.format(rows="\n".join(rows))
