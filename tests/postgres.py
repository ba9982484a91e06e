"""A PostgreSQL cluster for one run of the tests, started from the installed server binaries and thrown away."""

import contextlib
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_START_SECONDS = 60
_FAST = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200", "shared_buffers=64MB"]


def find_binaries() -> Path | None:
    """The folder with initdb and postgres, newest version first; None where the server is not installed."""
    versions = Path("/usr/lib/postgresql").glob("*/bin")
    installed = sorted(versions, key=lambda path: float(path.parent.name), reverse=True)
    on_path = [Path(initdb).resolve().parent] if (initdb := shutil.which("initdb")) else []
    return next((f for f in [*installed, *on_path] if (f / "initdb").exists() and (f / "postgres").exists()), None)


@contextlib.contextmanager
def throwaway_cluster(binaries: Path) -> Iterator[str]:
    """A running cluster's DATABASE_URL; at the end the server is stopped and its files are gone."""
    folder = Path(tempfile.mkdtemp(prefix="carillon-pg-", dir="/tmp"))
    rights = _unprivileged(folder)
    try:
        password = _make_cluster(binaries, folder, rights)
        port = _free_port()
        server = _start(binaries, folder, port, rights)
        try:
            _wait_until_ready(binaries, port, server, folder)
            yield f"postgres://postgres:{password}@127.0.0.1:{port}/postgres"
        finally:
            server.terminate()
            try:
                server.wait(timeout=10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
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


def _start(binaries: Path, folder: Path, port: int, rights: dict[str, Any]) -> subprocess.Popen[bytes]:
    options = [*_FAST, "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}"]
    command: list[str | Path] = [binaries / "postgres", "-D", folder / "data", "-p", str(port)]
    for option in options:
        command += ["-c", option]
    with (folder / "log").open("wb") as log:
        # A session of its own: Ctrl-C reaches the tests first, and the server is stopped after them.
        return subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True, **rights)


def _wait_until_ready(binaries: Path, port: int, server: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    ready: list[str | Path] = [binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port), "-t", "1"]
    while subprocess.run(ready, cwd=folder, check=False).returncode:
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start:\n{(folder / 'log').read_text()[-2000:]}")
        time.sleep(0.1)
