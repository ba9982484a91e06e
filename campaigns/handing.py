"""Handing a campaign over to gateways that send it by themselves: pieces of people, each handed over once, and what came
of each call. Nothing is handed over twice unless it was certainly not taken, or a person says so."""

import logging
import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns import lifecycle
from campaigns.models import Campaign, CampaignEvent, GatewayRun, Recipient
from contacts import consent
from contacts.refusal import Refused
from messaging import health, pace, tally
from messaging.gateway import provider_of, route_of
from messaging.models import Line, Message
from messaging.outbox.adopting import adopt_many
from messaging.parts import count_parts
from messaging.providers import PROVIDERS
from messaging.providers.errors import AccountRejected, MessageRejected, NotSent, OutcomeUnknown, ProviderError, Reason
from messaging.providers.shapes import CampaignPlan, PushedCampaign

log = logging.getLogger(__name__)
S = Campaign.State
R = Recipient.State
Run = GatewayRun.State

FIRST_LOOK = timedelta(seconds=2)  # after a call, before the gateway is asked what it made of it
WAITS = (R.QUEUED, R.UNKNOWN)  # states of people in a piece that the gateway is not known to have


def take_piece(campaign: Campaign, line: Line) -> GatewayRun | None:
    """The next people without a piece, as one for this line; None when nobody is left or it does not run any more."""
    with transaction.atomic():
        locked = Campaign.objects.select_for_update().get(pk=campaign.pk)
        if locked.state != S.RUNNING:
            return None
        size = PROVIDERS[line.account.provider].capabilities.campaign_size
        planned = Recipient.objects.filter(campaign=locked, state__is=R.PLANNED).order_by("id")
        people = list(planned.values_list("id", flat=True)[:size])
        if not people:
            return None
        number = GatewayRun.objects.filter(campaign=locked).count() + 1
        run = GatewayRun.objects.create(
            campaign=locked, line=line, number=number, name=_name(locked, number), size=len(people)
        )
        Recipient.objects.filter(id__in=people).update(run=run, state=R.QUEUED)
        _count(locked, R.PLANNED, R.QUEUED, len(people))
    return run


def hand_over(run: GatewayRun) -> None:
    """One call to the gateway, and what came of it written down. Does nothing when it is not its time."""
    phones = _set_off(run)
    if not phones:
        return
    plan = plan_of(run, phones)
    try:
        with provider_of(run.line.account) as provider:
            pushed = provider.push_campaign(plan)
    except (NotSent, AccountRejected) as problem:
        _postpone(run, problem)
    except MessageRejected as problem:
        end(run, R.FAILED, reason=problem.reason, note=problem.detail, state=Run.REJECTED)
    except OutcomeUnknown as problem:
        doubt(run, reason=problem.reason, note=problem.detail)
    except Exception:  # a fault of ours, after which nobody knows what left: unknown is the honest word
        log.exception("Handing over %s broke", run)
        doubt(run, reason=Reason.GATEWAY_ERROR, note=_("a fault in Carillon"))
    else:
        adopt(run, pushed)


def plan_of(run: GatewayRun, phones: Iterable[str]) -> CampaignPlan:
    """A piece as the provider sees it."""
    return CampaignPlan(
        name=run.name, route=route_of(run.line), body=run.campaign.body, phones=tuple(phones), pushed_at=run.pushed_at
    )


def adopt(run: GatewayRun, pushed: PushedCampaign) -> None:
    """The gateway has it: everybody in it has a message from now on."""
    with transaction.atomic():
        locked = _locked(run)
        if locked.state not in (Run.SENDING, Run.UNKNOWN):
            return
        if pushed.left_out:
            _move_people(locked, _waiting(locked).filter(phone__in=pushed.left_out), R.FAILED, Reason.REJECTED)
        _write_messages(locked)
        locked.state, locked.reason, locked.note, locked.looks = Run.RUNNING, "", "", 0
        locked.remote_id, locked.message_ids = pushed.remote_id, list(pushed.remote_message_ids)
        locked.look_at = timezone.now() + FIRST_LOOK
        locked.save()
    run.refresh_from_db()


def doubt(run: GatewayRun, *, reason: str, note: str = "") -> None:
    """Nobody knows whether the gateway has it."""
    with transaction.atomic():
        locked = _locked(run)
        _move_people(locked, _waiting(locked), R.UNKNOWN, reason)
        locked.state, locked.reason, locked.note, locked.looks = Run.UNKNOWN, reason, note[:300], 0
        locked.look_at = timezone.now() + FIRST_LOOK
        locked.save()
    run.refresh_from_db()


def end(run: GatewayRun, people: str, *, reason: str, state: str, note: str = "") -> None:
    """It is not sent: whoever in it the gateway is not known to have ends in this state."""
    with transaction.atomic():
        locked = _locked(run)
        _move_people(locked, _waiting(locked), people, reason)
        locked.state, locked.reason, locked.note, locked.look_at = state, reason, note[:300], None
        locked.save()
    run.refresh_from_db()


def hand_over_again(run: GatewayRun, *, user: User | None) -> None:
    """A person says that the gateway does not have it: it is handed over once more, under a new name."""
    with transaction.atomic():
        locked = _decidable(run)
        if locked.campaign.state not in (S.RUNNING, S.BLOCKED, S.PAUSED):
            raise Refused(_("The campaign has been ended; nothing of it is handed over any more."))
        _move_people(locked, _waiting(locked), R.QUEUED, "")
        locked.name = _name(locked.campaign, locked.number)
        locked.state, locked.reason, locked.note, locked.look_at = Run.PLANNED, "", "", timezone.now()
        locked.save()
        _note(locked, user, _("part %(n)s is handed over again") % {"n": locked.number})


def drop(run: GatewayRun, *, user: User | None) -> None:
    """A person says that it is not to be handed over again, whatever became of it."""
    with transaction.atomic():
        locked = _decidable(run)
        end(locked, R.FAILED, reason=Reason.DROPPED, state=Run.REJECTED)
        _note(locked, user, _("part %(n)s is not handed over again") % {"n": locked.number})


def _set_off(run: GatewayRun) -> list[str]:
    """Mark it as under way, committed before anything leaves. Who opted out meanwhile, or is too late, stays behind."""
    now = timezone.now()
    with transaction.atomic():
        campaign = Campaign.objects.select_for_update().get(pk=run.campaign_id)
        locked = _locked(run)
        if campaign.state != S.RUNNING or locked.state != Run.PLANNED or not locked.look_at or locked.look_at > now:
            return []
        gone = consent.opted_out(campaign.channel).filter(phone_key=OuterRef("phone_key"))
        _move_people(locked, _waiting(locked).filter(Exists(gone)), R.CANCELLED, Reason.OPTED_OUT)
        _move_people(locked, _waiting(locked).filter(contact=None), R.FAILED, Reason.CONTACT_DELETED)
        phones = list(_waiting(locked).order_by("id").values_list("phone", flat=True))
        locked.state, locked.pushed_at, locked.attempts = Run.SENDING, now, locked.attempts + 1
        if not phones:
            locked.state, locked.look_at = Run.FINISHED, None
        locked.save()
    run.refresh_from_db()
    return phones


def _postpone(run: GatewayRun, problem: NotSent | AccountRejected) -> None:
    """Certainly not taken: again by itself, later each time; the campaign says what it waits for."""
    pause = max(pace.backoff(run.attempts), timedelta(seconds=getattr(problem, "retry_after", None) or 0))
    GatewayRun.objects.filter(pk=run.pk, state=Run.SENDING).update(
        state=Run.PLANNED, reason=problem.reason, note=problem.detail, look_at=timezone.now() + pause
    )
    run.refresh_from_db()
    if isinstance(problem, AccountRejected):
        health.block(run.line, problem)
        block(run.campaign, problem)


def block(campaign: Campaign, problem: ProviderError) -> None:
    """It cannot go on now; a person who moved it meanwhile wins."""
    try:
        lifecycle.transition(campaign, S.BLOCKED, reason=problem.reason)
    except Refused:
        campaign.refresh_from_db()


def _write_messages(run: GatewayRun) -> None:
    people = list(_waiting(run).order_by("id"))
    campaign = run.campaign
    parts = count_parts(campaign.body) if run.line.channel == "sms" else 1
    messages = adopt_many(
        [
            Message(
                account_id=run.line.account_id,
                line=run.line,
                channel=run.line.channel,
                phone=person.phone,
                phone_key=person.phone_key,
                contact_id=person.contact_id,
                body=campaign.body,
                parts=parts,
                batch_id=campaign.batch_id,
                priority=Message.Priority.CAMPAIGN,
                attempts=1,
                attempted_at=run.pushed_at,
            )
            for person in people
        ]
    )
    for before in WAITS:
        _count(campaign, before, R.ACCEPTED, sum(person.state == before for person in people))
    for person, message in zip(people, messages, strict=True):
        person.message, person.state, person.reason = message, R.ACCEPTED, ""
    Recipient.objects.bulk_update(people, ["message", "state", "reason"], batch_size=200)


def _waiting(run: GatewayRun) -> QuerySet[Recipient]:
    return Recipient.objects.filter(Q(state__in=WAITS), run=run, message=None)


def _move_people(run: GatewayRun, people: QuerySet[Recipient], to: str, reason: str) -> None:
    for before in WAITS:
        if before != to:
            _count(run.campaign, before, to, people.filter(state=before).update(state=to, reason=reason))


def _count(campaign: Campaign, before: str, after: str, people: int) -> None:
    tally.add({(campaign.tally_scope, before): -people, (campaign.tally_scope, after): people})


def _locked(run: GatewayRun) -> GatewayRun:
    rows = GatewayRun.objects.select_for_update(of=("self",)).select_related("campaign", "line__account")
    return rows.get(pk=run.pk)


def _decidable(run: GatewayRun) -> GatewayRun:
    locked = _locked(run)
    if locked.state != Run.UNKNOWN:
        raise Refused(_("It is known by now what became of it."))
    if locked.look_at is not None:
        raise Refused(_("The gateway is still being asked about it. Wait a minute."))
    return locked


def _note(run: GatewayRun, user: User | None, note: str) -> None:
    state = run.campaign.state
    CampaignEvent.objects.create(campaign=run.campaign, before=state, after=state, note=note, user=user)


def _name(campaign: Campaign, number: int) -> str:
    """Readable in the gateway's panel, and no other campaign's."""
    return f"{campaign.name[:90].replace(',', ' ')} {number} ({campaign.pk}-{secrets.token_hex(4)})"
