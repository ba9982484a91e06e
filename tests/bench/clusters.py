"""Two sending processes beside one, on two lines of a gateway with 150 ms; and where the processor's time goes when the
gateway answers at once. PostgreSQL only: SQLite has one writer.
"""

import argparse
import os
import time
from pathlib import Path

from django.db import connection

from messaging.models import Line, Message
from tests.bench.ground import tell
from tests.bench.sending import line_of, queue_messages
from tests.bench.worker import Worker
from tests.sandbox_process import SandboxProcess

_TICKS = os.sysconf("SC_CLK_TCK")


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=8000)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args(words)
    with SandboxProcess(options={"step-seconds": 3600, "latency-ms": 150}) as sandbox:
        for _round in range(arguments.rounds):
            one, two = (rate(sandbox, arguments.messages, processes=count) for count in (1, 2))
            tell("two lines at 150 ms, one process and two", f"{one:10,.0f} /s   {two:,.0f} /s   {two / one:.2f} times")
        sandbox.control("options", {"latency_ms": 0})
        for dialect in ("zender", "wablas"):
            shares(sandbox, dialect, arguments.messages)


def two_lines(sandbox: SandboxProcess) -> list[Line]:
    account = line_of(sandbox, "zender").account
    return list(account.lines.filter(state=Line.State.READY).order_by("id")[:2])


def rate(sandbox: SandboxProcess, count: int, *, processes: int) -> float:
    """Messages a second over two lines."""
    for line in two_lines(sandbox):
        queue_messages(sandbox, "zender", count // 2, line=line)
    return count / work(count, processes=processes)


def work(count: int, *, processes: int) -> float:
    """Seconds from the first message taken to the last answer: the processes' start is nobody's work."""
    after = Message.objects.order_by("-id").values_list("id", flat=True)[count : count + 1].first() or 0
    workers = [Worker() for _number in range(processes)]
    sent = sum(worker.result()["sent"] for worker in workers)
    if sent != count:
        raise RuntimeError(f"{sent} of {count} sent")
    mine = Message.objects.filter(id__gt=after)
    first = mine.order_by("attempted_at").values_list("attempted_at", flat=True)[0]
    last = mine.order_by("-status_at").values_list("status_at", flat=True)[0]
    assert first is not None
    return (last - first).total_seconds()


def shares(sandbox: SandboxProcess, dialect: str, count: int) -> None:
    """Milliseconds of processor per message in the engine, the database and the sandbox."""
    queue_messages(sandbox, dialect, count)
    database, gateway = _server_pids(), [sandbox.pid]
    before, started = (_seconds(database), _seconds(gateway)), time.perf_counter()
    with Worker() as worker:
        result = worker.result()
    elapsed = time.perf_counter() - started
    used = {
        "engine": result["cpu"],
        "database": _seconds(database) - before[0],
        "sandbox": _seconds(gateway) - before[1],
    }
    figures = ", ".join(f"{name} {seconds / count * 1000:.2f} ms" for name, seconds in used.items())
    tell(f"processor per message, {dialect}", f"{figures}; wall {elapsed / count * 1000:.2f} ms")


def _server_pids() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [backend] = cursor.fetchone()
    return [_parent(backend)]


def _parent(pid: int) -> int:
    return int(_stat(pid)[1])


def _stat(pid: int) -> list[str]:
    """The fields after the name: state, parent …"""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _seconds(pids: list[int]) -> float:
    """Processor seconds of processes and of their children, those that ended included."""
    family = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    total = 0.0
    for pid in family:
        try:
            fields = _stat(pid)
        except OSError:
            continue
        if pid in pids or int(fields[1]) in pids:
            total += sum(map(int, fields[11 : 15 if pid in pids else 13])) / _TICKS
    return total
