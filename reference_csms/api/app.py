"""The application: all routes, the token in front of them, and a page that works without internet."""

from __future__ import annotations

from html import escape

from fastapi import Depends, FastAPI
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute

from reference_csms.api import cards, charging, commands, events, firmware, reservations, stations, transactions
from reference_csms.api.deps import ERROR_HANDLERS, demand_token
from reference_csms.app import Csms
from reference_csms.files.web import make_files

ROUTERS = (
    stations.router,
    cards.router,
    commands.router,
    transactions.router,
    reservations.router,
    firmware.router,
    charging.router,
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
    for router in ROUTERS:
        api.include_router(router, dependencies=[Depends(demand_token)])

    @api.get("/api/health", tags=["server"], summary="Whether the server runs")
    async def health() -> dict[str, object]:
        return {"status": "ok", "connected": csms.connected_count}

    api.mount("/files", make_files(lambda: api.state.csms))
    page = _page(api)

    @api.get("/", include_in_schema=False, response_class=HTMLResponse)
    async def root() -> str:
        return page

    return api


def _page(api: FastAPI) -> str:
    rows = []
    for route in api.routes:
        if isinstance(route, APIRoute):
            methods = " ".join(sorted(route.methods or ()))
            rows.append(
                f"<tr><td><code>{methods}</code><td><code>{escape(route.path)}</code><td>{escape(route.summary or '')}"
            )
    return _PAGE.format(rows="\n".join(rows))
