"""What stations put over FTP (pyftpdlib, in a thread of its own): the files for which an upload is open, and no others.

The user of a session is the name of its upload, which nobody can guess; the password is free. A session sees one empty
folder into which it can write: the names that a station gives never become names on our disk.
"""

from __future__ import annotations

import asyncio
import logging
import posixpath
import socket
import threading
import warnings
from typing import Any

from reference_csms.commands.transfers import Transfers
from reference_csms.errors import NotAllowedNow
from reference_csms.files.folder import Incoming

with warnings.catch_warnings():
    # It brings asyncore along, which Python 3.11 still has and warns about.
    warnings.simplefilter("ignore", DeprecationWarning)
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.exceptions import AuthenticationFailed, FilesystemError
    from pyftpdlib.filesystems import AbstractedFS
    from pyftpdlib.handlers import FTPHandler
    from pyftpdlib.ioloop import IOLoop
    from pyftpdlib.servers import FTPServer

TICK_S = 0.2
MOST_SESSIONS = 100
# pyftpdlib's letters: enter a folder, list it, write a file.
RIGHTS = "elw"

logging.getLogger("pyftpdlib").addHandler(logging.NullHandler())
# Its warnings name the user, which is the secret of an upload.
logging.getLogger("pyftpdlib").setLevel(logging.ERROR)


class FtpServer:
    """An FTP server on a listening socket; make it inside the event loop, which records what comes.

    The folder for received files has to be there already: two threads must not make it at once.
    """

    def __init__(self, transfers: Transfers, sock: socket.socket, passive_ports: range | None = None) -> None:
        handler: Any = type("Session", (_Session,), {"transfers": transfers, "loop": asyncio.get_running_loop()})
        handler.authorizer = _Authorizer(transfers)
        handler.passive_ports = passive_ports
        self._poll = IOLoop()
        self._server = FTPServer(sock, handler, ioloop=self._poll)
        self._server.max_cons = MOST_SESSIONS
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ftp", daemon=True)
        self._thread.start()

    async def close(self) -> None:
        """End all sessions."""
        self._stop.set()
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._poll.loop(timeout=TICK_S, blocking=False)
        self._server.close_all()


class _Authorizer(DummyAuthorizer):  # type: ignore[misc]
    """Lets in who names an upload that is open."""

    def __init__(self, transfers: Transfers) -> None:
        super().__init__()
        self._transfers = transfers

    def validate_authentication(self, username: str, password: str, handler: Any) -> None:
        if not self.has_user(username):
            raise AuthenticationFailed("Authentication failed.")

    def has_user(self, username: str) -> bool:
        return self._transfers.open(username)

    def get_home_dir(self, username: str) -> str:
        return "/"

    def has_perm(self, username: str, perm: str, path: str | None = None) -> bool:
        return perm in RIGHTS

    def get_perms(self, username: str) -> str:
        return RIGHTS

    def get_msg_login(self, username: str) -> str:
        return "Login successful."

    def get_msg_quit(self, username: str) -> str:
        return "Goodbye."


class _Session(FTPHandler):  # type: ignore[misc]
    """One session; what it writes counts once the transfer is complete."""

    transfers: Transfers
    loop: asyncio.AbstractEventLoop
    use_sendfile = False
    # Nobody guesses a name of 128 random bits, however fast.
    auth_failed_timeout = 0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._incoming: dict[str, tuple[Incoming, str]] = {}
        super().__init__(*arguments, **options)

    def begins(self, path: str) -> Incoming:
        """A file to be written; raises FilesystemError."""
        try:
            incoming = self.transfers.incoming(self.username)
        except (NotAllowedNow, OSError):
            incoming = None
        if incoming is None:
            raise FilesystemError("No file is expected (any more)")
        self._incoming[incoming.name] = incoming, posixpath.basename(path)
        return incoming

    def on_file_received(self, file: str) -> None:
        incoming, name = self._incoming.pop(file)
        recording = self.transfers.received(self.username, name, incoming.keep())
        asyncio.run_coroutine_threadsafe(recording, self.loop)

    def on_incomplete_file_received(self, file: str) -> None:
        incoming, _ = self._incoming.pop(file)
        incoming.drop()

    def close(self) -> None:
        super().close()
        # What is left was announced, and no data connection came for it.
        while self._incoming:
            _, (incoming, _) = self._incoming.popitem()
            incoming.drop()


class _OneFolder(AbstractedFS):  # type: ignore[misc]
    """An empty folder without a place on the disk."""

    def ftp2fs(self, ftppath: str) -> str:
        return str(self.ftpnorm(ftppath))

    def fs2ftp(self, fspath: str) -> str:
        return fspath

    def validpath(self, path: str) -> bool:
        return True

    def realpath(self, path: str) -> str:
        return path

    def open(self, filename: str, mode: str) -> Incoming:
        if mode != "wb":
            raise FilesystemError("Only whole files are taken")
        session: _Session = self.cmd_channel
        return session.begins(filename)

    def mkstemp(self, *_: Any, **__: Any) -> Any:
        raise FilesystemError("Give the file a name")

    def chdir(self, path: str) -> None:
        if not self.isdir(path):
            raise FilesystemError("No such directory")

    def isdir(self, path: str) -> bool:
        return path == "/"

    def isfile(self, path: str) -> bool:
        return False

    def lexists(self, path: str) -> bool:
        return self.isdir(path)

    def listdir(self, path: str) -> list[str]:
        return []

    def lstat(self, path: str) -> Any:
        raise FilesystemError("No such file")

    stat = readlink = lstat

    def islink(self, path: str) -> bool:
        return False

    def getsize(self, path: str) -> int:
        raise FilesystemError("No such file")

    def getmtime(self, path: str) -> float:
        raise FilesystemError("No such file")


_Session.abstracted_fs = _OneFolder
