"""A thousand calls from gateways at once, answered by two web workers: how long the slowest wait, beside a bare view.

Both are served by the same web server with the same number of workers; each connection sends its next call as soon as it
has the answer to the last. No cluster runs: the calls are only stored, and read afterwards.
"""

import argparse
import json
import selectors
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from messaging import understanding
from messaging.callbacks import url_for
from messaging.models import Account, Callback
from tests.bench.ground import say, tell, timed
from tests.product import free_port

AIM_MS = 100
ROUNDS = 3


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--connections", type=int, default=32)
    asked = parser.parse_args(words)
    account = Account.objects.create(name="Bench", provider="wablas", base_url="http://127.0.0.1:9", state="ready")
    bare: list[tuple[float, float]] = []
    ours: list[tuple[float, float]] = []
    for _round in range(ROUNDS):
        for application, path, results in (
            ("tests.bench.bare_app", f"/bare/{account.pk}/", bare),
            ("config.wsgi", url_for(account), ours),
        ):
            with served(application, path) as port:
                Callback.objects.all().delete()  # what the warming up left
                results.append(fire(port, path, asked.calls, asked.connections))
    say("a gateway's call, stored", [rate for rate, _p95 in ours], [rate for rate, _p95 in bare])
    p95 = statistics.median(each for _rate, each in ours)
    tell("95th percentile", f"{p95:10.1f} ms   aim {AIM_MS} ms; bare {statistics.median(p for _r, p in bare):.1f} ms")
    tell("stored", f"{Callback.objects.count():10} of {asked.calls}")
    tell("read by one worker", f"{asked.calls / timed(understanding.work_waiting):10,.0f} /s")


@contextmanager
def served(application: str, path: str) -> Iterator[int]:
    """The web server as the launcher starts it, with two workers, warmed up by calls to path; its port."""
    port = free_port()
    command = [
        sys.executable, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread",
        "--workers", "2", "--threads", "8", "--log-level", "error", "--graceful-timeout", "1",
    ]  # fmt: skip
    process = subprocess.Popen(command)
    try:
        for _ in range(3):
            fire(port, path, 40, 8)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=40)


def fire(port: int, path: str, calls: int, connections: int) -> tuple[float, float]:
    """(calls a second, 95th percentile in milliseconds) of so many posts over so many connections. One thread that waits
    for all of them: the caller's own work must not be taken for the server's."""
    requests = iter([_request(port, path, number) for number in range(calls)])
    times: list[float] = []
    started = time.perf_counter()
    with selectors.DefaultSelector() as lines:
        for _ in range(connections):
            opened = open_line(port)
            opened.sendall(next(requests))
            lines.register(opened, selectors.EVENT_READ, time.perf_counter())
        while len(times) < calls:
            for key, _events in lines.select():
                line = key.fileobj
                assert isinstance(line, socket.socket)
                answer = line.recv(65536)
                if not (answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"\r\n\r\n")):  # the answers are empty
                    raise RuntimeError(answer.decode())
                now = time.perf_counter()
                times.append((now - key.data) * 1000)
                if request := next(requests, None):
                    lines.modify(line, selectors.EVENT_READ, now)
                    line.sendall(request)
                else:
                    lines.unregister(line)
                    line.close()
    return calls / (time.perf_counter() - started), statistics.quantiles(times, n=20)[-1]


def _request(port: int, path: str, number: int) -> bytes:
    body = json.dumps({"id": f"m-{number}", "phone": "5215512345678", "status": "delivered", "deviceId": "D1"}).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n".encode() + body


def open_line(port: int) -> socket.socket:
    """A connection, once somebody listens."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=30)
        except OSError:
            if time.monotonic() > deadline:
                raise
            threading.Event().wait(0.1)
