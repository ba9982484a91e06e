"""Runs the whole suite on SQLite, then all that may depend on the database again on PostgreSQL; ends with pytest's summary line.

Arguments go to pytest: `tests/run.py -k consent`. TEST_DATABASE_URL names a PostgreSQL server to use; without it a cluster
is started from the installed binaries. TEST_WORKERS sets how many processes share the work (1: no xdist).
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.postgres import find_binaries, throwaway_cluster  # noqa: E402  # found through the line above

NO_TESTS = 5  # pytest's exit code for "nothing was selected"


class Leg(NamedTuple):
    """How one run of the suite ended."""

    name: str
    code: int
    summary: str


def main(arguments: list[str]) -> int:
    """Run both legs; 0 only when both passed."""
    signal.signal(signal.SIGTERM, _leave)
    with tempfile.TemporaryDirectory(prefix="carillon-tests-") as folder:
        skipped = why_postgres_is_skipped()
        if skipped:
            say(skipped)
        legs = [run_leg("SQLite", f"sqlite:///{folder}/unused.sqlite3", Path(folder), arguments)]
        if not skipped:
            with postgres_url() as url:
                legs.append(run_leg("PostgreSQL", url, Path(folder), arguments, TEST_DATABASE_ONLY="true"))
    if len(legs) > 1:
        for leg in sorted(legs, key=lambda leg: leg.code != 0):  # a failed leg has the last word
            show(f"{leg.name}:\n{leg.summary}\n")
    return max(leg.code for leg in legs)


def why_postgres_is_skipped() -> str:
    """The sentence to print, or nothing when PostgreSQL can be used."""
    if os.environ.get("TEST_DATABASE_URL") or find_binaries():
        return ""
    return (
        "PostgreSQL leg skipped: no server binaries found and TEST_DATABASE_URL is not set. "
        "On Debian: apt-get install postgresql"
    )


@contextlib.contextmanager
def postgres_url() -> Iterator[str]:
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
        return
    binaries = find_binaries()
    if binaries is None:
        raise RuntimeError(why_postgres_is_skipped())
    with throwaway_cluster(binaries) as url:
        yield url


def run_leg(name: str, url: str, folder: Path, arguments: list[str], **more: str) -> Leg:
    """One run of pytest on one database, shown as it goes. more: further environment variables."""
    say(f"Tests on {name}")
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "CARILLON_VAR": str(folder / "var"),
        "PYTHONUNBUFFERED": "1",
        "SQLITE_MAY_FORGET": "true",  # no test cuts the power
        **more,
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # else each of hundreds of processes compiles the product anew
    command = [sys.executable, "-m", "pytest", *workers(), *arguments]
    if sys.stdout.isatty():
        command.append("--color=yes")
    summary = ""
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as pytest:
        assert pytest.stdout is not None
        try:
            for line in pytest.stdout:
                show(line)
                summary = line.rstrip() or summary
            code = pytest.wait()
        finally:
            pytest.terminate()
    return Leg(name, 0 if code == NO_TESTS and arguments else code, summary)


def workers() -> list[str]:
    """Three processes where there are two cores: what is killed, started and waited for leaves room for one more."""
    count = int(os.environ.get("TEST_WORKERS", "") or (3 if (os.cpu_count() or 1) > 1 else 1))
    return ["-n", str(count), "--dist", "loadfile", "--no-loadscope-reorder"] if count > 1 else []


def say(sentence: str) -> None:
    show(f"\n{sentence}\n\n")


def show(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)  # through the `finally` blocks, so that no server stays behind


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
