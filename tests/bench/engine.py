"""The sending engine beside a bare loop, in one run: messages a second, and what share of the bare loop that is.

python -m tests.bench.engine --messages 3000       (DATABASE_URL: an empty database; default: SQLite in a fresh folder)

1. one message per call, a gateway that answers at once     bare: an httpx.Client loop that stores nothing
2. one message per call, 150 ms, 32 connections             bare: 32 / 0.150 s, what the connections allow
3. a hundred messages per call (Wablas v2), at once         bare: the loop of 1
4. launching: freezing an audience                          bare: INSERT … SELECT of the same rows
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import django
from django.core.management import call_command

from tests.sandbox_process import SandboxProcess


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=3000)
    parser.add_argument("--people", type=int, default=100_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="carillon-bench-") as folder:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings", "CARILLON_VAR": folder, "LOG_LEVEL": "WARNING"}
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/bench.sqlite3")
        django.setup()
        call_command("migrate", verbosity=0)
        with SandboxProcess(options={"step-seconds": 3600}) as sandbox:
            measure(sandbox, arguments.messages)
        measure_launch(arguments.people)


def measure(sandbox: SandboxProcess, count: int) -> None:
    """Sections 1 to 3."""
    from tests.bench.engine_steps import bare_loop, pump

    bare = bare_loop(sandbox, count)
    say("1. bare httpx.Client loop", bare, bare)
    say("1. engine, one per call", pump(sandbox, "zender", count), bare)
    sandbox.control("options", {"latency_ms": 150})
    say("2. engine, 150 ms, 32 connections", pump(sandbox, "zender", count), 32 / 0.150)
    sandbox.control("options", {"latency_ms": 0})
    say("3. engine, a hundred per call", pump(sandbox, "wablas", count * 5), bare)


def measure_launch(people: int) -> None:
    """Section 4, at a tenth and at the whole size: linear when the ratio of times is about ten."""
    from tests.bench.engine_steps import freeze, make_people, plain_insert

    times: dict[int, float] = {}
    for size in (people // 10, people):
        make_people(size)
        plain = timed(plain_insert)
        times[size] = timed(freeze)
        say(f"4. freeze an audience of {size}", size / times[size], size / plain)
    small, large = times.values()
    sys.stdout.write(f"{'4. ten times the people take':44} {large / small:8.1f} times as long\n")


def timed(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def say(label: str, rate: float, bare: float) -> None:
    sys.stdout.write(f"{label:44} {rate:8.0f} /s   {rate / bare:6.2f} of the bare one\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
