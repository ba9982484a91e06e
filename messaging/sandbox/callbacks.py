"""Calls from the gateways to the product: queued, made by a few background tasks, remembered for the tests."""

import asyncio
import ssl
import time
from collections import deque
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from messaging.sandbox.dialect import Callback

WORKERS = 8
TIMEOUT_SECONDS = 10.0
RETRY_SECONDS = 1.0
REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class _Job:
    account: int
    url: str
    callback: Callback


class CallbackSender:
    """`send` never waits. `calls` are the newest calls made: account, url, kind, attempt, HTTP status or error."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[_Job] = asyncio.Queue()
        self.calls: deque[dict[str, Any]] = deque(maxlen=REMEMBERED)

    def send(self, account: int, url: str, callback: Callback) -> None:
        self._queue.put_nowait(_Job(account, url, callback))

    def forget(self) -> None:
        while not self._queue.empty():
            self._queue.get_nowait()
        self.calls.clear()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(WORKERS):
                group.create_task(self._work())

    async def _work(self) -> None:
        while True:
            job = await self._queue.get()
            for attempt in range(1, job.callback.attempts + 1):
                if await self._call(job, attempt):
                    break
                if attempt < job.callback.attempts:
                    await asyncio.sleep(RETRY_SECONDS * attempt)

    async def _call(self, job: _Job, attempt: int) -> bool:
        call: dict[str, Any] = {"account": job.account, "url": job.url, "kind": job.callback.kind, "attempt": attempt}
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                status, body = await _post(job.url, job.callback)
        except (OSError, ValueError, LookupError, EOFError) as error:  # TimeoutError is an OSError
            self.calls.append({**call, "at": time.time(), "error": type(error).__name__})
            return False
        self.calls.append(
            {**call, "at": time.time(), "status": status, "answer": body[:500].decode("utf-8", "replace")}
        )
        return 200 <= status < 300


async def _post(url: str, callback: Callback) -> tuple[int, bytes]:
    """One POST on a line of its own. Returns the HTTP status and the body. Raises OSError, ValueError, LookupError or EOFError."""
    target = urlsplit(url)
    secure = target.scheme == "https"
    port = target.port or (443 if secure else 80)
    context = ssl.create_default_context() if secure else None
    reader, writer = await asyncio.open_connection(target.hostname, port, ssl=context)
    try:
        path = (target.path or "/") + (f"?{target.query}" if target.query else "")
        headers = {
            "Host": target.netloc,
            "Content-Type": callback.content_type,
            "Content-Length": str(len(callback.body)),
            "Connection": "close",
            **callback.headers,
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"POST {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + callback.body)
        await writer.drain()
        answer = await reader.read(65536)
        while b"\r\n\r\n" not in answer:
            more = await reader.read(65536)
            if not more:
                raise EOFError("the line closed before an answer")
            answer += more
        status = int(answer.split(b" ", 2)[1])
        answer += await reader.read(65536)
    finally:
        writer.close()
    return status, answer.partition(b"\r\n\r\n")[2]
