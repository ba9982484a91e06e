"""Sending: one pump works every line it can lease, for a bounded slice of time.

The main thread talks to the database, the others to gateways. Nothing sleeps for the sake of a pace: a line that is not
free is let go and comes back when it is.
"""

import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from messaging import stopping
from messaging.gateway import ExchangeLog, make_exchange, open_provider, outgoing, route_of
from messaging.lease import make_token
from messaging.models import Exchange, Line, Message, MessageEvent
from messaging.outbox.applying import apply
from messaging.outbox.claiming import LEASE, claim, lease_line, lines_with_work, release_line, renew_line
from messaging.outbox.judging import Judge
from messaging.providers.base import Outcome, Provider, Route
from messaging.providers.errors import NotSent, OutcomeUnknown, ProviderError, Reason
from messaging.providers.http import CALL_SECONDS, ExchangeRecord

log = logging.getLogger(__name__)

SLICE = 20.0  # seconds of claiming per task
CONNECTIONS = 32  # calls under way at once, over all lines of a pump
FLUSH = 0.15  # seconds between two writings of outcomes
PATIENCE = 2.0  # seconds a paced line is kept while it waits for its gap
RENEW = 5.0  # seconds between two renewals of a lease; LEASE − RENEW > CALL_SECONDS keeps a stale claim from sending
GIVE_UP = 120.0  # seconds to go on trying to write outcomes while the database is away


@dataclass(slots=True)
class Sent:
    """What came of one call: the messages it carried, an outcome each, and what crossed the wire."""

    work: "LineWork"
    messages: Sequence[Message]
    outcomes: Sequence[Outcome]
    exchanges: Sequence[ExchangeRecord]


@dataclass(slots=True, eq=False)
class LineWork:
    """A leased line while we work it. safe_until: monotonic time after which a claimed message must not leave any more."""

    line: Line
    token: str
    provider: Provider
    route: Route
    exchanges: ExchangeLog
    safe_until: float
    look_at: float = 0.0
    renewed_at: float = field(default_factory=time.monotonic)
    in_flight: int = 0
    is_held: bool = True
    is_dry: bool = False


class Pump:
    """One slice of sending. `run` returns how many messages it handed over."""

    def __init__(self, *, seconds: float = SLICE, connections: int = CONNECTIONS) -> None:
        self._deadline = time.monotonic() + seconds
        self._connections = connections
        self._pool = ThreadPoolExecutor(max_workers=connections, thread_name_prefix="send")
        self._works: dict[int, LineWork] = {}
        self._futures: set[Future[Sent]] = set()
        self._unwritten: list[Sent] = []
        self._written_at = time.monotonic()
        self._looked_at = 0.0
        self._handed_over = 0

    def run(self) -> int:
        """Work until the slice is over, or until no line has anything to send soon."""
        try:
            while self._turn():
                pass
        finally:
            self._pool.shutdown(wait=True)
            for work in list(self._works.values()):
                self._let_go(work)
        return self._handed_over

    def _turn(self) -> bool:
        """One round: lease, claim, hand over, write. False when there is nothing left to do."""
        now = time.monotonic()
        is_open = now < self._deadline and not stopping.is_wanted()
        if is_open:
            self._lease_lines(now)
            for work in list(self._works.values()):
                self._work(work, now)
        self._renew(now)
        self._collect()
        if self._unwritten and (now - self._written_at >= FLUSH or not self._futures or len(self._unwritten) >= 128):
            self._write()
        for work in [w for w in self._works.values() if not w.in_flight and (w.is_dry or not w.is_held or not is_open)]:
            self._let_go(work)
        return bool(self._futures or self._unwritten or self._works)

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
                exchanges = ExchangeLog()
                self._works[line.pk] = LineWork(
                    line=line, token=token, provider=open_provider(line.account, exchanges), route=route_of(line), exchanges=exchanges,
                    safe_until=now + LEASE.total_seconds() - CALL_SECONDS,
                )  # fmt: skip

    def _room(self) -> int:
        return self._connections - sum(self._connections if _is_unpaced(w.line) else 1 for w in self._works.values())

    def _renew(self, now: float) -> None:
        for work in self._works.values():
            if work.is_held and now - work.renewed_at >= RENEW:
                work.is_held = renew_line(work.line.pk, work.token)
                self._note_renewal(work)

    def _note_renewal(self, work: LineWork) -> None:
        if work.is_held:
            work.renewed_at = time.monotonic()
            work.safe_until = work.renewed_at + LEASE.total_seconds() - CALL_SECONDS

    def _let_go(self, work: LineWork) -> None:
        del self._works[work.line.pk]
        if work.is_held:
            release_line(work.line.pk, work.token)
        work.provider.close()

    # claiming and handing over

    def _work(self, work: LineWork, now: float) -> None:
        """Claim what the line may send now and hand it to the pool: enough for every connection, and a little ahead.
        Only a little: what was claimed and had not left when the process was killed is unknown too."""
        capabilities = work.provider.capabilities
        lanes = min(self._connections, capabilities.connections)
        ahead = (lanes + lanes // 4) * capabilities.batch_size
        if not work.is_held or now < work.look_at or work.in_flight > lanes * capabilities.batch_size:
            return
        started = time.monotonic()
        claimed = claim(work.line.pk, work.token, wanted=ahead - work.in_flight)
        work.is_held = claimed.is_held
        if not claimed.messages:
            self._rest(work, claimed.waits_until, now)
            return
        work.safe_until, work.renewed_at, work.is_dry = started + LEASE.total_seconds() - CALL_SECONDS, started, False
        size = capabilities.batch_size
        for start in range(0, len(claimed.messages), size):
            batch = claimed.messages[start : start + size]
            work.in_flight += len(batch)
            self._futures.add(self._pool.submit(self._send, work, batch))

    def _rest(self, work: LineWork, until: object, now: float) -> None:
        """Nothing to claim: come back when the gap is over, or give the line up when that is not soon."""
        soon = until - timezone.now() if isinstance(until, type(timezone.now())) else timedelta(seconds=PATIENCE + 1)
        if soon.total_seconds() <= PATIENCE:
            work.look_at = now + max(0.0, soon.total_seconds())
        else:
            work.is_dry, work.look_at = True, now + 0.05

    def _send(self, work: LineWork, batch: Sequence[Message]) -> Sent:
        """In a thread: one call to the gateway. No database here."""
        outcomes: Sequence[Outcome]
        if time.monotonic() > work.safe_until:
            stale = NotSent(Reason.CRASHED, "the claim grew old before its turn came")
            return Sent(work, batch, [stale] * len(batch), [])
        try:
            outcomes = work.provider.send([outgoing(message, work.route) for message in batch])
            if len(outcomes) != len(batch):
                outcomes = [OutcomeUnknown(Reason.UNREADABLE, "the answer does not line up")] * len(batch)
        except ProviderError as problem:
            outcomes = [problem] * len(batch)
        except Exception:  # a fault of ours, after which nobody knows what left: unknown is the honest word
            log.exception("Sending on %s broke", work.line)
            outcomes = [OutcomeUnknown(Reason.GATEWAY_ERROR, "a fault in Carillon")] * len(batch)
        return Sent(work, batch, outcomes, work.exchanges.take())

    # recording

    def _collect(self) -> None:
        """Wait a moment for answers; sooner when a line is due."""
        if not self._futures:
            if self._works and not self._unwritten:
                self._pause(min((work.look_at for work in self._works.values()), default=0.0) - time.monotonic())
            return
        looks = [w.look_at for w in self._works.values() if w.is_held and w.in_flight == 0]
        pause = min([0.05, *(max(0.0, look - time.monotonic()) for look in looks)])
        done, self._futures = wait(self._futures, timeout=pause, return_when=FIRST_COMPLETED)
        for future in done:
            sent = future.result()
            sent.work.in_flight -= len(sent.messages)
            self._unwritten.append(sent)

    def _pause(self, seconds: float) -> None:
        if seconds > 0:
            threading.Event().wait(min(seconds, 0.25))

    def _write(self) -> None:
        """Write outcomes, exchanges and line health in one transaction. While the database is away they are kept and
        tried again; what cannot be written in time shows as unknown later, never as unsent."""
        try:
            with transaction.atomic():
                self._record(self._unwritten)
        except (OperationalError, InterfaceError) as problem:
            if time.monotonic() - self._written_at > GIVE_UP:
                raise
            log.warning("Outcomes wait for the database: %s", type(problem).__name__)
            connection.close()
            self._pause(0.25)
            return
        self._handed_over += sum(len(sent.messages) for sent in self._unwritten)
        self._unwritten = []
        self._written_at = time.monotonic()

    def _record(self, sents: Sequence[Sent]) -> None:
        rows, owners = [], []
        for sent in sents:
            for record in sent.exchanges:
                rows.append(make_exchange(sent.work.line.account_id, record))
                owners.append(id(sent))
        exchange_of = {owner: row.pk for owner, row in zip(owners, Exchange.objects.bulk_create(rows), strict=True)}
        judge = Judge(now=timezone.now())
        for sent in sents:
            judge.take(
                sent.work.line, sent.work.provider.capabilities, sent.messages, sent.outcomes, exchange_of.get(id(sent))
            )
        apply(judge.updates, source=MessageEvent.Source.SEND)
        judge.settle_lines()


def _is_unpaced(line: Line) -> bool:
    return line.gap_seconds + line.jitter_seconds == 0
