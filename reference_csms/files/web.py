"""What stations get and put over HTTP: firmware images, and files for which an upload is open.

There is no token: images are for any station, and an upload has a name that nobody can guess. A file comes as the body
of a PUT or POST, or as the first file of a form.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from reference_csms.app import Csms
from reference_csms.errors import NotAllowedNow
from reference_csms.files.folder import Incoming, TooLarge


def make_files(csms: Callable[[], Csms]) -> Starlette:
    """The application for a Central System, to be mounted where its `files.url` says."""
    app = Starlette(
        routes=[
            Route("/firmware/{image}", _image, methods=["GET"]),
            Route("/uploads/{upload}", _upload, methods=["PUT", "POST"]),
            Route("/uploads/{upload}/{name:path}", _upload, methods=["PUT", "POST"]),
        ]
    )
    app.state.csms = csms
    return app


async def _image(request: Request) -> Response:
    csms: Csms = request.app.state.csms()
    try:
        return FileResponse(csms.files.image(request.path_params["image"]), media_type="application/octet-stream")
    except NotAllowedNow as error:
        return PlainTextResponse(f"{error}\n", 404)


async def _upload(request: Request) -> Response:
    csms: Csms = request.app.state.csms()
    upload = request.path_params["upload"]
    try:
        incoming = csms.transfers.incoming(upload)
    except NotAllowedNow as error:
        return PlainTextResponse(f"{error}\n", 404)
    if incoming is None:
        return PlainTextResponse("expected an upload that is open, received another\n", 404)
    try:
        name = await receive(request, incoming, csms.files.limit)
        await csms.transfers.received(upload, name or request.path_params.get("name", ""), incoming.keep())
    except TooLarge as error:
        # The rest of the body is not read, so the connection cannot be used again.
        return PlainTextResponse(f"{error.strerror}\n", 413, {"Connection": "close"})
    except (FormParserError, ValueError) as error:
        return PlainTextResponse(f"expected a file or a form with one, received {error}\n", 400)
    except ClientDisconnect:
        return Response(status_code=400)
    finally:
        incoming.drop()
    return PlainTextResponse("received\n", 201)


async def receive(request: Request, incoming: Incoming, limit: int) -> str:
    """Write the file of a request; gives the name that a form tells, else an empty text. Raises TooLarge."""
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit + FORM:
        raise TooLarge(0, f"expected a file of at most {limit} bytes, received {announced}")
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind == b"multipart/form-data":
        return await _receive_form(request.stream(), options.get(b"boundary", b""), incoming)
    async for chunk in request.stream():
        incoming.write(chunk)
    return ""


FORM = 1 << 16
"""What a form may add to the size of its file."""


async def _receive_form(stream: AsyncIterator[bytes], boundary: bytes, incoming: Incoming) -> str:
    form = _Form(incoming)
    parser = MultipartParser(
        boundary,
        {
            "on_header_field": form.on_header_field,
            "on_header_value": form.on_header_value,
            "on_header_end": form.on_header_end,
            "on_headers_finished": form.on_headers_finished,
            "on_part_data": form.on_part_data,
            "on_part_end": form.on_part_end,
        },
    )
    async for chunk in stream:
        parser.write(chunk)
    parser.finalize()
    if not form.done:
        raise ValueError("a form without a file")
    return form.name


class _Form:
    """Takes the first part that is a file."""

    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming
        self._field = self._value = b""
        self._disposition = b""
        self._inside = False
        self.done = False
        self.name = ""

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        if self._field.lower() == b"content-disposition":
            self._disposition = self._value
        self._field = self._value = b""

    def on_headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._disposition = b""
        if not self.done and b"filename" in options:
            self._inside = True
            self.name = options[b"filename"].decode(errors="replace")

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._inside:
            self._incoming.write(data[start:end])

    def on_part_end(self) -> None:
        if self._inside:
            self._inside, self.done = False, True
