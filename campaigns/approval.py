"""A second person's yes: asked for, given or refused with a word, void as soon as the campaign is another, and demanded
where it goes to more people than `APPROVAL_ABOVE`. Each step is written into the campaign's history."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns import fingerprint
from campaigns.models import Campaign, CampaignEvent, FlightPlan
from contacts.refusal import Refused

MAY = "campaigns.approve_campaign"
GROWTH = 100  # more than one newcomer in so many people makes an audience another one
NONE, ASKED, APPROVED, REFUSED, VOID = "none", "asked", "approved", "refused", "void"


@dataclass(frozen=True, kw_only=True)
class Approval:
    """Where a campaign stands. state: NONE, ASKED, APPROVED, REFUSED, or VOID: asked for or given, but for something else.
    changes: what is not what it was, in words."""

    state: str
    is_needed: bool
    plan: FlightPlan | None = None
    changes: list[str] = field(default_factory=list)


def is_needed(people: int) -> bool:
    """Whether somebody else has to agree before so many people are written to."""
    return bool(0 < settings.APPROVAL_ABOVE < people)


def standing(campaign: Campaign, *, people: int | None) -> Approval:
    """Where it stands now. people: how many would get it; None while nobody has counted them."""
    return _judged(_newest(campaign), campaign, people=people)


def _judged(plan: FlightPlan | None, campaign: Campaign, *, people: int | None) -> Approval:
    needed = people is not None and is_needed(people)
    if plan is None or plan.asked_at is None:
        return Approval(state=NONE, is_needed=needed)
    if changes := changes_since(plan, campaign, people=people):
        return Approval(state=VOID, is_needed=needed, plan=plan, changes=changes)
    state = APPROVED if plan.approved_at else REFUSED if plan.refused_at else ASKED
    return Approval(state=state, is_needed=needed, plan=plan)


def ask(campaign: Campaign, *, people: int, numbers: dict[str, Any] | None = None, user: User) -> FlightPlan:
    """Ask for somebody's yes to the campaign as it is now. numbers: what was known about it, for whoever looks at it."""
    with transaction.atomic():
        current = _locked_draft(campaign)
        found = standing(current, people=people)
        if found.state in (ASKED, APPROVED):
            raise Refused(_("It has been asked for already."))
        plan = _write(current, people=people, numbers=numbers, user=user, asked_at=timezone.now())
        _note(current, _("Asked for approval"), user)
    return plan


def approve(campaign: Campaign, *, plan_id: int, people: int, note: str = "", user: User) -> FlightPlan:
    """Say yes to the plan one has seen. Refused where one asked for it or made the campaign, and where it has changed."""
    with transaction.atomic():
        current, plan = _locked_question(campaign, plan_id)
        _refuse_own(current, plan, user)
        if changes := changes_since(plan, current, people=people):
            raise Refused(_void(changes))
        plan.approved_by, plan.approved_at, plan.note = user, timezone.now(), note.strip()[:300]
        plan.save(update_fields=["approved_by", "approved_at", "note"])
        _note(current, _said(_("Approved"), plan.note), user)
    return plan


def refuse(campaign: Campaign, *, plan_id: int, note: str, user: User) -> FlightPlan:
    """Say no, and what has to be another way."""
    if not note.strip():
        raise Refused(_("Say what has to change, so that it can be put right."), field="note")
    with transaction.atomic():
        current, plan = _locked_question(campaign, plan_id)
        plan.refused_by, plan.refused_at, plan.note = user, timezone.now(), note.strip()[:300]
        plan.save(update_fields=["refused_by", "refused_at", "note"])
        _note(current, _said(_("Approval refused"), plan.note), user)
    return plan


def gate(campaign: Campaign, *, people: int, at: datetime | None = None) -> None:
    """Raise Refused where it may not start, or not at that moment, without somebody's yes. at: None is now. A campaign that
    a series made has the yes to its pattern, as long as it is like it."""
    if not is_needed(people):
        return
    found = standing(campaign, people=people)
    pattern = Campaign.objects.filter(series_of__occurrences__campaign=campaign).first()
    if found.state == NONE and pattern and (plan := _newest(pattern)):
        found = _judged(plan, campaign, people=people)
    if found.state == VOID:
        raise Refused(_void(found.changes))
    if found.state == REFUSED:
        raise Refused(_("Its approval was refused: %(note)s") % {"note": found.plan.note if found.plan else ""})
    if found.state != APPROVED:
        raise Refused(
            _("More than %(n)s people would get this: somebody else has to approve it first.")
            % {"n": settings.APPROVAL_ABOVE}
        )
    if found.plan and not _suits(found.plan, at):
        raise Refused(_("It was approved for another time. Keep that time, or ask for approval again."))


def keep(campaign: Campaign, *, people: int, numbers: dict[str, Any] | None = None, user: User | None = None) -> None:
    """Write down what it is that starts or is scheduled, unless the newest plan says so already."""
    plan = _newest(campaign)
    if plan is None or changes_since(plan, campaign, people=people) or plan.refused_at:
        _write(campaign, people=people, numbers=numbers, user=user)


def refuse_changed(campaign: Campaign) -> None:
    """Raise Refused where a scheduled campaign is another one than when it was scheduled: a segment has other rules, a
    group or a line is gone. Newcomers are looked at where it takes somebody's yes (`gate`)."""
    plan = _newest(campaign)
    if plan and (changes := changes_since(plan, campaign, people=None)):
        raise Refused(
            _("It changed after it was scheduled: %(what)s. Look at it again.") % {"what": ", ".join(changes)}
        )


def changes_since(plan: FlightPlan, campaign: Campaign, *, people: int | None) -> list[str]:
    """What matters and is not as it was when the plan was made, in words."""
    before = plan.numbers.get("parts", {})
    found = [str(fingerprint.LABELS[part]) for part in fingerprint.changed(before, fingerprint.parts_of(campaign))]
    then = plan.numbers.get("people")
    if people is not None and then is not None and grown(then, people):
        found.append(_("%(now)s people instead of %(then)s") % {"now": people, "then": then})
    return found


def grown(before: int, after: int) -> bool:
    """Whether so many newcomers make it another audience. Who opted out or was deleted meanwhile does not."""
    return (after - before) * GROWTH > before


def _suits(plan: FlightPlan, at: datetime | None) -> bool:
    """Whether a start at that moment is what was approved: any, where no time stood in the plan; else not before it, and
    where it is scheduled, exactly then."""
    then = plan.numbers.get("start_at")
    if not then:
        return True
    approved = datetime.fromisoformat(then)
    return timezone.now() >= approved if at is None else at == approved


def _newest(campaign: Campaign) -> FlightPlan | None:
    plans = FlightPlan.objects.filter(campaign=campaign).select_related("made_by", "approved_by", "refused_by")
    return plans.order_by("-id").first()


def _write(
    campaign: Campaign,
    *,
    people: int,
    numbers: dict[str, Any] | None,
    user: User | None,
    asked_at: datetime | None = None,
) -> FlightPlan:
    parts = fingerprint.parts_of(campaign)
    starts = campaign.start_at.isoformat() if campaign.start_at else None
    return FlightPlan.objects.create(
        campaign=campaign,
        fingerprint=fingerprint.fingerprint(parts),
        numbers={**(numbers or {}), "parts": parts, "people": people, "start_at": starts},
        made_by=user,
        asked_at=asked_at,
    )


def _locked_draft(campaign: Campaign) -> Campaign:
    current = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if current.state != Campaign.State.DRAFT:
        raise Refused(
            _("Only a draft is approved: this campaign is %(state)s.") % {"state": current.get_state_display()}
        )
    return current


def _locked_question(campaign: Campaign, plan_id: int) -> tuple[Campaign, FlightPlan]:
    """The campaign and the plan that is asked about: the newest, and still open."""
    current = _locked_draft(campaign)
    plan = _newest(current)
    if plan is None or plan.pk != plan_id or plan.asked_at is None:
        raise Refused(_("There is a newer plan. Look at it before you decide."))
    if plan.approved_at or plan.refused_at:
        raise Refused(_("Somebody has decided already."))
    return current, plan


def is_own(campaign: Campaign, plan: FlightPlan | None, user: User) -> bool:
    """Whether somebody wrote the campaign or asked for the approval."""
    return user.pk in (campaign.created_by_id, plan.made_by_id if plan else None)


def _refuse_own(campaign: Campaign, plan: FlightPlan, user: User) -> None:
    if is_own(campaign, plan, user):
        raise Refused(_("Somebody else than who wrote it and who asked has to approve it."))


def _void(changes: list[str]) -> str:
    return _("It changed since approval was asked for: %(what)s. Ask again.") % {"what": ", ".join(changes)}


def _said(what: str, note: str) -> str:
    return f"{what}: {note}"[:300] if note else what


def _note(campaign: Campaign, note: str, user: User) -> None:
    CampaignEvent.objects.create(campaign=campaign, before=campaign.state, after=campaign.state, note=note, user=user)
