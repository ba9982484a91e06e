"""One call to a gateway with claimed messages: what it takes, and what comes of it. Runs in a lane, without the database."""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from messaging.gateway import ExchangeLog, open_provider, outgoing, route_of
from messaging.media import files
from messaging.models import Line
from messaging.outbox.claiming import LEASE
from messaging.outbox.due import Due
from messaging.outbox.journal import Journal
from messaging.providers.base import Provider
from messaging.providers.errors import NotSent, OutcomeUnknown, ProviderError, Reason
from messaging.providers.http import CALL_SECONDS, ExchangeRecord
from messaging.providers.shapes import Outcome, Outgoing, Route

log = logging.getLogger(__name__)

NO_ROOM = 30.0  # seconds before a message is tried again that could not be noted in the journal


@dataclass(slots=True, eq=False)
class LineWork:
    """A leased line while we work it. safe_until: monotonic time after which a claimed message must not leave any more."""

    line: Line
    token: str
    provider: Provider
    route: Route
    exchanges: ExchangeLog
    journal: Journal
    safe_until: float
    gate: threading.BoundedSemaphore  # as many calls at once as the gateway takes
    look_at: float = 0.0
    renewed_at: float = field(default_factory=time.monotonic)
    talking: set[str] = field(default_factory=set)  # phone keys of the messages under way
    is_held: bool = True
    is_dry: bool = False
    is_in_doubt: bool = False  # the database went away: a claim may have been written of which we were not told

    @property
    def in_flight(self) -> int:
        """Messages under way; at most one for each person."""
        return len(self.talking)

    def note_renewal(self, now: float) -> None:
        """The lease was renewed at this monotonic time."""
        self.renewed_at = now
        self.safe_until = now + LEASE.total_seconds() - CALL_SECONDS


@dataclass(frozen=True, slots=True)
class Load:
    """Messages for one call."""

    work: LineWork
    messages: Sequence[Due]


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of one call: an outcome per message, and what crossed the wire."""

    load: Load
    outcomes: Sequence[Outcome]
    exchanges: Sequence[ExchangeRecord] = ()


def open_work(line: Line, token: str) -> LineWork:
    """Everything a leased line needs to send."""
    exchanges = ExchangeLog()
    provider = open_provider(line.account, exchanges)
    return LineWork(
        line=line, token=token, provider=provider, route=route_of(line), exchanges=exchanges, journal=Journal(token),
        safe_until=time.monotonic() + LEASE.total_seconds() - CALL_SECONDS,
        gate=threading.BoundedSemaphore(provider.capabilities.connections),
    )  # fmt: skip


def carry(load: Load) -> Sent:
    """In a lane: one call to the gateway, when it is not busy with as many as it takes. No database here."""
    with load.work.gate:
        return _call(load)


def _call(load: Load) -> Sent:
    work, count = load.work, len(load.messages)
    if time.monotonic() > work.safe_until:
        return Sent(load, [NotSent(Reason.CRASHED, "the claim grew old before its turn came")] * count)
    try:
        work.journal.note([message.pk for message in load.messages])
    except OSError:  # a full disk: without the note nobody could tell later what left
        log.exception("The journal of %s cannot be written", work.line)
        return Sent(load, [NotSent(Reason.CRASHED, "no room to write down what leaves", retry_after=NO_ROOM)] * count)
    outcomes: Sequence[Outcome]
    try:
        outcomes = work.provider.send([_with_file(message, work) for message in load.messages])
        if len(outcomes) != count:
            outcomes = [OutcomeUnknown(Reason.UNREADABLE, "the answer does not line up")] * count
    except ProviderError as problem:
        outcomes = [problem] * count
    except Exception:  # a fault of ours, after which nobody knows what left: unknown is the honest word
        log.exception("Sending on %s broke", work.line)
        outcomes = [OutcomeUnknown(Reason.GATEWAY_ERROR, "a fault in Carillon")] * count
    return Sent(load, outcomes, work.exchanges.take())


def _with_file(message: Due, work: LineWork) -> Outgoing:
    """A message as the provider sends it."""
    return files.hand_over(outgoing(message, work.route), message.attachment, work.provider.capabilities)
