"""Sending: one pump works every line it can lease, for a bounded slice of time.

The main thread talks to the database, the lanes to gateways. Nothing sleeps for the sake of a pace: a line that is not
free is let go and comes back when it is.
"""

import logging
import threading
import time
from datetime import datetime

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from messaging import health, stopping
from messaging.lease import make_token
from messaging.models import Line
from messaging.outbox.abandoned import settle_claim
from messaging.outbox.calling import LineWork, Load, Sent, carry, open_work
from messaging.outbox.claiming import claim, lease_line, lines_with_work, release_line, renew_line
from messaging.outbox.lanes import Lanes
from messaging.outbox.recording import record
from messaging.providers.errors import AccountRejected

log = logging.getLogger(__name__)

SLICE = 20.0  # seconds of claiming per task
CONNECTIONS = 32  # calls under way at once, over all lines of a pump
FLUSH = 0.2  # seconds between two writings of outcomes
AHEAD = 0.4  # seconds of work claimed ahead of the lanes
GATHER = 0.01  # seconds between the first answer and a look at what else has come: a look for each costs more than it
PATIENCE = 2.0  # seconds a paced line is kept while it waits for its gap
RENEW = 5.0  # seconds between two renewals of a lease; LEASE − RENEW > CALL_SECONDS keeps a stale claim from sending
GIVE_UP = 120.0  # seconds to go on trying to write outcomes while the database is away


class Pump:
    """One slice of sending. `run` returns how many messages it handed over."""

    def __init__(self, *, seconds: float = SLICE, connections: int = CONNECTIONS) -> None:
        self._started = time.monotonic()
        self._deadline = self._started + seconds
        self._connections = connections
        self._lanes: Lanes[Load, Sent] = Lanes(carry, most=connections)
        self._works: dict[int, LineWork] = {}
        self._unwritten: list[Sent] = []
        self._written_at = self._started
        self._looked_at = 0.0
        self._away_since = 0.0
        self._calls = 0
        self._handed_over = 0

    def run(self) -> int:
        """Work until the slice is over, or until no line has anything to send soon."""
        try:
            while self._turn():
                pass
        finally:
            self._lanes.close()
            self._unwritten += self._lanes.results(timeout=0)  # there are some after a fault of ours, and only then
            if self._unwritten:
                self._write()
            for work in list(self._works.values()):
                self._let_go(work)
        return self._handed_over

    def _turn(self) -> bool:
        """One round. While the database is away nothing of ours is lost: answers wait here, and nothing new is sent."""
        try:
            return self._round()
        except (OperationalError, InterfaceError) as problem:
            self._wait_for_database(problem)
            return True

    def _wait_for_database(self, problem: Exception) -> None:
        """A moment; for ever it is not worth it: what cannot be written in time shows as unknown later, never as unsent."""
        now = time.monotonic()
        self._away_since = self._away_since or now
        if now - self._away_since > GIVE_UP:
            raise problem
        log.warning("Sending waits for the database: %s", type(problem).__name__)
        connection.close()
        for work in self._works.values():
            work.is_in_doubt = True
        threading.Event().wait(0.25)

    def _round(self) -> bool:
        """Lease, claim, hand over, write. False when there is nothing left to do."""
        if self._away_since and self._unwritten:  # they may have been written already: before anything is claimed again
            self._write()
        now = time.monotonic()
        is_open = now < self._deadline and not stopping.is_wanted()
        if is_open:
            self._lease_lines(now)
            for work in self._works.values():
                self._work(work, now)
        self._renew(now)
        self._collect()
        if self._unwritten and (now - self._written_at >= FLUSH or not self._in_flight):
            self._write()
        for work in [w for w in self._works.values() if not w.in_flight and (w.is_dry or not w.is_held or not is_open)]:
            if not self._unwritten:
                self._let_go(work)
        self._away_since = 0.0
        return bool(self._works or self._unwritten)

    @property
    def _in_flight(self) -> int:
        return sum(work.in_flight for work in self._works.values())

    # leasing

    def _lease_lines(self, now: float) -> None:
        """Take free lines while there is room: an unpaced line may use every connection, a paced one needs one."""
        if now - self._looked_at < 0.25 or self._room() <= 0:
            return
        self._looked_at = now
        for line in lines_with_work(timezone.now())[: self._connections]:
            if line.pk in self._works or self._room() <= 0:
                continue
            token = make_token()
            if lease_line(line, token, now=timezone.now()):
                self._open(line, token)

    def _open(self, line: Line, token: str) -> None:
        try:
            self._works[line.pk] = open_work(line, token)
        except AccountRejected as problem:  # its credentials cannot be read: nobody else's lines wait for it
            health.block(line, problem)
            release_line(line.pk, token)

    def _room(self) -> int:
        return self._connections - sum(self._connections if _is_unpaced(w.line) else 1 for w in self._works.values())

    def _renew(self, now: float) -> None:
        for work in self._works.values():
            if work.is_held and now - work.renewed_at >= RENEW:
                work.is_held = renew_line(work.line.pk, work.token)
                if work.is_held:
                    work.note_renewal(now)

    def _let_go(self, work: LineWork) -> None:
        if work.is_in_doubt:  # every outcome is written: what is still marked as ours was claimed without our knowing
            settle_claim(work.line.pk, work.token, handed_over=work.journal.noted())
        if work.is_held:
            release_line(work.line.pk, work.token)
        del self._works[work.line.pk]
        work.provider.close()
        work.journal.close()

    # claiming and handing over

    def _work(self, work: LineWork, now: float) -> None:
        """Claim what the line may send now and hand it to the lanes: what they carry at once and a moment's work more.
        Only a moment's: the more is claimed, the more waits in vain when this process is stopped."""
        size = work.provider.capabilities.batch_size
        pace = self._calls / max(now - self._started, 0.5)  # calls per second so far
        carried = size * min(self._lanes.useful, work.provider.capabilities.connections)
        ahead = size * max(2, round(pace * AHEAD))
        if not work.is_held or now < work.look_at or work.in_flight > carried + ahead // 2:
            return
        claimed = claim(work.line.pk, work.token, wanted=carried + ahead - work.in_flight, talking=work.talking)
        work.is_held = claimed.is_held
        if not claimed.messages:
            self._rest(work, claimed.waits_until, now)
            return
        work.note_renewal(now)
        work.is_dry = False
        work.talking.update(message.phone_key for message in claimed.messages)
        self._lanes.submit(
            [Load(work, claimed.messages[at : at + size]) for at in range(0, len(claimed.messages), size)]
        )

    def _rest(self, work: LineWork, until: datetime | None, now: float) -> None:
        """Nothing to claim: come back when the gap is over, or give the line up when that is not soon."""
        seconds = (until - timezone.now()).total_seconds() if until else PATIENCE + 1
        work.is_dry = seconds > PATIENCE
        work.look_at = now + (0.05 if work.is_dry else max(0.0, seconds))

    # recording

    def _collect(self) -> None:
        """Wait a moment for answers; not longer than until a line is due."""
        now = time.monotonic()
        looks = [work.look_at - now for work in self._works.values() if work.is_held and not work.in_flight]
        pause = min([0.02 if self._in_flight else 0.25, *(max(0.0, look) for look in looks)])
        if not self._in_flight:
            if not self._unwritten and self._works:
                threading.Event().wait(pause)
            return
        for sent in self._lanes.results(timeout=pause, gather=GATHER):
            sent.load.work.talking.difference_update(message.phone_key for message in sent.load.messages)
            self._calls += 1
            self._unwritten.append(sent)

    def _write(self) -> None:
        """Write outcomes, exchanges and line health."""
        record(self._unwritten)
        self._handed_over += sum(len(sent.load.messages) for sent in self._unwritten)
        self._unwritten = []
        self._written_at = time.monotonic()


def _is_unpaced(line: Line) -> bool:
    return line.gap_seconds + line.jitter_seconds == 0
