"""A sending process, as a cluster has them: prepares and tops up campaigns and pumps, until nothing is left to send.

python -m tests.bench.worker [campaign …]      (the database and the rest come from the environment)
"""

import json
import os
import resource
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import django

if __name__ == "__main__":
    django.setup()

from campaigns import lifecycle, runner  # the settings come first
from messaging.models import Message
from messaging.outbox.pump import Pump
from tests.sandbox_process import ROOT

PREPARES = "preparing"  # what it writes on its output right before


def main(campaigns: list[int]) -> None:
    """Work, then say on one line how many messages were handed over, and what that took."""
    start = resource.getrusage(resource.RUSAGE_SELF)
    for campaign in campaigns:
        say(PREPARES)
        lifecycle.prepare(campaign)
    sent = 0
    while True:
        for campaign in campaigns:
            runner.run(campaign)
        handed_over = Pump().run()
        sent += handed_over
        if not handed_over and not Message.objects.filter(status__in=["queued", "sending"]).exists():
            break
        threading.Event().wait(0.05)
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime - start.ru_utime - start.ru_stime
    say(json.dumps({"sent": sent, "cpu": cpu, "peak_mb": _peak()}))


def _peak() -> float:
    """Megabytes at the most since this program began; getrusage would count what its parent had, too."""
    status = Path("/proc/self/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Worker:
    """Starts one; leaving the block ends it, whether it is ready or not."""

    def __init__(self, *campaigns: int) -> None:
        command = [sys.executable, "-m", "tests.bench.worker", *map(str, campaigns)]
        self._process = subprocess.Popen(command, cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, text=True)

    def wait_until_it_prepares(self) -> None:
        assert self._process.stdout is not None
        while self._process.stdout.readline().strip() != PREPARES:
            if self._process.poll() is not None:
                raise RuntimeError("The worker ended; its own message is above.")

    def result(self) -> dict[str, Any]:
        """What it said at the end."""
        output, _ = self._process.communicate()
        if self._process.returncode:
            raise RuntimeError("The worker failed; its own message is above.")
        answer: dict[str, Any] = json.loads(output.splitlines()[-1])
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]])
