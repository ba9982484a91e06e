"""The sandbox as a whole: one world, the dialects in front of it, the control API beside them, the calls to the product."""

import asyncio
import signal
from pathlib import Path

from messaging.sandbox.callbacks import CallbackSender
from messaging.sandbox.control import Control
from messaging.sandbox.dialects import DIALECTS
from messaging.sandbox.options import Options
from messaging.sandbox.registry import Event
from messaging.sandbox.server import Connection, Request, Response
from messaging.sandbox.world import World


class Sandbox:
    """`handle` is the door for every request: /<dialect>/… or /control/…"""

    def __init__(self, options: Options, log_file: Path | None = None) -> None:
        self.world = World(options, log_file)
        self.world.notify = self._tell_product
        self.sender = CallbackSender()
        self.control = Control(self.world, self.sender, DIALECTS, reset=self.reset)
        self.reset()

    def reset(self) -> None:
        self.world.forget()
        self.sender.forget()
        for dialect in DIALECTS.values():
            dialect.demo(self.world)

    def handle(self, request: Request) -> Response:
        prefix, *rest = [part for part in request.path.split("/") if part] or [""]
        dialect = DIALECTS.get(prefix)
        if dialect is None:
            if prefix in {"", "control"}:
                return self.control.handle(request, "/".join(rest))
            return Response("There is no gateway at this path.", status=404)
        response = dialect.handle(self.world, request, "/".join(rest))
        response.delay += self.world.options.latency_ms / 1000
        return response

    def _tell_product(self, event: Event) -> None:
        account = event.account
        if not account.callback_urls or not account.callbacks_on:
            return
        for callback in DIALECTS[account.dialect].callbacks(event):
            url = account.callback_urls.get(callback.kind) or account.callback_urls.get("")
            if url and not self._is_lost():
                self.sender.send(account.id, url, callback)

    def _is_lost(self) -> bool:
        rate = self.world.options.callback_lose_rate
        return rate > 0 and self.world.dice.random() < rate


async def serve(sandbox: Sandbox, *, host: str, port: int) -> None:
    """Listen until SIGINT or SIGTERM. port 0 picks a free one. Raises OSError when the port is busy."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(sandbox.handle), host, port, backlog=1024)
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    tasks = [asyncio.create_task(sandbox.world.clock.run()), asyncio.create_task(sandbox.sender.run())]
    address = f"http://{host}:{server.sockets[0].getsockname()[1]}"
    print(f"Sandbox gateways at {address}/control/", flush=True)  # noqa: T201  the line people and tests wait for
    await stopped.wait()
    server.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
