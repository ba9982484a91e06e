"""The sandbox as a real process, for every test that needs gateways: `from tests.sandbox_process import sandbox`."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
import pytest

ROOT = Path(__file__).resolve().parent.parent
Answer = TypeVar("Answer")
QUICK = {
    "step-seconds": 0.02,
    "reply-seconds": 0.02,
    "slow-seconds": 0.5,
    "late-seconds": 0.5,
    "campaign-gap-seconds": 0.01,
}
RATES = ("throttle_rate", "drop_rate", "error_rate", "lose_rate", "callback_lose_rate")


class SandboxProcess:
    """Starts `python -m messaging.sandbox` on a free port; `url` is known after `start`.

    options: command-line options without the dashes in front ("step-seconds"); they win over QUICK.
    """

    def __init__(self, *, log: Path | None = None, port: int = 0, options: dict[str, float] | None = None) -> None:
        self.url = ""
        self._port = port
        self._options = {**QUICK, **(options or {})}
        self._log = ["--log", str(log)] if log else []
        self._process: subprocess.Popen[str] | None = None
        self._http = httpx.Client(timeout=10)

    def start(self) -> Self:
        flags = [part for name, value in self._options.items() for part in (f"--{name}", str(value))]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "messaging.sandbox", "--port", str(self._port), *flags, *self._log],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if "http://" not in line:
            raise RuntimeError("The sandbox did not start; its own message is above.")
        self.url = line.split()[-1].removesuffix("/control/")
        return self

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """kill -9, for tests of what survives it."""
        self._end(signal.SIGKILL)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()
        self._http.close()

    # What a test asks of the world. The whole list: messaging/sandbox/control.py

    def control(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """POST when there is a body, else GET. Fails the test with the sandbox's sentence."""
        url = f"{self.url}/control/{path}"
        response = self._http.get(url) if body is None else self._http.post(url, json=body)
        assert response.is_success, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def reset(self, **options: float) -> None:
        """Back to the demo accounts and the options it started with, then these options ("latency_ms")."""
        self.control("reset", {})
        started = {name.replace("-", "_"): value for name, value in self._options.items()}
        rates = dict.fromkeys((*RATES, "latency_ms", "seed"), 0)
        self.control("options", {**rates, "token_seconds": 600, "retry_after_seconds": 1, **started, **options})

    def account(self, name: str = "zender") -> dict[str, Any]:
        """The account with this id, or a dialect's demo account: credentials, base_url, numbers, devices."""
        rows = self.control("accounts")["items"]
        row: dict[str, Any] = next(row for row in rows if name in {str(row["id"]), row["dialect"]})
        return row

    def new_account(self, dialect: str, name: str, **more: Any) -> dict[str, Any]:
        """A further account with lines of its own."""
        return self.control("accounts", {"dialect": dialect, "name": name, **more})

    def deliveries(self, *, to: str = "", account: int | None = None, since: float = 0.0) -> list[dict[str, Any]]:
        """What the phones got, oldest first."""
        query: dict[str, str] = {"since": repr(since)}
        if to:
            query["to"] = to
        if account is not None:
            query["account"] = str(account)
        items: list[dict[str, Any]] = self.control(f"deliveries?{httpx.QueryParams(query)}")["items"]
        return items

    def received_by(self) -> dict[str, int]:
        """How many messages each phone got: the proof that nobody got two."""
        counts: dict[str, int] = self.control("deliveries?items=0")["recipients"]
        return counts

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            os.kill(self._process.pid, number)
        self._process.wait(timeout=10)
        if self._process.stdout is not None:
            self._process.stdout.close()


def eventually(look: Callable[[], Answer], *, within: float = 5.0) -> Answer:
    """Look until the answer is truthy, and return it. Fails the test when it never is."""
    deadline = time.monotonic() + within
    while not (answer := look()):
        assert time.monotonic() < deadline, f"still {answer!r} after {within} seconds"
        time.sleep(0.01)
    return answer


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[SandboxProcess]:
    """One process for the whole session."""
    with SandboxProcess() as process:
        yield process


@pytest.fixture
def sandbox(running_sandbox: SandboxProcess) -> SandboxProcess:
    """The sandbox with nothing in it but the demo accounts."""
    running_sandbox.reset()
    return running_sandbox
