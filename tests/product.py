"""The whole product as real processes: `manage.py up` with its web server and clusters, for tests that kill things."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from django.conf import settings

from tests.sandbox_process import ROOT, eventually


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Product:
    """Starts on a database that has its tables; `api` speaks to it as an admin.

    database_url: where the rows are. folder: for VAR_DIR and the log file. more: further environment variables.
    """

    def __init__(
        self,
        *,
        database_url: str,
        folder: Path,
        flags: tuple[str, ...] = ("--no-sandbox",),
        **more: str,
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "product.log"
        self.var = folder / "var"
        self.environment = {
            **os.environ,
            "DATABASE_URL": database_url,
            "CARILLON_VAR": str(self.var),
            "SECRET_KEY": settings.SECRET_KEY,  # the test reads and writes the same rows
            "FIELD_ENCRYPTION_KEYS": ",".join(settings.FIELD_ENCRYPTION_KEYS),
            "LOG_LEVEL": "INFO",
            "PYTHONUNBUFFERED": "1",
            "Q_WORKERS": "3",
            **more,
        }
        self._flags = flags
        self._process: subprocess.Popen[bytes] | None = None
        self._http = httpx.Client(base_url=f"{self.url}/api/v1", timeout=30)

    def manage(self, *words: str) -> str:
        """A command of manage.py with this product's settings; returns what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> Self:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "up", "--port", str(self.port), *self._flags],
                cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        try:
            eventually(self.is_well, within=90)
        except AssertionError:
            self.stop()  # what is left running would work on the next test's rows
            raise
        return self

    def sign_in(self, username: str) -> None:
        """From now on `api` acts as this user."""
        token = self.manage("apitoken", username).split()[-1]
        self._http.headers["Authorization"] = f"Bearer {token}"

    def is_well(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def api(self, method: str, path: str, body: Any = None, *, expect: int = 0, **more: Any) -> Any:
        """One call; fails the test when the status is not the one expected (or not a success)."""
        response = self._http.request(method, path, **({"json": body} if body is not None else {}), **more)
        is_right = response.status_code == expect if expect else response.is_success
        assert is_right, f"{method} {path}: {response.status_code} {response.text}"
        return response.json()

    def wait_for_state(self, campaign: int, state: str, *, within: float = 60) -> dict[str, Any]:
        """A campaign, once it is in this state."""

        def look() -> dict[str, Any] | None:
            answer: dict[str, Any] = self.api("GET", f"/campaigns/{campaign}")
            return answer if answer["state"] == state else None

        found = eventually(look, within=within)
        assert found is not None
        return found

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Ctrl-C; returns the exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(number)
        try:
            return self._process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            for pid in [self._process.pid, *self.processes()]:  # else they would work on the next test's rows
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            raise

    def processes(self) -> list[int]:
        """Every process below the launcher, the launcher left out."""
        assert self._process is not None
        return _below(self._process.pid)

    def cluster_parents(self) -> list[int]:
        """The parents of the django-q clusters."""
        assert self._process is not None
        return [pid for pid in _children(self._process.pid) if "qcluster" in _command(pid)]

    def main_cluster(self) -> int:
        """The parent of the cluster that sends; 0 while there is none."""
        parents = self.cluster_parents()
        return next((pid for pid in parents if b"Q_CLUSTER_NAME=long" not in _environment(pid)), 0)

    def web_server(self) -> int:
        """The web server's first process; 0 while there is none."""
        assert self._process is not None
        return next((pid for pid in _children(self._process.pid) if "gunicorn" in _command(pid)), 0)

    def workers(self) -> list[int]:
        """The children of the main cluster's sentinel: workers, monitor and pusher."""
        return [pid for sentinel in _children(self.main_cluster())[:1] for pid in _children(sentinel)]

    def kill_cluster(self) -> None:
        """kill -9 to every process of every cluster."""
        for parent in self.cluster_parents():
            os.killpg(parent, signal.SIGKILL)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()
        self._http.close()


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def _below(pid: int) -> list[int]:
    return [found for child in _children(pid) for found in (child, *_below(child))]


def _environment(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except FileNotFoundError:
        return b""


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except FileNotFoundError:
        return ""
