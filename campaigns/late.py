"""A campaign past the moment until which it was to be sent, or out of an older copy of the database: it sends nothing more and
asks a person what becomes of the rest."""

import time
from datetime import datetime

from django.contrib.auth.models import User
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_q.tasks import async_task

from campaigns import checks, lifecycle
from campaigns.leaving_out import leave_some_out
from campaigns.models import Campaign, Recipient
from contacts.giving_way import GivingWay
from contacts.refusal import Refused
from messaging import pace
from messaging.models import Message, MessageEvent
from messaging.outbox import Update, apply
from messaging.providers.errors import Reason

S = Campaign.State
R = Recipient.State
SLICE = 1000  # messages ended in one transaction
AT_ONCE = 2.0  # seconds in the request of whoever leaves people out
TASK = 20.0  # seconds of a task that goes on with it


class Verdict(models.TextChoices):
    """What becomes of those who did not get it in time."""

    UNTIL = "until", gettext_lazy("send it, until another moment")
    HOURS = "hours", gettext_lazy("send it whenever the lines are open")
    LEAVE_OUT = "leave_out", gettext_lazy("leave the rest out")


def asks(campaign: Campaign) -> bool:
    """Whether a person has to say what becomes of the rest."""
    if campaign.state not in (S.RUNNING, S.BLOCKED, S.PAUSED):
        return False
    return checks.is_restored(campaign) or checks.is_late(campaign)


def opens_at(campaign: Campaign) -> datetime | None:
    """When the first of its lines is in its opening hours: now, or later; None where no line can send."""
    now = timezone.now()
    lines = [line for line in campaign.lines.select_related("account") if checks.is_usable(line)]
    waits = [pace.closed(line, now=now) for line in lines]
    return min((wait.until if wait else now for wait in waits), default=None)


def decide(campaign: Campaign, *, verdict: str, until: datetime | None = None, user: User | None) -> Campaign:
    """Carry out what a person says. until: the new moment, for UNTIL only. Refused(field="verdict" or "until")."""
    if verdict not in Verdict.values:
        raise Refused(_("Say what becomes of those who did not get it in time."), field="verdict")
    if not asks(campaign):
        raise Refused(_("This campaign is not late, or it has ended."))
    if verdict == Verdict.LEAVE_OUT:
        return _leave_out(campaign, user=user)
    if verdict == Verdict.UNTIL and (until is None or until <= timezone.now()):
        raise Refused(_("Choose a moment in the future."), field="until")
    if verdict == Verdict.HOURS and not checks.is_late(campaign):
        return _go_on(campaign, user=user, note=_("the rest is sent"))
    return _send_until(campaign, until if verdict == Verdict.UNTIL else None, user=user)


def _send_until(campaign: Campaign, until: datetime | None, *, user: User | None) -> Campaign:
    with transaction.atomic():
        locked = Campaign.objects.select_for_update().get(pk=campaign.pk)
        locked.send_before = until
        locked.save(update_fields=["send_before"])
        Message.objects.filter(batch=locked.batch_id, status=Message.Status.QUEUED).update(send_before=until)
        return _go_on(locked, user=user, note=_("it is sent after its last moment"))


def _leave_out(campaign: Campaign, *, user: User | None) -> Campaign:
    """Nobody of the rest gets it. Held first, so that nothing leaves meanwhile. Of many, most follow in the background."""
    if campaign.state != S.PAUSED:
        lifecycle.transition(campaign, S.PAUSED, user=user, reason=Reason.PAST_DEADLINE)
    leave_out(campaign.pk, user.pk if user else None, AT_ONCE)
    campaign.refresh_from_db()
    return campaign


def leave_out(campaign_id: int, user_id: int | None, seconds: float = TASK) -> None:
    """Leave people out for so many seconds; a further task goes on. Safe to run twice, and to begin again after a crash: it
    asks again then. Whoever moves the campaign meanwhile ends it."""
    deadline, give_way = time.monotonic() + seconds, GivingWay()
    user = User.objects.filter(pk=user_id).first() if user_id else None
    while (campaign := Campaign.objects.get(pk=campaign_id)).state == S.PAUSED:
        is_restored = checks.is_restored(campaign)
        reason = Reason.RESTORED if is_restored else Reason.LATE
        if not leave_some_out(campaign, state=R.EXPIRED, reason=reason) and not _end_queued(campaign, user_id):
            was_late = _("the rest is left out, because it was late")
            _go_on(campaign, user=user, note=_("the rest is left out") if is_restored else was_late)
        elif time.monotonic() > deadline:
            async_task(leave_out, campaign_id, user_id)
            return
        give_way()


def _end_queued(campaign: Campaign, user_id: int | None) -> int:
    """End the next ones that wait in the outbox. Returns how many."""
    queued = Message.objects.filter(batch=campaign.batch_id, status=Message.Status.QUEUED).order_by("id")
    ids = list(queued.values_list("id", flat=True)[:SLICE])
    ended = [Update(message_id=pk, status=Message.Status.EXPIRED, reason=Reason.LATE) for pk in ids]
    apply(ended, source=MessageEvent.Source.PERSON, user_id=user_id)
    return len(ids)


def _go_on(campaign: Campaign, *, user: User | None, note: str) -> Campaign:
    """Let it run to its end: where nobody is left, the runner finishes it."""
    if campaign.state == S.PAUSED:
        return lifecycle.transition(campaign, S.RUNNING, user=user, note=note)
    campaign.events.create(before=campaign.state, after=campaign.state, user=user, note=note)
    return campaign
