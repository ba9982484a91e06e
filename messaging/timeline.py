"""A message's history in sentences: what was learned, from whom, when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.models import Exchange, Message, MessageEvent
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


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One line of a history. detail: the reason in words; note: the gateway's own words; source: who says so."""

    status: str
    words: str
    detail: str
    note: str
    source: str
    at: datetime
    exchange: Exchange | None = None


def timeline(message: Message) -> list[Moment]:
    """Oldest first, beginning with how it came to be: one query."""
    events = message.events.select_related("user", "exchange").order_by("id")
    return [_beginning(message), *(_moment(event) for event in events)]


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
    return Moment(status=status, words=words, detail="", note="", source=source, at=message.created_at)


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
