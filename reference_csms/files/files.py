"""All files of one Central System, and where stations find them."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from reference_csms.errors import NotAllowedNow
from reference_csms.files.folder import Folder
from reference_csms.files.signing import Signer

Protocol = Literal["http", "ftp"]
FTP_PASSWORD = "upload"


class Files:
    """Firmware images, received files and the signing key below one folder; what has no folder is refused.

    `url` and `ftp` are what stations reach, such as `https://host:9443/files` and `host:21`, `plain_for_all` whether
    those that come with TLS may be told of places without it; the server sets them.
    """

    def __init__(self, root: Path | None, limit: int) -> None:
        self._root, self.limit = root, limit
        self.url: str | None = None
        self.ftp: str | None = None
        self.plain_for_all = False

    @cached_property
    def images(self) -> Folder:
        """The firmware images by their names."""
        return Folder(self.root / "firmware", self.limit)

    @cached_property
    def received(self) -> Folder:
        """Diagnostics and logs by the number of their transfer."""
        return Folder(self.root / "received", self.limit)

    def prepare(self) -> None:
        """Make the folder for received files now; raises NotAllowedNow if there is no place for it."""
        _ = self.received

    @cached_property
    def signer(self) -> Signer:
        """The firmware signing key."""
        return Signer(self.root)

    @property
    def root(self) -> Path:
        """The folder; raises NotAllowedNow if there is none."""
        if self._root is None:
            raise NotAllowedNow("files: expected a folder to keep files in, received none; --files names one")
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._root

    def image(self, name: str) -> Path:
        """A stored image; raises NotAllowedNow."""
        path = self.images.path(name)
        if path is None:
            raise NotAllowedNow(f"image: expected the name of a stored firmware image, received {name!r}")
        return path

    def image_url(self, name: str) -> str:
        """Where stations get an image; raises NotAllowedNow."""
        return f"{self._served('http')}/firmware/{quote(name)}"

    def upload_url(self, upload: str, protocol: Protocol) -> str:
        """Where a station puts a file: the folder that is open for this upload; raises NotAllowedNow."""
        if protocol == "ftp":
            return f"ftp://{upload}:{FTP_PASSWORD}@{self._served('ftp')}/"
        return f"{self._served('http')}/uploads/{upload}/"

    def _served(self, protocol: Protocol) -> str:
        where = self.ftp if protocol == "ftp" else self.url
        if where is None:
            hint = "--ftp-port serves it" if protocol == "ftp" else "give a location, or --files-port or --files-url"
            raise NotAllowedNow(f"protocol: expected one that this server serves, received {protocol!r}; {hint}")
        return where
