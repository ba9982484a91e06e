"""A campaign's ways out as people see them: whether each can send, how fast, and how long it all takes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns import checks
from campaigns.estimate import finish_at
from campaigns.waiting import is_unlimited, plan_of
from messaging import standing
from messaging.models import Account, Line

_MOMENT = timedelta(seconds=30)


@dataclass(frozen=True, kw_only=True)
class ListedLine:
    """state: a Line.State, the account's where that is what stops it; sentence: what to do about it, "" when it is well.
    waits: why it sends nothing at this moment, and until when; "" for the moments between two messages."""

    line: Line
    state: str
    sentence: str
    is_usable: bool
    waits: str = ""
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class AccountLines:
    account: Account
    lines: list[ListedLine]


def listed(lines: Iterable[Line]) -> list[ListedLine]:
    """Lines (with their accounts) for a page."""
    return [_listed(line) for line in lines]


def by_account(lines: Iterable[ListedLine]) -> list[AccountLines]:
    """The same lines, those of one account together."""
    groups: dict[int, AccountLines] = {}
    for each in lines:
        account = each.line.account
        groups.setdefault(account.pk, AccountLines(account=account, lines=[])).lines.append(each)
    return list(groups.values())


def time_needed(lines: Sequence[Line], people: int) -> timedelta | None:
    """How long this many messages take over the lines that can send now, as their limits and opening hours allow. None
    when nothing but the gateways limits it, or when no line can send."""
    usable = [line for line in lines if checks.is_usable(line)]
    if not usable or any(is_unlimited(line) for line in usable):
        return None
    now = timezone.now()
    end = finish_at(people, [plan_of(line, now=now) for line in usable], now=now)
    return end - now if end else None


def time_words(span: timedelta) -> str:
    """A span for planning: "less than a minute", "about 25 minutes", "about 3 hours", "about 2 days"."""
    minutes = span.total_seconds() / 60
    if minutes < 1:
        return _("less than a minute")
    if minutes < 90:
        n = round(minutes)
        return ngettext("about %(n)d minute", "about %(n)d minutes", n) % {"n": n}
    if minutes < 36 * 60:
        n = round(minutes / 60)
        return ngettext("about %(n)d hour", "about %(n)d hours", n) % {"n": n}
    n = round(minutes / 1440)
    return ngettext("about %(n)d day", "about %(n)d days", n) % {"n": n}


def _listed(line: Line) -> ListedLine:
    stands = standing.stand(line)
    rests = stands.until is not None and stands.until > timezone.now() + _MOMENT
    is_untested = stands.state == Line.State.READY and line.account.state != Account.State.READY
    return ListedLine(
        line=line,
        state=line.account.state if is_untested else stands.state,
        sentence=standing.account_sentence(line.account) if is_untested else stands.sentence,
        is_usable=checks.is_usable(line),
        waits=stands.waits if rests else "",
        until=stands.until if rests else None,
    )
