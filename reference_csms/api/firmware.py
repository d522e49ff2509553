"""Routes about firmware images and what stations do with files."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import FileResponse

from reference_csms.api import file_models as models
from reference_csms.api.commands import Wait, post, sent
from reference_csms.api.deps import TheCsms, TheStation
from reference_csms.api.pages import Before, Limit, Number
from reference_csms.api.paths import STATION
from reference_csms.app import Csms
from reference_csms.commands.transfers import SPEAKS_OF
from reference_csms.domain.clock import utc_text
from reference_csms.files.folder import TooLarge, sha256
from reference_csms.files.signing import ALGORITHM
from reference_csms.files.web import receive

router = APIRouter(tags=["files"])
OCTETS = "application/octet-stream"
_FILE: dict[str, Any] = {"requestBody": {"required": True, "content": {OCTETS: {"schema": {"type": "string"}}}}}


@post(router, "update-firmware", "Send UpdateFirmware")
async def update_firmware(
    station: str, body: models.UpdateFirmwareIn, csms: TheCsms, response: Response, wait: Wait = 0
) -> dict[str, Any]:
    sending = csms.transfers.update_firmware(
        station,
        location=body.location,
        image=body.image,
        retrieveDate=_utc(body.retrieve_date),
        retries=body.again(),
        insist=body.insist,
    )
    return await sent(sending, response, wait)


@post(router, "signed-update-firmware", "Send SignedUpdateFirmware; the CSMS chooses the requestId")
async def signed_update_firmware(
    station: str, body: models.SignedUpdateFirmwareIn, csms: TheCsms, response: Response, wait: Wait = 0
) -> dict[str, Any]:
    sending = csms.transfers.signed_update_firmware(
        station,
        location=body.location,
        image=body.image,
        retrieveDateTime=_utc(body.retrieve_date_time),
        installDateTime=_utc(body.install_date_time),
        signingCertificate=body.signing_certificate,
        signature=body.signature,
        retries=body.again(),
        insist=body.insist,
    )
    return await sent(sending, response, wait)


@post(router, "get-diagnostics", "Send GetDiagnostics")
async def get_diagnostics(
    station: str, body: models.GetDiagnosticsIn, csms: TheCsms, response: Response, wait: Wait = 0
) -> dict[str, Any]:
    sending = csms.transfers.get_diagnostics(
        station,
        location=body.location,
        protocol=body.protocol,
        startTime=_utc(body.start_time),
        stopTime=_utc(body.stop_time),
        retries=body.again(),
        insist=body.insist,
    )
    return await sent(sending, response, wait)


@post(router, "get-log", "Send GetLog; the CSMS chooses the requestId")
async def get_log(
    station: str, body: models.GetLogIn, csms: TheCsms, response: Response, wait: Wait = 0
) -> dict[str, Any]:
    sending = csms.transfers.get_log(
        station,
        logType=body.log_type,
        remoteLocation=body.remote_location,
        protocol=body.protocol,
        oldestTimestamp=_utc(body.oldest_timestamp),
        latestTimestamp=_utc(body.latest_timestamp),
        retries=body.again(),
        insist=body.insist,
    )
    return await sent(sending, response, wait)


@router.get(
    f"{STATION}/transfers",
    response_model=list[models.TransferOut],
    summary="Firmware updates, diagnostics and logs, newest first",
)
def transfers(
    found: TheStation,
    csms: TheCsms,
    action: str | None = None,
    requestId: Annotated[int | None, Query(ge=-(2**31), lt=2**31)] = None,
    before: Before = None,
    limit: Limit = 100,
) -> list[dict[str, Any]]:
    reads = csms.store.transfers
    return reads.transfers(station=found.id, action=action, transfer=requestId, before=before, limit=limit)


@router.get(
    f"{STATION}/progress",
    response_model=list[models.ProgressOut],
    summary="What the station said of its transfers, newest first",
)
def progress(
    found: TheStation,
    csms: TheCsms,
    notification: str | None = None,
    before: Before = None,
    limit: Limit = 100,
) -> list[dict[str, Any]]:
    if notification is not None and notification not in SPEAKS_OF:
        raise HTTPException(422, f"notification: expected one of {', '.join(SPEAKS_OF)}, received {notification}")
    return csms.store.transfers.progress(station=found.id, notification=notification, before=before, limit=limit)


@router.get("/api/transfers/{transferId}", response_model=models.TransferOut, summary="One transfer")
def transfer(transferId: Number, csms: TheCsms) -> dict[str, Any]:
    found = csms.store.transfers.transfers(transfer=transferId)
    if not found:
        raise HTTPException(404, f"{transferId}: expected the id of a transfer, received an unknown one")
    return found[0]


@router.get("/api/transfers/{transferId}/file", response_class=FileResponse, summary="The file that a station sent")
def received_file(transferId: Number, csms: TheCsms) -> FileResponse:
    about, path = transfer(transferId, csms)["file"], csms.files.received.path(str(transferId))
    if about is None or path is None:
        raise HTTPException(404, f"{transferId}: expected a transfer whose file was received, received one without")
    return FileResponse(path, media_type=OCTETS, filename=about["name"] or f"transfer-{transferId}")


@router.delete("/api/transfers/{transferId}/file", status_code=204, summary="Delete that file; the transfer stays")
async def delete_file(transferId: Number, csms: TheCsms) -> None:
    if not await csms.transfers.forget_file(transferId):
        raise HTTPException(404, f"{transferId}: expected a transfer whose file was received, received one without")


@router.get("/api/firmware", response_model=list[models.ImageOut], summary="Firmware images")
def images(csms: TheCsms) -> list[dict[str, Any]]:
    return [_image(csms, path.name) for path in csms.files.images.all()]


@router.put(
    "/api/firmware/{image}",
    response_model=models.StoredOut,
    summary="Store a firmware image, the body",
    openapi_extra=_FILE,
)
async def put_image(image: str, request: Request, csms: TheCsms) -> dict[str, Any]:
    try:
        incoming = csms.files.images.incoming(image)
    except ValueError as error:
        raise HTTPException(422, f"image: {error}") from None
    try:
        await receive(request, incoming, csms.files.limit)
        kept = incoming.keep()
    except TooLarge as error:
        raise HTTPException(413, f"{image}: {error.strerror}", {"Connection": "close"}) from None
    finally:
        incoming.drop()
    return {**_image(csms, image), "sha256": kept.sha256}


@router.get("/api/firmware/{image}", response_model=models.StoredOut, summary="One firmware image")
def image(image: str, csms: TheCsms) -> dict[str, Any]:
    about = _image(csms, image)
    return {**about, "sha256": sha256(csms.files.image(image))}


@router.delete("/api/firmware/{image}", status_code=204, summary="Delete a firmware image")
async def delete_image(image: str, csms: TheCsms) -> None:
    if not csms.files.images.remove(image):
        raise HTTPException(404, f"{image}: expected a stored firmware image, received an unknown one")


@router.post(
    "/api/firmware/{image}/signature",
    response_model=models.SignatureOut,
    summary="Sign an image with the server's own key",
)
async def sign_image(image: str, csms: TheCsms) -> dict[str, str]:
    if csms.files.images.path(image) is None:
        raise HTTPException(404, f"{image}: expected a stored firmware image, received an unknown one")
    signed = await csms.files.signer.sign(csms.files.image(image), csms.clock.now())
    return {"signature": signed.signature, "signingCertificate": signed.certificate, "algorithm": ALGORITHM}


def _image(csms: Csms, name: str) -> dict[str, Any]:
    path = csms.files.images.path(name)
    if path is None:
        raise HTTPException(404, f"{name}: expected a stored firmware image, received an unknown one")
    stat = path.stat()
    stored_at = utc_text(datetime.fromtimestamp(stat.st_mtime, UTC))
    url = None if csms.files.url is None else csms.files.image_url(name)
    return {"name": name, "size": stat.st_size, "storedAt": stored_at, "url": url}


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
