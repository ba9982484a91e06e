"""A message's history in sentences: what was learned, from whom, when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging import standing
from messaging.models import Exchange, Line, Message, MessageEvent
from messaging.providers.errors import Reason
from messaging.reasons import sentence

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

S = Message.Status
WORDS: dict[str, _StrPromise] = {
    S.QUEUED: gettext_lazy("It was certainly not sent, so it went back into the queue."),
    S.ACCEPTED: gettext_lazy("The gateway took it."),
    S.SENT: gettext_lazy("It left for the phone."),
    S.DELIVERED: gettext_lazy("It arrived on the phone."),
    S.READ: gettext_lazy("The person has read it."),
    S.FAILED: gettext_lazy("It failed."),
    S.UNKNOWN: gettext_lazy("Nobody knows whether it was sent."),
    S.CANCELLED: gettext_lazy("It was cancelled."),
    S.EXPIRED: gettext_lazy("It was too late to send it."),
    S.RECEIVED: gettext_lazy("It came in."),
}


_SHOWN = 160  # characters of an answer
REPLIED_WITHIN = timedelta(days=3)  # as long as a campaign counts what people write as replies
_LEFT = (S.ACCEPTED, S.SENT, S.DELIVERED, S.READ, S.UNKNOWN)


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One line of a history. detail: the reason in words; note: the gateway's own words; source: who says so; until: of what
    still waits, None where nobody knows."""

    status: str
    words: str
    detail: str = ""
    note: str = ""
    source: str
    at: datetime
    until: datetime | None = None
    exchange: Exchange | None = None


def timeline(message: Message) -> list[Moment]:
    """Oldest first: how it came to be, each try with its line and what came of it, why it waits now, and what was answered.
    A few queries, however long the history."""
    events = list(message.events.select_related("user", "exchange").order_by("id"))
    found = [_beginning(message)]
    for event, line in zip(events, _lines_of(message, events), strict=True):
        if event.source == MessageEvent.Source.SEND:
            found.append(_try(line, _tried_at(message, event, is_last=event is _last_try(events))))
        found.append(_moment(event))
    if message.status == S.SENDING:
        found.append(_try(str(message.line), message.attempted_at or message.status_at))
    return [*found, *_waiting(message), *_answered(message)]


def _lines_of(message: Message, events: Sequence[MessageEvent]) -> list[str]:
    """On which line the message was at each event: a move to another one says from where to where."""
    line, lines = str(message.line), []
    for event in reversed(events):
        lines.append(line)
        if event.reason == Reason.MOVED and event.status == S.QUEUED:
            line = event.note.rpartition(" → ")[0] or line
    return lines[::-1]


def _last_try(events: Sequence[MessageEvent]) -> MessageEvent | None:
    return next((event for event in reversed(events) if event.source == MessageEvent.Source.SEND), None)


def _tried_at(message: Message, event: MessageEvent, *, is_last: bool) -> datetime:
    """When the try began that ended so. A message keeps that of its last one; an exchange tells how long it took."""
    if is_last and message.attempted_at and message.attempted_at <= event.at:
        return message.attempted_at
    return event.at - timedelta(milliseconds=event.exchange.elapsed_ms) if event.exchange else event.at


def _try(line: str, at: datetime) -> Moment:
    words = _("It was tried on %(line)s.") % {"line": line}
    return Moment(status=S.SENDING, words=words, source=_("Carillon"), at=at)


def _waiting(message: Message) -> list[Moment]:
    """Why a queued message has not left yet: what holds it back the longest comes first."""
    if message.status != S.QUEUED or message.line is None:
        return []
    now, stands = timezone.now(), standing.stand(message.line)
    words, detail, until = _("It waits for its turn on %(line)s.") % {"line": message.line}, "", None
    if message.batch and message.batch.is_held:
        words = _("It is held: “%(label)s” is not running.") % {"label": message.batch.label}
    elif message.batch and message.send_before and message.send_before <= now:
        words = sentence(Reason.PAST_DEADLINE)
    elif stands.state != Line.State.READY:
        words, detail = _("It is held until %(line)s can send again.") % {"line": message.line}, stands.sentence
    elif message.next_attempt_at > now:
        detail, until = sentence(message.reason), message.next_attempt_at
        words = _("It is held.") if detail else _("It is planned.")
    elif stands.waits:
        words, until = _("It is held, because %(line)s waits.") % {"line": message.line}, stands.until
        detail = stands.waits
    return [
        Moment(status=S.QUEUED, words=words, detail=detail, source=_("Carillon"), at=message.status_at, until=until)
    ]


def _answered(message: Message) -> list[Moment]:
    """What the person wrote next on this account, if we wrote nothing in between."""
    if message.direction == Message.Direction.IN or message.status not in _LEFT:
        return []
    left_at = message.attempted_at or message.created_at
    between = Message.objects.filter(account_id=message.account_id, phone_key=message.phone_key, pk__gt=message.pk)
    following = between.filter(Q(direction=Message.Direction.IN) | Q(status__in=_LEFT)).order_by("pk").first()
    if following is None or following.direction == Message.Direction.OUT:
        return []
    if not left_at <= following.created_at <= left_at + REPLIED_WITHIN:
        return []
    said = following.body[:_SHOWN] or _("(no text)")
    words = _("The person answered: “%(text)s”") % {"text": said}
    return [Moment(status=S.RECEIVED, words=words, source=_("the gateway"), at=following.created_at)]


def _beginning(message: Message) -> Moment:
    if message.direction == Message.Direction.IN:
        words, source = _("It came in."), _("the gateway")
    elif _stands_in(message):
        words = _("It was put into the outbox in place of one over %(line)s, which certainly was not sent.")
        words, source = words % {"line": message.resend_of and message.resend_of.line}, _("Carillon")
    elif message.batch:
        words, source = _("It was put into the outbox for “%(label)s”.") % {"label": message.batch.label}, _("Carillon")
    elif message.remote_id and not message.attempts:
        words, source = _("It was written on the phone itself."), _("the gateway")
    else:
        words, source = _("It was put into the outbox."), _name(message.created_by) or _("Carillon")
    status = S.RECEIVED if message.direction == Message.Direction.IN else S.QUEUED
    return Moment(status=status, words=words, source=source, at=message.created_at)


def _stands_in(message: Message) -> bool:
    """Whether the program put it over another line by itself."""
    old = message.resend_of
    return old is not None and old.line_id != message.line_id and message.created_by_id is None


def _moment(event: MessageEvent) -> Moment:
    is_person = event.source == MessageEvent.Source.PERSON
    words, detail = str(WORDS.get(event.status, event.get_status_display())), sentence(event.reason)
    if is_person and event.status == S.SENT:
        words = _("A colleague looked and says that it arrived.")
    if event.reason == Reason.RESENT:
        words = _("A colleague had it sent again.")
    if event.reason == Reason.MOVED and event.status == S.QUEUED:
        words, detail = _("It moved to another line, because its own could not send."), ""
    return Moment(
        status=event.status, words=words, detail=detail, note=event.note,
        source=_name(event.user) or event.get_source_display(), at=event.at, exchange=event.exchange,
    )  # fmt: skip


def _name(user: User | None) -> str:
    return (user.get_full_name() or user.get_username()) if user else ""
