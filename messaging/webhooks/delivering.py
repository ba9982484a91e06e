"""Calling receivers: each in its own thread, a slice of time each turn, so that a slow one holds nobody else up.

The rows are the queue. A row waits until its answer is written down, so a process that is killed loses none; a receiver may
then hear something twice, with the same id.
"""

import logging
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from messaging import guard, health, stopping
from messaging.lease import Singleton
from messaging.models import Incident, Webhook, WebhookDelivery
from messaging.webhooks.signing import body_of, headers_of

log = logging.getLogger(__name__)

SECONDS = 12.0  # a turn; a call under way then may take CALL_SECONDS more
CALL_SECONDS = 5.0
PER_BATCH = 20
AT_ONCE = 16  # receivers
TRY_AGAIN = [10, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400]  # seconds; more than two days
LONGEST_REST = 60  # seconds of a receiver that fails
STREAK = 10  # failures in a row, and WEBHOOK_OFF_AFTER_HOURS of them, before it goes off
S = WebhookDelivery.State


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What came of one call. problem: "" for an answer in 200–299."""

    delivery: WebhookDelivery
    status_code: int = 0
    problem: str = ""
    answer: str = ""
    elapsed_ms: int = 0


def is_due(now: datetime) -> bool:
    """Whether somebody is to be called now."""
    return _due_receivers(now, set()).exists()


def deliver_due(*, seconds: float = SECONDS) -> int:
    """Call whom there is something to tell; one copy at a time. Returns how many were delivered."""
    turn = Singleton("webhooks", seconds=60)
    if not turn.acquire():
        return 0
    deadline, delivered = time.monotonic() + seconds, 0
    under_way: dict[Future[list[Tried]], int] = {}
    try:
        with ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="webhook") as pool:
            while True:
                if time.monotonic() < deadline and not stopping.is_wanted():
                    for webhook, batch in _next(set(under_way.values())):
                        under_way[pool.submit(_call_all, webhook, batch, deadline)] = webhook.pk
                if not under_way:
                    break
                done, _waiting = wait(under_way, timeout=0.5, return_when=FIRST_COMPLETED)
                for future in done:
                    delivered += record(under_way.pop(future), future.result())
                turn.renew()
    finally:
        turn.release()
    return delivered


def record(webhook_id: int, tried: Sequence[Tried]) -> int:
    """Write down what came of calls to one receiver. Returns how many arrived."""
    now = timezone.now()
    arrived = [each for each in tried if not each.problem]
    with transaction.atomic():
        for each in tried:
            _note(each, now)
        if arrived:
            Webhook.objects.filter(pk=webhook_id).update(failures=0, failing_since=None, delivered_at=now)
        if tried and tried[-1].problem:
            _rest(webhook_id, tried[-1], now)
    return len(arrived)


def _due_receivers(now: datetime, but: set[int]) -> QuerySet[Webhook]:
    due = WebhookDelivery.objects.filter(webhook=OuterRef("pk"), state=S.WAITING, next_attempt_at__lte=now)
    ready = Webhook.objects.filter(Exists(due), is_active=True, next_attempt_at__lte=now)
    return ready.exclude(pk__in=but).order_by("next_attempt_at")


def _next(busy: set[int]) -> list[tuple[Webhook, list[WebhookDelivery]]]:
    """A batch for each receiver that is free."""
    now = timezone.now()
    found = []
    for webhook in _due_receivers(now, busy)[: max(0, AT_ONCE - len(busy))]:
        waiting = WebhookDelivery.objects.filter(webhook=webhook, state=S.WAITING, next_attempt_at__lte=now)
        found.append((webhook, list(waiting.order_by("id")[:PER_BATCH])))
    return found


def _call_all(webhook: Webhook, batch: Sequence[WebhookDelivery], deadline: float) -> list[Tried]:
    """In a thread: no database here. Stops at the first failure, and when the turn is over."""
    tried: list[Tried] = []
    for delivery in batch:
        if tried and (tried[-1].problem or time.monotonic() > deadline):
            break
        try:
            tried.append(call(webhook, delivery))
        except Exception as fault:  # of ours: what came of the calls to others is still written down
            log.exception("Calling webhook %s broke", webhook.pk)
            tried.append(Tried(delivery=delivery, problem=type(fault).__name__))
    return tried


def call(webhook: Webhook, delivery: WebhookDelivery) -> Tried:
    """One call."""
    body, started = body_of(delivery), time.perf_counter()
    headers = headers_of(delivery, body, secret=webhook.secret, now=time.time())
    status, problem, answer = 0, "", ""
    try:
        got = guard.post(webhook.url, content=body, headers=headers, seconds=CALL_SECONDS)
        status, answer = got.status_code, got.content[:300].decode("utf-8", errors="replace").replace("\x00", "")
        problem = "" if 200 <= status < 300 else f"HTTP {status}"
    except guard.NotAllowed as refusal:
        problem = str(refusal)
    except guard.Unreachable as unreachable:
        problem = str(unreachable)
    elapsed = round((time.perf_counter() - started) * 1000)
    return Tried(delivery=delivery, status_code=status, problem=problem, answer=answer, elapsed_ms=elapsed)


def _note(tried: Tried, now: datetime) -> None:
    attempts = tried.delivery.attempts
    is_last = attempts >= len(TRY_AGAIN)
    again = None if not tried.problem or is_last else now + timedelta(seconds=TRY_AGAIN[attempts])
    state = S.DELIVERED if not tried.problem else S.FAILED if is_last else S.WAITING
    WebhookDelivery.objects.filter(pk=tried.delivery.pk).update(
        state=state, attempts=F("attempts") + 1, next_attempt_at=again, status_code=tried.status_code, attempted_at=now,
        problem=tried.problem[:100], answer=tried.answer, elapsed_ms=tried.elapsed_ms,
    )  # fmt: skip


def _rest(webhook_id: int, tried: Tried, now: datetime) -> None:
    """A receiver that failed rests a little; one that failed for very long goes off, with an incident."""
    webhook = Webhook.objects.select_for_update().filter(pk=webhook_id).first()
    if webhook is None:
        return  # deleted while it was called
    webhook.failures += 1
    webhook.failing_since = webhook.failing_since or now
    webhook.next_attempt_at = now + timedelta(seconds=min(2 ** min(webhook.failures, 10), LONGEST_REST))
    limit = timedelta(hours=settings.WEBHOOK_OFF_AFTER_HOURS)
    if webhook.failures >= STREAK and now - webhook.failing_since >= limit:
        webhook.is_active = False
        health.open_incident(kind=Incident.Kind.WEBHOOK_OFF, webhook=webhook, note=tried.problem)
        log.warning("Webhook %s is off: it failed %s times in a row", webhook.pk, webhook.failures)
    webhook.save(update_fields=["failures", "failing_since", "next_attempt_at", "is_active"])
