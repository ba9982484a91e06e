"""Threads that carry messages to gateways. As many as waiting for the gateway makes useful, and no more: with a gateway
that answers at once, more threads than two only fight each other for the interpreter.
"""

import contextlib
import math
import queue
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")

FIRST = 2  # lanes to begin with
REMEMBERED = 40  # calls whose times are looked at
SWITCH = 0.0005  # seconds a thread may keep the interpreter while the one that waited for the database has its answer


@dataclass(slots=True)
class _Times:
    """How long recent calls took on the wall and on the processor, seconds."""

    wall: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    processor: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED))


_times = _Times()  # of this process: the next slice begins with as many lanes as the last one ended with


class Lanes(Generic[Job, Result]):
    """Runs jobs in threads and gives back results, in the order in which they end."""

    def __init__(self, carry: Callable[[Job], Result], *, most: int) -> None:
        """carry: does one job; must not raise. most: threads at most."""
        sys.setswitchinterval(min(SWITCH, sys.getswitchinterval()))
        self.most = most
        self._carry = carry
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._results: queue.Queue[Result] = queue.Queue()  # a SimpleQueue's timeout may be none at all (CPython 3.11)
        self._threads: list[threading.Thread] = []

    @property
    def useful(self) -> int:
        """How many threads keep the processor busy: a call's shortest recent time over the processor's share in it."""
        if not _times.processor:  # the one that is written last
            return min(FIRST, self.most)
        shortest, share = min(_times.wall), sum(_times.processor) / len(_times.processor)
        return max(min(FIRST, self.most), min(self.most, math.ceil(1.5 * shortest / max(share, 1e-5))))

    def submit(self, jobs: Sequence[Job]) -> None:
        """Queue jobs; starts threads as far as they are useful."""
        for job in jobs:
            self._jobs.put(job)
        while len(self._threads) < self.useful:
            thread = threading.Thread(target=self._run, name=f"lane-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def results(self, *, timeout: float, gather: float = 0.0) -> list[Result]:
        """What has ended; waits up to `timeout` seconds for the first one, then `gather` seconds for more."""
        ended: list[Result] = []
        with contextlib.suppress(queue.Empty):
            ended.append(self._results.get(timeout=timeout))
            threading.Event().wait(gather)
            while True:
                ended.append(self._results.get_nowait())
        return ended

    def close(self) -> None:
        """End the threads once the queued jobs are done."""
        for _thread in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            wall, processor = time.perf_counter(), time.thread_time()
            result = self._carry(job)
            _times.wall.append(time.perf_counter() - wall)
            _times.processor.append(time.thread_time() - processor)
            self._results.put(result)
