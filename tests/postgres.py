"""A PostgreSQL cluster for one run of the tests, started from the installed server binaries and thrown away."""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_START_SECONDS = 60
_FAST = [
    "jit=off",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=200",
    "shared_buffers=64MB",
]
# What a crash of the server (not of the machine) must not lose: everything that was committed.
_DURABLE = [option for option in _FAST if not option.startswith("synchronous_commit")]


@dataclass
class Server:
    """A server with files of its own, running."""

    binaries: Path
    folder: Path
    password: str
    port: int
    options: list[str]
    rights: dict[str, Any]
    process: subprocess.Popen[bytes] = field(init=False)

    def url(self, database: str = "postgres") -> str:
        """DATABASE_URL of one of its databases."""
        return f"postgres://postgres:{self.password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        options = [*self.options, "listen_addresses=127.0.0.1", f"unix_socket_directories={self.folder}"]
        command: list[str | Path] = [self.binaries / "postgres", "-D", self.folder / "data", "-p", str(self.port)]
        for option in options:
            command += ["-c", option]
        with (self.folder / "log").open("ab") as log:
            # A session of its own: Ctrl-C reaches the tests first, and the server is stopped after them.
            self.process = subprocess.Popen(
                command, cwd=self.folder, stdout=log, stderr=log, start_new_session=True, **self.rights
            )
        self.wait_until_ready()

    def crash(self) -> None:
        """What `pg_ctl restart -m immediate` does: every connection breaks, nothing is tidied, recovery at the start."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(timeout=20)
        self.start()

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        ready: list[str | Path] = [
            self.binaries / "pg_isready",
            "-q",
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
            "-t",
            "1",
        ]
        while subprocess.run(ready, cwd=self.folder, check=False).returncode:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.1)


def find_binaries() -> Path | None:
    """The folder with initdb and postgres, newest version first; None where the server is not installed."""
    versions = Path("/usr/lib/postgresql").glob("*/bin")
    installed = sorted(versions, key=lambda path: float(path.parent.name), reverse=True)
    on_path = [Path(initdb).resolve().parent] if (initdb := shutil.which("initdb")) else []
    return next((f for f in [*installed, *on_path] if (f / "initdb").exists() and (f / "postgres").exists()), None)


@contextlib.contextmanager
def throwaway_cluster(binaries: Path) -> Iterator[str]:
    """A running cluster's DATABASE_URL; at the end the server is stopped and its files are gone."""
    with throwaway_server(binaries, options=_FAST) as server:
        yield server.url()


@contextlib.contextmanager
def throwaway_server(binaries: Path, *, options: list[str] = _DURABLE) -> Iterator[Server]:
    """The same, for who wants to crash it."""
    folder = Path(tempfile.mkdtemp(prefix="carillon-pg-", dir="/tmp"))
    rights = _unprivileged(folder)
    try:
        password = _make_cluster(binaries, folder, rights)
        server = Server(binaries, folder, password, _free_port(), options, rights)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged(folder: Path) -> dict[str, Any]:
    """The user to run as, for subprocess: the server refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _make_cluster(binaries: Path, folder: Path, rights: dict[str, Any]) -> str:
    password = secrets.token_hex(16)
    password_file = folder / "password"
    password_file.write_text(password)
    password_file.chmod(0o600)
    if rights:
        os.chown(password_file, rights["user"], rights["group"])
    command: list[str | Path] = [binaries / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "scram-sha-256"]
    command += [f"--pwfile={password_file}", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    made = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, **rights)
    if made.returncode:
        raise RuntimeError(f"initdb could not make a cluster:\n{made.stderr}")
    return password


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
