"""What a measurement stands on: Django set up on an empty database of its own, and a way to say what came out."""

import contextlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import django
from django.core.management import call_command

from tests.postgres import find_binaries, throwaway_cluster

DATABASES = ("sqlite", "postgres")


@contextlib.contextmanager
def ground(database: str, *, settings: str = "config.settings") -> Iterator[None]:
    """Django on an empty database: SQLite in a fresh folder, or a throw-away PostgreSQL cluster as the tests use it (it
    does not wait for the disk). Processes started meanwhile find the same through the environment."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="carillon-bench-"))
        url = stack.enter_context(_postgres()) if database == "postgres" else f"sqlite:///{folder}/bench.sqlite3"
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": settings,
            "DATABASE_URL": url,
            "CARILLON_VAR": folder,
            "LOG_LEVEL": "WARNING",
        }
        django.setup()
        call_command("migrate", verbosity=0, run_syncdb=True)
        yield


@contextlib.contextmanager
def _postgres() -> Iterator[str]:
    binaries = find_binaries()
    if binaries is None:
        sys.exit("No PostgreSQL server binaries found. On Debian: apt-get install postgresql")
    with throwaway_cluster(binaries) as url:
        yield url


def timed(work: Callable[[], Any]) -> float:
    """Seconds that something takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def say(label: str, rates: Sequence[float], bares: Sequence[float]) -> None:
    """The median of rates, each beside the bare one of the same round; with several rounds also how far they lie apart."""
    shares = [rate / bare for rate, bare in zip(rates, bares, strict=True)]
    apart = f"   ({min(shares):.2f} to {max(shares):.2f})" if len(shares) > 1 else ""
    tell(label, f"{statistics.median(rates):10,.0f} /s   {statistics.median(shares):6.2f} of the bare one{apart}")


def tell(label: str, figures: str) -> None:
    """One line of the result."""
    sys.stdout.write(f"{label:46} {figures}\n")
    sys.stdout.flush()
