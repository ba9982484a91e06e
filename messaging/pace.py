"""When a line may send next. Limits belong to the line, live in the database and are exact for any 60 s, 60 min and 24 h.

What counts is `Message.counted_at`: the claim while a call is under way, the answer afterwards, nothing for what certainly
did not leave. So what a gateway sees keeps the caps too, however long calls and queues take.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, Sum

from messaging import limits
from messaging.models import Line, Message
from messaging.when import opens_at

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WINDOW = "window"  # Line.waits_for: closed; urgent messages pass


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a line waits (a word for Line.waits_for) and until when."""

    word: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Room:
    """What a cap leaves: at most `cap` SMS parts (or WhatsApp messages) within `span`, `used` of them gone."""

    word: str
    cap: int
    span: timedelta
    used: int

    def fits(self, parts: int, taken: int = 0) -> bool:
        """Whether a message still fits after `taken` more parts. One that is larger than the whole cap goes alone, when
        nothing else went within the span: it would wait for ever, and everybody behind it."""
        return self.used + taken + min(parts, self.cap) <= self.cap


def busy(line: Line, *, now: datetime) -> Wait | None:
    """The gap, a cap or a rest that was written down before. Closed hours are not: they are looked up each time."""
    if line.next_free_at > now and line.waits_for != WINDOW:
        return Wait(line.waits_for or "gap", line.next_free_at)
    return None


def closed(line: Line, *, now: datetime) -> Wait | None:
    """Whether a line's own hours are over, and when they begin."""
    hours = limits.hours_of(line)
    if hours is None or line.window_basis != Line.Basis.LINE:
        return None
    opening = opens_at(now, hours, limits.zone_of(line))
    return Wait(WINDOW, opening) if opening > now else None


def rooms(line: Line, *, now: datetime) -> list[Room]:
    """What the caps of a line leave, in one query; none without caps."""
    caps = [("per_minute", line.per_minute, MINUTE), ("per_hour", line.per_hour, HOUR), ("per_day", line.per_day, DAY)]
    if line.warm_up:
        caps.append(("warm_up", limits.warm_up_limit(line, now=now), DAY))
    known = [(word, cap, span) for word, cap, span in caps if cap is not None]
    if not known:
        return []
    counted = Message.objects.filter(line=line, counted_at__gt=now - max(span for _word, _cap, span in known))
    sums = {word: Sum("parts", filter=Q(counted_at__gt=now - span)) for word, _cap, span in known}
    used = counted.aggregate(**sums)
    return [Room(word, cap, span, used[word] or 0) for word, cap, span in known]


def full(line: Line, rooms: Iterable[Room], *, parts: int = 1, now: datetime) -> Wait | None:
    """The cap that keeps a message of so many parts waiting longest; None when it fits."""
    waits = [_wait(line, room, parts=parts, now=now) for room in rooms if not room.fits(parts)]
    return max(waits, key=lambda wait: wait.until, default=None)


def is_paced(line: Line) -> bool:
    """Whether messages leave one at a time."""
    return line.gap_seconds + line.jitter_seconds > 0


def next_gap(line: Line) -> timedelta:
    """The pause after a message: the gap, varied by the jitter, never negative."""
    if not is_paced(line):
        return timedelta(0)
    varied = line.gap_seconds + random.uniform(-line.jitter_seconds, line.jitter_seconds)  # noqa: S311  # a pause, not a secret
    return timedelta(seconds=max(0.0, varied))


def backoff(failures: int) -> timedelta:
    """How long a line rests after so many calls in a row that did not get through: 1 s, 2 s, 4 s … 5 min."""
    return timedelta(seconds=min(300, 2 ** min(max(failures - 1, 0), 9)))


def _wait(line: Line, room: Room, *, parts: int, now: datetime) -> Wait:
    until = _frees_at(line, room, parts=min(parts, room.cap), now=now)
    if room.word == "warm_up" and (rung := limits.next_rung_at(line, now=now)):
        until = min(until, rung)
    return Wait(room.word, until)


def _frees_at(line: Line, room: Room, *, parts: int, now: datetime) -> datetime:
    """When enough of the oldest messages leave the span for so many parts to fit."""
    newest = Message.objects.filter(line=line, counted_at__gt=now - room.span).order_by("-counted_at")
    used = 0
    for counted_at, size in newest.values_list("counted_at", "parts")[: room.cap + 1]:
        used += size
        if used > room.cap - parts and counted_at is not None:
            return counted_at + room.span + timedelta(milliseconds=1)
    return now + room.span
