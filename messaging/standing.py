"""How accounts and lines stand, in words: what pages show of state, reason, waiting, quota and mirrored kinds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.models import Account, Line
from messaging.providers import PROVIDERS
from messaging.providers.errors import Reason
from messaging.reasons import sentence

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

WAITS: dict[str, _StrPromise] = {
    "gap": gettext_lazy("The pause between two messages."),
    "per_minute": gettext_lazy("The limit per minute is reached."),
    "per_hour": gettext_lazy("The limit per hour is reached."),
    "per_day": gettext_lazy("The limit per day is reached."),
    "warm_up": gettext_lazy("The day's limit of the warm-up is reached."),
    "window": gettext_lazy("Outside the hours in which it may send."),
}

KINDS: dict[str, _StrPromise] = {
    "whatsapp_account": gettext_lazy("WhatsApp accounts"),
    "device": gettext_lazy("Devices"),
    "contact_group": gettext_lazy("Contact groups"),
    "contact": gettext_lazy("Contacts"),
    "unsubscribed": gettext_lazy("Unsubscribed"),
    "sms_campaign": gettext_lazy("SMS campaigns"),
    "wa_campaign": gettext_lazy("WhatsApp campaigns"),
    "ussd": gettext_lazy("USSD requests"),
    "whatsapp_group": gettext_lazy("WhatsApp groups"),
    "shortener": gettext_lazy("Link shorteners"),
    "server": gettext_lazy("Servers"),
    "rate": gettext_lazy("Paid routes"),
    "partner_device": gettext_lazy("Partner devices"),
    "autoreply": gettext_lazy("Automatic replies"),
    "message": gettext_lazy("Messages"),
    "subscription": gettext_lazy("Subscription"),
    "sms_pending": gettext_lazy("SMS waiting"),
    "sms_sent": gettext_lazy("SMS sent"),
    "wa_pending": gettext_lazy("WhatsApp messages waiting"),
    "wa_sent": gettext_lazy("WhatsApp messages sent"),
    "sent": gettext_lazy("Messages sent"),
    "newsletter": gettext_lazy("Newsletters"),
    "schedule": gettext_lazy("Scheduled messages"),
    "reminder": gettext_lazy("Reminders"),
    "agent": gettext_lazy("Agents"),
    "lines": gettext_lazy("Lines"),
}

QUOTAS: dict[str, _StrPromise] = {
    "sms_send": gettext_lazy("SMS sent"),
    "sms_receive": gettext_lazy("SMS received"),
    "wa_send": gettext_lazy("WhatsApp messages sent"),
    "wa_receive": gettext_lazy("WhatsApp messages received"),
    "wa_accounts": gettext_lazy("WhatsApp accounts"),
    "ussd": gettext_lazy("USSD requests"),
    "notifications": gettext_lazy("Notifications"),
    "contacts": gettext_lazy("Contacts"),
    "devices": gettext_lazy("Devices"),
    "apikeys": gettext_lazy("API keys"),
    "webhooks": gettext_lazy("Webhooks"),
    "actions": gettext_lazy("Actions"),
    "scheduled": gettext_lazy("Scheduled messages"),
    "messages": gettext_lazy("Messages"),
    "credit": gettext_lazy("Credit"),
}


@dataclass(frozen=True, kw_only=True)
class LineStanding:
    """A line as people see it: one on a blocked account is not ready. waits: why it does not send now, "" when it could."""

    line: Line
    state: str
    sentence: str
    note: str
    waits: str
    until: datetime | None
    can_link: bool


@dataclass(frozen=True, kw_only=True)
class Gauge:
    """One quota. limit: None is unlimited."""

    label: str
    used: int
    limit: int | None


def stand(line: Line, *, now: datetime | None = None) -> LineStanding:
    """How a line (with its account loaded) stands."""
    now = now or timezone.now()
    is_held_up = line.state == Line.State.READY and line.account.state == Account.State.BLOCKED
    is_waiting = line.state == Line.State.READY and not is_held_up and line.next_free_at > now
    return LineStanding(
        line=line,
        state=Line.State.BLOCKED if is_held_up else line.state,
        sentence=sentence(line.account.reason if is_held_up else line.reason),
        note=line.account.note if is_held_up else line.note,
        waits=waiting_words(line.waits_for) if is_waiting else "",
        until=line.next_free_at if is_waiting else None,
        can_link=_can_link(line),
    )


def _can_link(line: Line) -> bool:
    """A number the gateway no longer lists cannot be linked again, only as a new one."""
    is_known = line.kind == Line.Kind.WHATSAPP and line.reason != Reason.LINE_MISSING
    return is_known and PROVIDERS[line.account.provider].capabilities.linking


def stand_all(lines: Iterable[Line]) -> list[LineStanding]:
    """How several lines stand at this moment."""
    now = timezone.now()
    return [stand(line, now=now) for line in lines]


def waiting_words(waits_for: str) -> str:
    """Why a line waits: its pace, or what the gateway said."""
    return str(WAITS.get(waits_for) or sentence(waits_for) or WAITS["gap"])


def gauges(account: Account) -> list[Gauge]:
    """The quotas the gateway told."""
    return [
        Gauge(
            label=str(QUOTAS.get(word) or word.replace("_", " ").capitalize()),
            used=numbers.get("used") or 0,
            limit=numbers.get("limit"),
        )
        for word, numbers in account.quota.items()
        if isinstance(numbers, dict)
    ]


def kind_label(kind: str) -> str:
    """What a mirrored kind is called on pages."""
    return str(KINDS.get(kind) or kind.replace("_", " ").capitalize())


@dataclass(frozen=True, kw_only=True)
class Synced:
    """What a sync found in one list of the gateway. differing: people with another name there than here, both kept."""

    kind: str
    label: str
    added: int
    changed: int
    gone: int
    same: int
    differing: int

    @property
    def is_news(self) -> bool:
        return bool(self.added or self.changed or self.gone)


def synced(summary: Mapping[str, Any]) -> list[Synced]:
    """A row for each list, from the summary of a sync: {kind: {"added": …, "changed": …, …}}."""
    names = ("added", "changed", "gone", "same", "differing")
    return [
        Synced(kind=kind, label=kind_label(kind), **{name: counts.get(name, 0) for name in names})
        for kind, counts in summary.items()
        if isinstance(counts, dict)
    ]


def account_sentence(account: Account) -> str:
    """What is the matter with an account and what to do about it; "" when it is well."""
    if account.state == Account.State.NEW:
        return _("It sends nothing until the connection was tested.")
    return sentence(account.reason) if account.state == Account.State.BLOCKED else ""
