"""After an older copy of the database was restored: nothing of it leaves by itself, since it may have been sent after the copy
was made. Every campaign that was on its way asks before it goes on (`campaigns.late`)."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _
from django_q.models import OrmQ

from campaigns import handing, lifecycle
from campaigns.models import Campaign, CampaignEvent, GatewayRun, PanicStop, Recipient, Series
from contacts.refusal import Refused
from messaging import clock
from messaging.automation import reminders
from messaging.models import Reminder
from messaging.outbox.restored import doubt_all, number_anew
from messaging.providers.errors import Reason

S = Campaign.State


@dataclass(frozen=True, kw_only=True)
class Restored:
    """How many of each are asked about or paused."""

    campaigns: int
    drafts: int
    series: int
    reminders: int
    messages: int


def after_restore() -> Restored:
    """Hold everything. Raises Refused while Carillon runs; safe to run again, and to interrupt."""
    if clock.is_alive():
        raise Refused(_("Carillon is running. Stop it on every machine first."))
    number_anew()
    OrmQ.objects.all().delete()  # the clock hands out anew what is still wanted
    PanicStop.objects.filter(finished_at=None).delete()
    note = _("an older copy of the database was restored")
    series = Series.objects.filter(is_paused=False).update(is_paused=True, note=note)
    paused = [reminders.pause(each, user=None) for each in Reminder.objects.filter(is_paused=False)]
    begun = list(Campaign.objects.filter(state__in=(S.RUNNING, S.BLOCKED, S.PAUSED)))
    for campaign in begun:
        _hold(campaign, note=note)
    coming = list(Campaign.objects.filter(state__in=(S.PREPARING, S.SCHEDULED)))
    for campaign in coming:
        lifecycle.transition(campaign, S.DRAFT, note=note)
    return Restored(
        campaigns=len(begun), drafts=len(coming), series=series, reminders=len(paused), messages=doubt_all()
    )


def _hold(campaign: Campaign, *, note: str) -> None:
    """Pause it with the question; parts that were to be handed over to a gateway are looked for there by their names."""
    with transaction.atomic():
        if campaign.state != S.PAUSED:
            lifecycle.transition(campaign, S.PAUSED, reason=Reason.RESTORED, note=note)
        elif campaign.reason != Reason.RESTORED:
            Campaign.objects.filter(pk=campaign.pk).update(reason=Reason.RESTORED)
            CampaignEvent.objects.create(campaign=campaign, before=S.PAUSED, after=S.PAUSED, note=note)
        is_waiting = Recipient.objects.filter(run__campaign=campaign, state=Recipient.State.QUEUED, message=None)
        for run in campaign.gateway_runs.filter(state=GatewayRun.State.PLANNED, pk__in=is_waiting.values("run")):
            handing.doubt(run, reason=Reason.RESTORED)
