"""A campaign past the moment until which it was to be sent: it sends nothing more and asks a person what becomes of the rest."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns import checks, lifecycle
from campaigns.models import Campaign, Recipient
from contacts.refusal import Refused
from messaging import pace, tally
from messaging.models import Message, MessageEvent
from messaging.outbox import Update, apply
from messaging.providers.errors import Reason

S = Campaign.State
R = Recipient.State
SLICE = 1000  # messages ended in one transaction


class Verdict(models.TextChoices):
    """What becomes of those who did not get it in time."""

    UNTIL = "until", gettext_lazy("send it, until another moment")
    HOURS = "hours", gettext_lazy("send it whenever the lines are open")
    LEAVE_OUT = "leave_out", gettext_lazy("leave the rest out")


def asks(campaign: Campaign) -> bool:
    """Whether a person has to say what becomes of the rest."""
    return campaign.state in (S.RUNNING, S.BLOCKED, S.PAUSED) and checks.is_late(campaign)


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
    return _send_until(campaign, until if verdict == Verdict.UNTIL else None, user=user)


def _send_until(campaign: Campaign, until: datetime | None, *, user: User | None) -> Campaign:
    with transaction.atomic():
        locked = Campaign.objects.select_for_update().get(pk=campaign.pk)
        locked.send_before = until
        locked.save(update_fields=["send_before"])
        Message.objects.filter(batch=locked.batch_id, status=Message.Status.QUEUED).update(send_before=until)
        return _go_on(locked, user=user, note=_("it is sent after its last moment"))


def _leave_out(campaign: Campaign, *, user: User | None) -> Campaign:
    """Nobody of the rest gets it. Held first, so that nothing leaves meanwhile; safe to begin again after a crash."""
    if campaign.state != S.PAUSED:
        lifecycle.transition(campaign, S.PAUSED, user=user, reason=Reason.PAST_DEADLINE)
    with transaction.atomic():
        planned = Recipient.objects.filter(campaign=campaign, state__is=R.PLANNED)
        count = planned.update(state=R.EXPIRED, reason=Reason.LATE)
        tally.add({(campaign.tally_scope, "planned"): -count, (campaign.tally_scope, "expired"): count})
    queued = Message.objects.filter(batch=campaign.batch_id, status=Message.Status.QUEUED).order_by("id")
    while ids := list(queued.values_list("id", flat=True)[:SLICE]):
        ended = [Update(message_id=pk, status=Message.Status.EXPIRED, reason=Reason.LATE) for pk in ids]
        apply(ended, source=MessageEvent.Source.PERSON, user_id=user.pk if user else None)
    return _go_on(campaign, user=user, note=_("the rest is left out, because it was late"))


def _go_on(campaign: Campaign, *, user: User | None, note: str) -> Campaign:
    """Let it run to its end: where nobody is left, the runner finishes it."""
    if campaign.state == S.PAUSED:
        return lifecycle.transition(campaign, S.RUNNING, user=user, note=note)
    campaign.events.create(before=campaign.state, after=campaign.state, user=user, note=note)
    return campaign
