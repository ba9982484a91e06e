"""Asking gateways for news: statuses of what they took, what came in, and what became of unknown messages."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence, Sized
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db.models import F, Q
from django.utils import timezone

from contacts.zones import zone_named
from messaging import health, inbox, news, reconcile
from messaging.gateway import outgoing, provider_of, route_of
from messaging.known import sent_as
from messaging.lease import Singleton
from messaging.models import Account, Line, Message, MessageEvent
from messaging.outbox.applying import ASK_AFTER, Update, apply, ask_again_at
from messaging.outbox.claiming import lines_with_work
from messaging.providers.base import Provider
from messaging.providers.errors import AccountRejected, ProviderError
from messaging.providers.shapes import Incoming, StatusReport

log = logging.getLogger(__name__)
S = Message.Status
Item = TypeVar("Item", Incoming, StatusReport)

BUSY, IDLE, AT_NIGHT, TROUBLED = (timedelta(seconds=seconds) for seconds in (3, 15, 60, 30))
NIGHT = (22, 7)  # from this hour to that one, where the lines are
ASK_SECONDS = 35.0  # no further question after this: the task ends by force after a minute
REPORTS_PER_CALL = 500
REPORT_SECONDS = 8.0  # no further call after this: a slow gateway must not hold a worker
OVERLAP = timedelta(minutes=10)  # gateways list late arrivals with earlier times; known ids are left out anyway


def poll_account(account_id: int) -> None:
    """One look at everything an account can tell. One copy at a time per account."""
    turn = _turn(account_id)
    if not turn.acquire():
        return
    account = Account.objects.get(pk=account_id)
    try:
        with provider_of(account) as provider:
            is_whole = _ask(account, provider)
        if is_whole:
            news.settle(account)
        pause = pause_for(account, now=timezone.now()) if is_whole else TROUBLED
    except AccountRejected as problem:
        if not problem.is_line:
            health.block_account(account, problem)
        pause = TROUBLED
    except ProviderError as problem:
        log.info("Polling %s: %s", account, problem.reason)
        pause = TROUBLED
    finally:
        turn.release()
    Account.objects.filter(pk=account_id).update(next_poll_at=timezone.now() + pause)


def is_polled(account_id: int) -> bool:
    """Whether somebody asks this account at this moment."""
    return _turn(account_id).is_held()


def _turn(account_id: int) -> Singleton:
    return Singleton(f"poll:{account_id}", seconds=60)


def _ask(account: Account, provider: Provider) -> bool:
    """Everything there is to ask, as far as the time reaches. Neither a fault of ours nor the gateway's trouble in one question
    keeps us from the others. False if there was a fault; the trouble is raised in the end."""
    questions: list[Callable[[Account, Provider], int]] = [reconcile.find_unknown]
    if provider.capabilities.inbound_poll:
        questions.append(fetch_incoming)
    if provider.capabilities.report_poll:
        questions.append(fetch_reports)
    is_whole, trouble, started = True, None, time.monotonic()
    for question in questions:
        try:
            if time.monotonic() - started < ASK_SECONDS:
                question(account, provider)
        except (AccountRejected, OperationalError, InterfaceError):
            raise  # nothing else will be answered, or the database is away
        except ProviderError as problem:
            trouble = trouble or problem
        except Exception as fault:
            log.exception("Polling %s broke", account)
            news.tell(account, type(fault).__name__)
            is_whole = False
    if trouble:
        raise trouble
    return is_whole


def fetch_reports(account: Account, provider: Provider) -> int:
    """Ask about accepted messages that are due for a question. Returns how many moved."""
    moved, started = 0, time.monotonic()
    while time.monotonic() - started < REPORT_SECONDS:
        now = timezone.now()
        due = Message.objects.filter(
            account=account, ask_at__lte=now, status__in=[S.ACCEPTED, S.SENT], line__isnull=False
        )
        messages = list(due.select_related("line").order_by("ask_at")[:REPORTS_PER_CALL])
        if not messages:
            break
        routes = {message.line_id: route_of(message.line) for message in messages if message.line}
        reports = provider.fetch_reports([outgoing(message, routes[message.line_id]) for message in messages])
        apply_some = partial(apply_reports, account, messages=messages, source=MessageEvent.Source.POLL)
        moved += _take_in(account, reports, apply_some, _identity)
        _ask_later(messages)
        if len(messages) < REPORTS_PER_CALL:
            break
    return moved


def apply_reports(
    account: Account, reports: Sequence[StatusReport], *, source: str, messages: Sequence[Message] | None = None
) -> list[int]:
    """Write status reports; returns the ids of the messages that moved. messages: where to look them up, else the table."""
    reports = [news.clean(report) for report in reports]
    by_remote, by_reference = _index(account, reports, messages)
    updates = []
    for report in reports:
        message = _meant(report, by_remote, by_reference)
        if message is None or report.status == message.status:
            continue
        may_know_more = report.status in (S.ACCEPTED, S.SENT) and not report.is_last
        ask_at = timezone.now() + timedelta(seconds=ASK_AFTER[3]) if may_know_more else None
        updates.append(
            Update(
                message_id=message.pk,
                status=report.status,
                reason=report.reason or "",
                note=report.note,
                remote_id=report.remote_id,
                ask_at=ask_at,
            )
        )
    return [change.message_id for change in apply(updates, source=source)]


def _meant(
    report: StatusReport, by_remote: Mapping[str, Message], by_reference: Mapping[str, Message]
) -> Message | None:
    """By our reference where the message it names may have the gateway's id: channels number separately, and so does a
    gateway that was reset. Else by the id, since a reference may be another program's."""
    named = by_reference.get(report.reference)
    if named and (named.remote_id == report.remote_id or (not named.remote_id and named.attempted_at)):
        return named
    return by_remote.get(report.remote_id) or named


def known_reports(account: Account, reports: Sequence[StatusReport]) -> list[StatusReport]:
    """Those of the reports that are about messages we know."""
    by_remote, by_reference = _index(account, reports, None)
    return [report for report in reports if report.remote_id in by_remote or report.reference in by_reference]


def fetch_incoming(account: Account, provider: Provider) -> int:
    """Ask for what came in. Returns how many messages were new."""
    started = timezone.now()
    since = account.received_until - OVERLAP if account.received_until else None
    items = provider.fetch_incoming(since)
    items.sort(key=lambda item: item.at)
    new = _take_in(account, items, partial(inbox.receive, account), inbox.remote_id_of)
    Account.objects.filter(pk=account.pk).update(received_until=started)
    return new


def _identity(report: StatusReport) -> str:
    return f"{report.remote_id}|{report.reference}|{report.status}"


def _take_in(
    account: Account, items: Sequence[Item], take: Callable[[Sequence[Item]], Sized], name: Callable[[Item], str]
) -> int:
    """Hand over what a poll brought; where that breaks, one by one, and what breaks alone is set aside: it stops nothing
    behind it. Returns how much was new. name: what tells an item from others, in each poll."""
    try:
        return len(take(items))
    except (OperationalError, InterfaceError):
        raise  # the database is away: asked for again
    except Exception:
        if len(items) > 1:
            return sum(_take_in(account, [item], take, name) for item in items)
        log.exception("News of %s could not be taken in", account)
        news.set_aside(account, items[0], identity=name(items[0]))
        return 0


def _index(
    account: Account, reports: Sequence[StatusReport], messages: Sequence[Message] | None
) -> tuple[dict[str, Message], dict[str, Message]]:
    if messages is None:
        ours = Message.objects.filter(account=account, direction=Message.Direction.OUT)
        references = {int(r.reference) for r in reports if r.reference.isdigit() and len(r.reference) < 19}
        messages = [
            *sent_as({r.remote_id for r in reports if r.remote_id}, accounts=[account.pk]),
            *ours.filter(id__in=references),
        ]
    by_reference = {str(message.pk): message for message in messages}
    return {message.remote_id: message for message in messages if message.remote_id}, by_reference


def _ask_later(messages: Sequence[Message]) -> None:
    """Plan the next question for those that are still waiting, further away each time."""
    now = timezone.now()
    by_asked: dict[int, list[int]] = {}
    for message in messages:
        by_asked.setdefault(message.asked, []).append(message.pk)
    for asked, ids in by_asked.items():
        waiting = Message.objects.filter(id__in=ids, status__in=[S.ACCEPTED, S.SENT], ask_at__lte=now)
        waiting.update(ask_at=ask_again_at(asked, now=now), asked=F("asked") + 1)


def pause_for(account: Account, *, now: datetime) -> timedelta:
    """How long until the next look: short while a campaign runs or an answer is due, long where it is night."""
    if _is_busy(account, now):
        return BUSY
    names = set(account.lines.values_list("time_zone", flat=True)) or {""}
    hours = [now.astimezone(zone_named(name) or ZoneInfo(settings.TIME_ZONE)).hour for name in names]
    return AT_NIGHT if all(hour >= NIGHT[0] or hour < NIGHT[1] for hour in hours) else IDLE


def hurry(*, now: datetime) -> int:
    """Have accounts that just began to send asked soon, also those that rest for the night. Returns how many."""
    sending = Line.objects.filter(lease_until__gt=now).values("account_id")
    return Account.objects.filter(pk__in=sending, next_poll_at__gt=now + BUSY).update(next_poll_at=now + BUSY)


def _is_busy(account: Account, now: datetime) -> bool:
    """Whether news is likely soon: something is on its way, waits to go out, or was until a moment ago."""
    lines = Line.objects.filter(account=account)
    if lines.filter(lease_until__gt=now).exists() or lines_with_work(now).filter(account=account).exists():
        return True
    is_in_doubt = Q(status=S.UNKNOWN, ask_at__isnull=False)
    return Message.objects.filter(Q(ask_at__lte=now + timedelta(seconds=10)) | is_in_doubt, account=account).exists()
