"""The one place where a campaign changes state: guarded, locked, written down; a wrong move is refused with a sentence."""

from datetime import datetime
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_q.tasks import async_task

from campaigns import approval, audience, checks, local_time
from campaigns.models import Campaign, CampaignEvent, Recipient
from contacts.giving_way import GivingWay
from contacts.refusal import Refused
from messaging.models import Batch, Webhook
from messaging.webhooks.publishing import publish

S = Campaign.State
MAY_BECOME: dict[str, frozenset[str]] = {
    S.DRAFT: frozenset({S.SCHEDULED, S.PREPARING, S.CANCELLED}),
    S.SCHEDULED: frozenset({S.DRAFT, S.PREPARING, S.CANCELLED}),
    S.PREPARING: frozenset({S.RUNNING, S.STOPPING, S.DRAFT}),
    S.RUNNING: frozenset({S.PAUSED, S.BLOCKED, S.STOPPING, S.FINISHED}),
    S.PAUSED: frozenset({S.RUNNING, S.STOPPING}),
    S.BLOCKED: frozenset({S.RUNNING, S.PAUSED, S.STOPPING}),
    S.STOPPING: frozenset({S.CANCELLED}),
    S.FINISHED: frozenset({S.RUNNING}),  # somebody sends a message of it again
    S.CANCELLED: frozenset(),
}


def transition(campaign: Campaign, to: str, *, user: User | None = None, note: str = "", reason: str = "") -> Campaign:
    """Move a campaign. Raises Refused when it may not go there from where it is now (not from where the caller saw it)."""
    now = timezone.now()
    with transaction.atomic():
        current = Campaign.objects.select_for_update().get(pk=campaign.pk)
        if to not in MAY_BECOME[current.state]:
            raise Refused(_refusal(current, to))
        before = current.state
        current.state, current.reason = to, reason
        if to == S.RUNNING and current.started_at is None:
            current.started_at = now
        current.finished_at = now if to in (S.FINISHED, S.CANCELLED) else None
        current.save(update_fields=["state", "reason", "started_at", "finished_at"])
        if current.batch_id:
            Batch.objects.filter(pk=current.batch_id).update(is_held=to in (S.PAUSED, S.STOPPING, S.CANCELLED))
        CampaignEvent.objects.create(campaign=current, before=before, after=to, note=note, user=user)
        publish(Webhook.Event.CAMPAIGN_STATUS, lambda: [_told(current, before, now)])
    campaign.refresh_from_db()
    return campaign


def start(campaign: Campaign, *, user: User | None = None) -> Campaign:
    """Check everything, then freeze the audience in the background and go."""
    return set_off(campaign, people=may_start(campaign), user=user)


def may_start(campaign: Campaign) -> int:
    """Check everything, and count how many people will get it, which takes its time where they are many. Writes nothing;
    raises Refused."""
    if S.PREPARING not in MAY_BECOME[campaign.state]:
        raise Refused(_refusal(campaign, S.PREPARING))
    checks.not_a_pattern(campaign)
    people = checks.ready_to_start(campaign)
    approval.gate(campaign, people=people)
    return people


def set_off(campaign: Campaign, *, people: int, user: User | None = None) -> Campaign:
    """Start what was just checked. people: as `may_start` counted them."""
    with transaction.atomic():
        transition(campaign, S.PREPARING, user=user)
        approval.keep(campaign, people=people, user=user)
        _begin_anew(campaign)
        async_task(prepare, campaign.pk)
    return campaign


def _begin_anew(campaign: Campaign) -> None:
    """Tell this start from one that was called off. What that one has left goes before anybody is frozen."""
    if before := Batch.objects.filter(campaign=campaign).first():
        Campaign.objects.filter(pk=campaign.pk).update(batch=None)
        before.delete()
        campaign.batch = None


def schedule(campaign: Campaign, *, at: datetime, user: User | None = None) -> Campaign:
    """Start by itself at a moment in the future."""
    if at <= timezone.now():
        raise Refused(_("This moment has passed. Choose a later one."), field="start_at")
    if S.SCHEDULED not in MAY_BECOME[campaign.state]:
        raise Refused(_refusal(campaign, S.SCHEDULED))
    campaign.start_at = at
    checks.not_a_pattern(campaign)
    people = checks.ready_to_start(campaign)
    approval.gate(campaign, people=people, at=at)
    with transaction.atomic():
        Campaign.objects.filter(pk=campaign.pk).update(start_at=at)
        approval.keep(campaign, people=people, user=user)
        return transition(campaign, S.SCHEDULED, user=user)


def unschedule(campaign: Campaign, *, user: User | None = None) -> Campaign:
    """Make it a draft again, so that it can be changed; it does not start by itself any more."""
    if campaign.state != S.SCHEDULED:
        raise Refused(_refusal(campaign, S.DRAFT))
    with transaction.atomic():
        Campaign.objects.filter(pk=campaign.pk).update(start_at=None)
        return transition(campaign, S.DRAFT, user=user)


def pause(campaign: Campaign, *, user: User | None = None, note: str = "") -> Campaign:
    """Stop claiming, at once; what is on its way arrives. What a gateway sends by itself is stopped there in a moment."""
    checks.may_pause(campaign)
    return transition(campaign, S.PAUSED, user=user, note=note)


def resume(campaign: Campaign, *, user: User | None = None) -> Campaign:
    """Go on where it stopped: only people without a message are touched. What is not paused goes on by itself, or not at
    all: one whose audience is not written down yet would forget the rest of it."""
    with transaction.atomic():
        current = Campaign.objects.select_for_update().get(pk=campaign.pk)
        if current.state != S.PAUSED:
            raise Refused(_refusal(current, S.RUNNING))
        checks.may_resume(current)
        return transition(campaign, S.RUNNING, user=user)


def cancel(campaign: Campaign, *, user: User | None = None) -> Campaign:
    """End it for good. What has not been sent is not sent; the runner takes it out of the outbox."""
    if campaign.state in (S.DRAFT, S.SCHEDULED):
        return transition(campaign, S.CANCELLED, user=user)
    return transition(campaign, S.STOPPING, user=user)


def moves(campaign: Campaign) -> list[str]:
    """What a person may do with it now: names of functions above."""
    ahead = MAY_BECOME[campaign.state]
    legal = {
        "start": S.PREPARING in ahead,
        "unschedule": campaign.state == S.SCHEDULED,
        "pause": S.PAUSED in ahead,
        "resume": campaign.state == S.PAUSED and not checks.asks_first(campaign),
        "cancel": campaign.state == S.SCHEDULED or S.STOPPING in ahead,
    }
    return [name for name, is_legal in legal.items() if is_legal]


class Place(NamedTuple):
    """How far the freezing has come. start: the batch's id, another one for each start; after: the last contact looked at."""

    start: int = 0
    after: int = 0


def prepare(campaign_id: int) -> None:
    """Freeze the audience of a campaign that was started, and let it run. Safe to call twice, and to interrupt: it goes on
    where it was."""
    place: Place | None = Place()
    give_way = GivingWay()
    while place is not None:
        place = prepare_some(campaign_id, place)
        give_way()


def prepare_some(campaign_id: int, place: Place) -> Place | None:
    """Freeze a slice, unless somebody has called it off; the last one sets the campaign going. place: what the last one
    returned, in this task. Returns None when there is nothing more to do."""
    with transaction.atomic():
        campaign = Campaign.objects.select_for_update().get(pk=campaign_id)
        if campaign.state != S.PREPARING:
            return None
        if campaign.batch is None:
            if audience.forget_some(campaign):
                return place
            campaign.batch = Batch.objects.create(label=campaign.name)
            campaign.save(update_fields=["batch"])
        # The first slice of a task, or it was called off and started again meanwhile.
        if place.start != campaign.batch.pk:
            place = Place(start=campaign.batch.pk, after=audience.frozen_up_to(campaign))
        newest = Recipient.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        try:
            next_one = audience.freeze(campaign, after=place.after)
        except Refused as refusal:  # a segment asks for a group that was deleted meanwhile
            transition(campaign, S.DRAFT, note=refusal.sentence[:300])
            return None
        local_time.set_due(campaign, newer_than=newest, started=_set_going_at(campaign))
        if next_one is None:
            transition(campaign, S.RUNNING)
            return None
    return place._replace(after=next_one)


def _set_going_at(campaign: Campaign) -> datetime:
    """When it was started, also where the freezing goes on later."""
    moves = CampaignEvent.objects.filter(campaign=campaign, after=S.PREPARING).order_by("-id")
    return moves.values_list("at", flat=True).first() or timezone.now()


def _told(campaign: Campaign, before: str, at: datetime) -> dict[str, object]:
    """What other systems hear of a move."""
    return {
        "id": campaign.pk, "name": campaign.name, "state": campaign.state, "before": before,
        "reason": campaign.reason, "at": at,
    }  # fmt: skip


def _refusal(campaign: Campaign, to: str) -> str:
    return _("A campaign that is %(now)s cannot become %(then)s.") % {
        "now": campaign.get_state_display(),
        "then": S(to).label,
    }
