"""The bare counterpart, a process of its own: `websockets.serve` on uvloop, one payload in answer to every call.

`python -m benchmarks.echo PAYLOAD` prints one JSON line with its url and pid, and serves until its stdin is closed.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys

import uvloop
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol


async def _serve(payload: str) -> None:
    async def answer(connection: ServerConnection) -> None:
        try:
            async for text in connection:
                assert isinstance(text, str)
                await connection.send(f'[3,"{text[4 : text.index(chr(34), 4)]}",{payload}]')
        except ConnectionClosed:
            return

    async with serve(answer, "127.0.0.1", 0, subprotocols=[Subprotocol("ocpp1.6")], compression=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        sys.stdout.write(json.dumps({"url": f"ws://127.0.0.1:{port}/ocpp", "pid": os.getpid()}) + "\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1]))
