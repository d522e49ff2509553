"""Bodies of the routes about files."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from reference_csms.api.models import Body
from reference_csms.commands.transfers import Retries
from reference_csms.files.files import Protocol


class OrderIn(Body):
    """What all orders to move a file have in common."""

    retries: int | None = Field(None, description="How often the station tries again; left to it if not given")
    retry_interval: int | None = Field(None, description="Seconds between two tries")
    insist: bool = Field(False, description="Send it also if the station is known to refuse it")

    def again(self) -> Retries:
        """How often and after how long."""
        return Retries(self.retries, self.retry_interval)


class FetchIn(OrderIn):
    """What all orders to get a file have in common."""

    location: str | None = Field(None, description="A URI; or give image")
    image: str | None = Field(None, description="The name of a stored image, which this server then serves")


class UpdateFirmwareIn(FetchIn):
    """Install firmware from a location or a stored image."""

    retrieve_date: datetime | None = Field(None, description="Not before; null: now")


class SignedUpdateFirmwareIn(FetchIn):
    """Install signed firmware; a stored image without a signature is signed by the server's own key."""

    retrieve_date_time: datetime | None = Field(None, description="When to get it; null: now")
    install_date_time: datetime | None = Field(None, description="When to install it; null: as soon as possible")
    signing_certificate: str | None = Field(None, description="The certificate of the key that signed, as PEM")
    signature: str | None = Field(None, description="The signature over the image, in base64")


class GetDiagnosticsIn(OrderIn):
    """Hand in diagnostics of a period."""

    location: str | None = Field(None, description="The URI of a folder; null: this server")
    protocol: Protocol = Field("http", description="How, if this server is to receive it")
    start_time: datetime | None = None
    stop_time: datetime | None = None


class GetLogIn(OrderIn):
    """Hand in a log of a period."""

    log_type: Literal["DiagnosticsLog", "SecurityLog"]
    remote_location: str | None = Field(None, description="A URI; null: this server")
    protocol: Protocol = Field("http", description="How, if this server is to receive it")
    oldest_timestamp: datetime | None = None
    latest_timestamp: datetime | None = None


class ImageOut(Body):
    """A firmware image."""

    name: str
    size: int
    stored_at: str
    url: str | None = Field(description="Where stations get it; null if --files-url is needed to know that")


class StoredOut(ImageOut):
    """A firmware image with its digest."""

    sha256: str


class SignatureOut(Body):
    """A signature over an image by the server's own key."""

    signature: str = Field(description="In base64")
    signing_certificate: str = Field(description="As PEM")
    algorithm: str


class StatusOut(Body):
    """What a station said, and when."""

    status: str
    received_at: str


class FileOut(Body):
    """A file that came from a station."""

    name: str = Field(description="What the station called it")
    size: int
    sha256: str
    received_at: str


class TransferOut(Body):
    """A file that goes to a station or comes from it."""

    transfer_id: int = Field(description="The requestId of GetLog and SignedUpdateFirmware")
    station: str
    action: str
    request_id: int | None
    location: str
    requested_at: str
    command: str | None = Field(description="The id of the command that asked for it")
    state: str | None = Field(description="The state of that command")
    answer: str | None = Field(description="The status that the station answered, if the answer has one")
    file_name: str | None = Field(description="The name of the file that the station answered")
    status: str | None = Field(description="What the station said last")
    statuses: list[StatusOut]
    file: FileOut | None = Field(description="What this server received")


class ProgressOut(Body):
    """What a station said of a transfer; transferId null: of none that is known."""

    id: int
    station: str
    notification: str
    request_id: int | None
    status: str
    received_at: str
    transfer_id: int | None
