"""The clock: things that happen later, in order, without a task per message."""

import asyncio
import heapq
import itertools
import logging
import time
from collections.abc import Callable

log = logging.getLogger("messaging.sandbox")

TICK_SECONDS = 0.02
PER_TICK = 2000


class Clock:
    """A heap of (when, what). `run` is the only task; a burst is worked off in slices so that answers stay quick."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._wake = asyncio.Event()

    def after(self, seconds: float, what: Callable[[], None]) -> None:
        heapq.heappush(self._heap, (time.time() + seconds, next(self._order), what))
        self._wake.set()

    def forget(self) -> None:
        self._heap.clear()

    async def run(self) -> None:
        while True:
            if not self._heap:
                self._wake.clear()
                await self._wake.wait()
            self.work(time.time())
            await asyncio.sleep(TICK_SECONDS)

    def work(self, now: float) -> None:
        """Do what is due at `now`, at most one slice of it."""
        for _ in range(PER_TICK):
            if not self._heap or self._heap[0][0] > now:
                return
            _when, _order, what = heapq.heappop(self._heap)
            try:
                what()
            except Exception:
                # One stumbling dialect must not stop everybody's clock; the traceback names the line to repair.
                log.exception("Something due failed in the sandbox itself")
