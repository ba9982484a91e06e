"""The red button: everything stopped at once, what gateways still hold asked back, and a report that fills by itself.

Whoever a gateway dropped is `cancelled`; a resumed campaign touches only people without a message, so they stay that way."""

import time
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from campaigns import halting
from campaigns.models import Campaign, GatewayRun, PanicStop, TakeBack
from campaigns.panic_report import count
from messaging.clock import enqueue_once
from messaging.gateway import outgoing, provider_of, route_of
from messaging.lease import Singleton
from messaging.models import Account, Message, MessageEvent, Reminder
from messaging.outbox import Update, apply
from messaging.providers import PROVIDERS
from messaging.providers.base import Provider
from messaging.providers.errors import MessageRejected, ProviderError, Reason
from messaging.providers.shapes import Accepted, Outcome

S = Campaign.State
Run = GatewayRun.State
Answer = TakeBack.Outcome

SLICE = 20.0  # seconds a task asks gateways
LIMIT = timedelta(minutes=10)  # after which nobody is asked any more: the rest is not confirmed
AT_ONCE = 20  # messages asked back with one call, or one after the other where the gateway takes one per call


def stop_everything(*, user: User | None) -> PanicStop:
    """Hold every campaign, series and reminder now; the gateways are asked by tasks. Campaigns that were paused already, or
    ended today, are asked back too."""
    stop = halting.press(user=user)
    halting.hold_campaigns(stop)
    Reminder.objects.filter(pk__in=[row["id"] for row in stop.counts["reminders"]]).update(is_paused=True)
    _write_numbers(stop)
    enqueue_once(f"panic:{stop.pk}", work, stop.pk, seconds=1)
    return stop


def sweep() -> None:
    """Called by the clock: a stop that is not settled goes on, also after a crash."""
    for stop_id in PanicStop.objects.filter(finished_at=None).values_list("id", flat=True):
        enqueue_once(f"panic:{stop_id}", work, stop_id, seconds=2)


def work(stop_id: int) -> None:
    """Ask gateways for a slice of time, and count. One copy at a time; can be called again and again."""
    turn = Singleton(f"panic:{stop_id}", seconds=60)
    if not turn.acquire():
        return
    try:
        stop = PanicStop.objects.get(pk=stop_id)
        if stop.finished_at:
            return
        halting.hold_campaigns(stop)
        halting.hold_reminders(stop)
        now, deadline = timezone.now(), time.monotonic() + SLICE
        is_over = now > stop.at + LIMIT
        for account in () if is_over else _accounts(stop):
            _ask_account(stop, account, deadline)
        is_over = is_over or not _awaits(stop)
        _write_numbers(stop, is_over=is_over and halting.is_held(stop))
    finally:
        turn.release()


def _write_numbers(stop: PanicStop, *, is_over: bool = False) -> None:
    """Count; in the end for good."""
    with transaction.atomic():
        locked = PanicStop.objects.select_for_update().get(pk=stop.pk)
        locked.counts["numbers"] = count(locked)
        locked.finished_at = timezone.now() if is_over else None
        locked.save(update_fields=["counts", "finished_at"])
    stop.refresh_from_db()


def _campaign_ids(stop: PanicStop) -> list[int]:
    """Those that were held: of campaigns that had ended, only what they had handed over is asked back."""
    return [row["id"] for row in halting.campaigns_of(stop) if row["was"] not in halting.ENDED]


def _ended_ids(stop: PanicStop) -> list[int]:
    return [row["id"] for row in halting.campaigns_of(stop) if row["was"] in halting.ENDED]


def _to_ask(stop: PanicStop) -> QuerySet[Message]:
    """What gateways with a call for it still hold. Of a campaign that was resumed meanwhile, nothing is taken back, and of
    one that had ended, nothing that somebody sent again since."""
    asked = TakeBack.objects.filter(stop=stop, message=OuterRef("pk"))
    able = [slug for slug, provider in PROVIDERS.items() if provider.capabilities.cancel]
    held, ended = _campaign_ids(stop), _ended_ids(stop)
    handed_over = Q(batch__campaign__in=ended, attempted_at__range=(stop.at - halting.RECENT, stop.at))
    return Message.objects.filter(
        Q(batch__campaign__in=held, batch__is_held=True) | handed_over,
        ~Exists(asked), batch__campaign__in=[*held, *ended], batch__campaign__mode=Campaign.Mode.CARILLON,
        status=Message.Status.ACCEPTED, account__provider__in=able,
    )  # fmt: skip


def _accounts(stop: PanicStop) -> Sequence[Account]:
    return list(Account.objects.filter(pk__in=_to_ask(stop).order_by().values("account")))


def _awaits(stop: PanicStop) -> bool:
    """Whether a gateway is still to be asked, a call is under way, or a gateway was not told yet to stop a campaign."""
    held = Message.objects.filter(batch__campaign__in=_campaign_ids(stop), batch__is_held=True)
    if _to_ask(stop).exists() or held.filter(status=Message.Status.SENDING).exists():
        return True
    paused = GatewayRun.objects.filter(campaign__in=_campaign_ids(stop), campaign__state=S.PAUSED)
    able = [slug for slug, provider in PROVIDERS.items() if provider.capabilities.campaign_kinds]
    started = paused.filter(state=Run.RUNNING, asked=GatewayRun.Asked.START, line__account__provider__in=able)
    return started.exists() or paused.filter(state=Run.SENDING).exists()


def _ask_account(stop: PanicStop, account: Account, deadline: float) -> None:
    """The newest first, as they are the likeliest to be there still. What got no answer is asked again by the next task."""
    size, below = max(AT_ONCE, PROVIDERS[account.provider].capabilities.batch_size), None
    with provider_of(account) as provider:
        while time.monotonic() < deadline:
            waiting = _to_ask(stop).filter(account=account).select_related("line").order_by("-id")
            messages = list((waiting.filter(pk__lt=below) if below else waiting)[:size])
            if not messages or not _ask(stop, provider, messages):
                return
            below = messages[-1].pk


def _ask(stop: PanicStop, provider: Provider, messages: Sequence[Message]) -> bool:
    """One round of asking, written down. False when the gateway answered about none of them."""
    outcomes: Sequence[Outcome]
    try:
        outcomes = provider.cancel([outgoing(each, route_of(each.line)) for each in messages if each.line])
    except ProviderError as problem:
        outcomes = [problem] * len(messages)
    answers = [
        TakeBack(stop=stop, message=message, outcome=answer, note=_words(outcome))
        for message, outcome in zip(messages, outcomes, strict=True)
        if (answer := _answer(outcome))
    ]
    with transaction.atomic():
        apply(list(_updates(answers)), source=MessageEvent.Source.ENGINE, user_id=stop.created_by_id)
        TakeBack.objects.bulk_create(answers)
    return bool(answers)


def _answer(outcome: Outcome) -> str:
    """What a gateway's word about one message means; "" for a call that did not get through."""
    if isinstance(outcome, Accepted):
        return Answer.DROPPED
    if isinstance(outcome, MessageRejected):
        return Answer.UNCONFIRMED if outcome.reason == Reason.NOT_SUPPORTED else Answer.GONE
    return ""


def _words(outcome: Outcome) -> str:
    return outcome.detail if isinstance(outcome, ProviderError) else ""


def _updates(answers: Iterable[TakeBack]) -> Iterable[Update]:
    for answer in answers:
        if answer.outcome == Answer.DROPPED:
            yield Update(message_id=answer.message_id, status=Message.Status.CANCELLED, reason=Reason.CANCELLED)
