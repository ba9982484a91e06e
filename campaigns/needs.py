"""What waits for a person, each with the page where it is put right."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db.models import OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns import approval
from campaigns.models import Campaign, CampaignEvent, FlightPlan, GatewayRun
from contacts.models import Job
from messaging import standing, threads
from messaging.automation import doubts, firing
from messaging.models import Account, Incident, Line
from messaging.providers.errors import Reason
from messaging.reasons import sentence

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

_QUESTIONS: dict[str, tuple[str, "_StrPromise"]] = {  # reason → where it is answered, and what is asked
    Reason.PAST_DEADLINE: ("#late", gettext_lazy("%(campaign)s is late: send the rest, or leave it out?")),
    Reason.RESTORED: ("#late", gettext_lazy("%(campaign)s comes out of an older copy: does it go on?")),
    Reason.CANARY_FAILED: ("#canary", gettext_lazy("%(campaign)s did badly with the first ones: does it go on?")),
    Reason.CANARY_ASKS: ("#canary", gettext_lazy("%(campaign)s has reached the first ones: does it go on?")),
}
_SHOWN = 5  # of one kind; the page behind the link has the others
_RECENT = timedelta(days=7)  # for how long a failed import is brought up


@dataclass(frozen=True, kw_only=True)
class Need:
    """title: what is the matter; text: what to do; href, action: where. tone: bad, warn or info."""

    title: str
    text: str
    href: str
    action: str
    tone: str
    icon: str


def needs() -> list[Need]:
    """The most urgent first; a fixed number of queries, however much there is."""
    return [
        *_accounts(),
        *_lines(),
        *_silent_gateways(),
        *_campaigns(),
        *_lost_parts(),
        *_unknown(),
        *_missed_reminders(),
        *_doubts(),
        *_imports(),
        *_unread(),
    ]


def approvals(user: User) -> list[Need]:
    """Campaigns that somebody else wants this person's yes to."""
    if not user.has_perm(approval.MAY):
        return []
    asked = FlightPlan.objects.filter(asked_at__isnull=False, approved_at=None, refused_at=None)
    newest = FlightPlan.objects.filter(campaign=OuterRef("campaign")).order_by("-id").values("pk")[:1]
    mine = Q(made_by=user) | Q(campaign__created_by=user)
    open_ones = asked.filter(pk=Subquery(newest), campaign__state=Campaign.State.DRAFT).exclude(mine)
    return [
        Need(
            title=_("%(campaign)s waits for your approval") % {"campaign": plan.campaign.name},
            text=_("%(who)s asked: look at it, then say yes or no.") % {"who": plan.made_by or _("Somebody")},
            href=reverse("campaigns:review", args=[plan.campaign_id]) + "#approval",
            action=_("Look at it"),
            tone="info",
            icon="user-check",
        )
        for plan in open_ones.select_related("campaign", "made_by").order_by("asked_at")[:_SHOWN]
    ]


def _accounts() -> Iterator[Need]:
    for account in Account.objects.exclude(state=Account.State.READY)[:_SHOWN]:
        is_new = account.state == Account.State.NEW
        title = _("%(account)s has not been tested yet") if is_new else _("%(account)s is blocked")
        yield Need(
            title=title % {"account": account.name},
            text=standing.account_sentence(account),
            href=reverse("messaging:account", args=[account.pk]),
            action=_("Open the account"),
            tone="info" if is_new else "bad",
            icon="plug-connected-x",
        )


def _lines() -> Iterator[Need]:
    down = Line.objects.filter(state__in=[Line.State.DISCONNECTED, Line.State.BLOCKED])
    for line in down.filter(account__state=Account.State.READY).select_related("account")[:_SHOWN]:
        yield Need(
            title=_("%(line)s is %(state)s") % {"line": line.label, "state": line.get_state_display()},
            text=sentence(line.reason) or _("Link it again, or switch it off if it is not needed."),
            href=reverse("messaging:account", args=[line.account_id]),
            action=_("Open the account"),
            tone="warn",
            icon="plug-connected-x",
        )


def _silent_gateways() -> Iterator[Need]:
    """Incidents of blocked accounts and lines are told above."""
    silent = Incident.objects.filter(closed_at=None, kind=Incident.Kind.UNREACHABLE, account__state=Account.State.READY)
    for incident in silent.select_related("account")[:_SHOWN]:
        yield Need(
            title=_("The gateway of %(account)s does not answer") % {"account": str(incident.account)},
            text=sentence(incident.reason),
            href=reverse("messaging:account", args=[incident.account_id]),
            action=_("Open the account"),
            tone="warn",
            icon="antenna",
        )


def _campaigns() -> Iterator[Need]:
    """Blocked ones, those that paused themselves, and those that were to start by themselves and could not."""
    last = CampaignEvent.objects.filter(campaign=OuterRef("pk")).order_by("-id")
    stuck = Campaign.objects.filter(state__in=[Campaign.State.BLOCKED, Campaign.State.DRAFT]).annotate(
        came_from=Subquery(last.values("before")[:1]), note=Subquery(last.values("note")[:1])
    )
    for campaign in stuck.filter(state=Campaign.State.BLOCKED)[:_SHOWN]:
        yield Need(
            title=_("%(campaign)s cannot go on") % {"campaign": campaign.name},
            text=sentence(campaign.reason),
            href=reverse("campaigns:detail", args=[campaign.pk]),
            action=_("Open the campaign"),
            tone="bad",
            icon="alert-triangle",
        )
    for paused in Campaign.objects.filter(state=Campaign.State.PAUSED).exclude(reason="")[:_SHOWN]:
        anchor, title = _QUESTIONS.get(paused.reason, ("", gettext_lazy("%(campaign)s paused itself")))
        yield Need(
            title=str(title) % {"campaign": paused.name},
            text=sentence(paused.reason),
            href=reverse("campaigns:detail", args=[paused.pk]) + anchor,
            action=_("Decide") if anchor else _("Open the campaign"),
            tone="bad",
            icon="calendar" if anchor else "player-pause",
        )
    returned = stuck.filter(state=Campaign.State.DRAFT, came_from=Campaign.State.SCHEDULED).exclude(note="")
    for campaign in returned[:_SHOWN]:
        yield Need(
            title=_("%(campaign)s did not start at its time") % {"campaign": campaign.name},
            text=campaign.note,
            href=reverse("campaigns:review", args=[campaign.pk]),
            action=_("Look at it"),
            tone="bad",
            icon="calendar",
        )


def _lost_parts() -> Iterator[Need]:
    """Parts of campaigns that a gateway may or may not have, and does not show."""
    lost = GatewayRun.objects.filter(state=GatewayRun.State.UNKNOWN, look_at=None).select_related("campaign")
    for run in lost[:_SHOWN]:
        yield Need(
            title=_("The gateway may or may not have a part of %(campaign)s") % {"campaign": run.campaign.name},
            text=_("Look at the gateway's list of campaigns, then say whether it is handed over again."),
            href=reverse("campaigns:detail", args=[run.campaign_id]),
            action=_("Decide"),
            tone="warn",
            icon="help-circle",
        )


def _unknown() -> Iterator[Need]:
    if count := threads.undecided_count():
        title = ngettext(
            "%(n)s message may or may not have been sent", "%(n)s messages may or may not have been sent", count
        )
        yield Need(
            title=title % {"n": _capped(count)},
            text=_("Carillon does not send them again on a guess: say what is to become of them."),
            href=reverse("messaging:review"),
            action=_("Decide"),
            tone="warn",
            icon="help-circle",
        )


def _missed_reminders() -> Iterator[Need]:
    for fire in firing.asked()[:_SHOWN]:
        yield Need(
            title=_("%(reminder)s did not go out at its time") % {"reminder": fire.reminder.name},
            text=_("Nothing ran then, or it was paused. Say whether it is sent now or left out."),
            href=reverse("messaging:reminders"),
            action=_("Decide"),
            tone="warn",
            icon="bell",
        )


def _doubts() -> Iterator[Need]:
    if count := doubts.count_open():
        title = ngettext("%(n)s reply may be an opt-out", "%(n)s replies may be opt-outs", count)
        yield Need(
            title=title % {"n": count},
            text=_("Say what was meant: people who want to stop must not be written to again."),
            href=reverse("messaging:doubts"),
            action=_("Decide"),
            tone="warn",
            icon="user-question",
        )


def _imports() -> Iterator[Need]:
    failed = Job.objects.filter(kind=Job.Kind.IMPORT, state=Job.State.FAILED, created_at__gt=timezone.now() - _RECENT)
    for job in failed[:_SHOWN]:
        yield Need(
            title=_("The import of %(file)s failed") % {"file": job.label},
            text=job.message,
            href=reverse("contacts:job", args=[job.pk]),
            action=_("See what happened"),
            tone="warn",
            icon="file-import",
        )


def _unread() -> Iterator[Need]:
    if count := threads.unread_count():
        title = ngettext("%(n)s conversation is unread", "%(n)s conversations are unread", count)
        yield Need(
            title=title % {"n": _capped(count)},
            text="",
            href=reverse("messaging:inbox"),
            action=_("Read and answer"),
            tone="info",
            icon="inbox",
        )


def _capped(count: int) -> str:
    return f"{threads.CAP - 1}+" if count >= threads.CAP else str(count)
