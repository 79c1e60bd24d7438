"""A TCP proxy for tests: passes bytes on, freezes, or slams the door (RST). Needs no root."""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

_RST = struct.pack("ii", 1, 0)
T = TypeVar("T")
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Hub(threading.Thread):
    """One event loop in one thread for all proxies of this test run."""

    def __init__(self) -> None:
        super().__init__(name="proxies", daemon=True)
        self.loop = asyncio.new_event_loop()
        self.start()

    def run(self) -> None:
        """Serve for as long as the tests run."""
        self.loop.run_forever()

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Do it in the loop, and wait."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)


_hubs: list[_Hub] = []


def _hub() -> _Hub:
    if not _hubs:
        _hubs.append(_Hub())
    return _hubs[0]


class Proxy:
    """`Proxy(to)`: listens on `port` and leads to a port or a unix socket."""

    def __init__(self, to: int | Path) -> None:
        self._to = to
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._open = asyncio.Event()
        self._open.set()
        self._refusing = False
        self._server = _hub().call(self._listen())
        self.port: int = self._server.sockets[0].getsockname()[1]

    def cut(self) -> int:
        """Reset every connection on both sides; returns how many there were. New ones are let in."""
        return _hub().call(self._cut())

    def freeze(self) -> None:
        """Pass nothing on, in either direction, without telling anybody."""
        _hub().loop.call_soon_threadsafe(self._open.clear)

    def thaw(self) -> None:
        """Pass everything on again, what was held first."""
        _hub().loop.call_soon_threadsafe(self._open.set)

    def refuse(self, yes: bool = True) -> None:
        """Reset whoever connects from now on."""
        self._refusing = yes

    def close(self) -> None:
        """End."""
        _hub().call(self._close())

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def _connect(self) -> Streams:
        if isinstance(self._to, int):
            return await asyncio.open_connection("127.0.0.1", self._to)
        return await asyncio.open_unix_connection(str(self._to))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            _reset(writer)
            return
        await self._open.wait()
        try:
            far_reader, far_writer = await self._connect()
        except OSError:
            _reset(writer)
            return
        pair = (writer, far_writer)
        self._pairs.add(pair)
        try:
            await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
        finally:
            self._pairs.discard(pair)
            for end in pair:
                end.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await self._open.wait()
                writer.write(data)
                await writer.drain()
        writer.close()

    async def _cut(self) -> int:
        pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            for end in pair:
                _reset(end)
        return len(pairs)

    async def _close(self) -> None:
        self._server.close()
        self._open.set()
        await self._cut()


def _reset(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
    writer.transport.abort()
