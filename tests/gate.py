"""The network between the product and its gateways, which a test can cut: a small TCP relay."""

import asyncio
import contextlib
import socket
import threading
from types import TracebackType
from typing import Self


class Gate:
    """Relays 127.0.0.1:`port` to the same machine's port `target`. Cut, it breaks every line and refuses new ones."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="gate", daemon=True)
        self._ends: set[asyncio.Transport] = set()
        self._server: asyncio.Server | None = None
        self._open_at = 0.0
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self, seconds: float) -> None:
        """Break what is under way now, and refuse everything for so long."""
        asyncio.run_coroutine_threadsafe(self._cut(seconds), self._loop)

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(10)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _open(self) -> None:
        self._server = await self._loop.create_server(
            lambda: _Caller(self), "127.0.0.1", self.port, backlog=256, reuse_address=True
        )

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for end in list(self._ends):
            end.abort()

    async def _cut(self, seconds: float) -> None:
        self._open_at = max(self._open_at, self._loop.time() + seconds)
        if self._server is None:  # cut already: for longer now
            return
        await self._close()
        while (left := self._open_at - self._loop.time()) > 0:
            await asyncio.sleep(left)
        await self._open()

    def keep(self, end: asyncio.Transport) -> None:
        self._ends.add(end)

    def forget(self, end: asyncio.Transport) -> None:
        self._ends.discard(end)

    async def reach(self, caller: "_Caller") -> None:
        """Call the gateway for a caller; what cannot be reached hangs up."""
        with contextlib.suppress(OSError):
            await self._loop.create_connection(lambda: _Called(self, caller), "127.0.0.1", self._target)
            return
        caller.hang_up()


class _End(asyncio.Protocol):
    """One end of a line. What it hears, the other end says."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.other: _End | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.gate.keep(transport)

    def data_received(self, data: bytes) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.transport is not None:
            self.gate.forget(self.transport)
        if self.other is not None:
            self.other.hang_up()

    def hang_up(self) -> None:
        if self.transport is not None:
            self.transport.close()


class _Caller(_End):
    """The product's end: it is heard once the gateway has answered the call."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self.transport is not None:
            self.transport.pause_reading()
        self._task = asyncio.ensure_future(self.gate.reach(self))


class _Called(_End):
    """The gateway's end."""

    def __init__(self, gate: Gate, caller: _Caller) -> None:
        super().__init__(gate)
        self.other = caller

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        caller = self.other
        if caller is None or caller.transport is None or caller.transport.is_closing():
            self.hang_up()
            return
        caller.other = self
        caller.transport.resume_reading()
