"""What "stop everything" holds: campaigns, the series that would start more of them, and reminders. Whoever is to be held is
written down before anybody is, so that the clock finishes what a press of the button began."""

import logging
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns import lifecycle
from campaigns.models import Campaign, GatewayRun, PanicStop, Series
from contacts.refusal import Refused
from messaging.automation import reminders
from messaging.models import Message, Reminder
from messaging.providers import PROVIDERS

log = logging.getLogger(__name__)
S = Campaign.State
Run = GatewayRun.State

STOPPED = (
    S.RUNNING,
    S.BLOCKED,
    S.PAUSED,
    S.STOPPING,
    S.SCHEDULED,
    S.PREPARING,
)  # in this order: what sends comes first
ENDED = (S.FINISHED, S.CANCELLED)  # everything was handed over, and may wait at the gateway all the same
RECENT = timedelta(hours=24)  # what was handed over before is not asked back


def anything_to_stop() -> bool:
    """Whether the button would do something."""
    if Campaign.objects.filter(state__in=STOPPED).exists() or Series.objects.filter(is_paused=False).exists():
        return True
    return Reminder.objects.filter(is_paused=False).exists() or _ended().exists()


def press(*, user: User | None) -> PanicStop:
    """Write down a stop and what it is to hold. Series start nothing more from here on."""
    with transaction.atomic():
        active = Series.objects.filter(is_paused=False)
        series = list(active.order_by("id").values_list("id", flat=True))
        active.update(is_paused=True, note=_("Everything was stopped."))
        found = sorted(
            Campaign.objects.filter(state__in=STOPPED).values_list("id", "state"),
            key=lambda row: STOPPED.index(S(row[1])),
        )
        rows = [{"id": pk, "was": state, "note": "", "is_held": False} for pk, state in found]
        rows += [
            {"id": pk, "was": state, "note": "", "is_held": True} for pk, state in _ended().values_list("id", "state")
        ]
        awake = Reminder.objects.filter(is_paused=False).order_by("id").values_list("id", flat=True)
        counts = {
            "campaigns": rows,
            "series": series,
            "reminders": [{"id": pk, "taken_back": None} for pk in awake],
        }
        return PanicStop.objects.create(created_by=user, counts=counts)


def hold_campaigns(stop: PanicStop) -> None:
    """Halt every campaign of a stop that is not held yet. One that cannot be written now does not keep the others going:
    the clock comes back to it."""
    for row in campaigns_of(stop):
        if not row.get("is_held", True):
            try:
                _hold(stop.pk, row["id"], user=stop.created_by)
            except (OperationalError, InterfaceError) as problem:
                log.warning("Campaign %s is stopped a little later: %s", row["id"], type(problem).__name__)
    stop.refresh_from_db()


def hold_reminders(stop: PanicStop) -> None:
    """Pause every reminder of a stop that is not yet, and take back what is queued of it."""
    for row in stop.counts.get("reminders", []):
        if row["taken_back"] is None:
            _pause(stop.pk, row["id"], user=stop.created_by)
    stop.refresh_from_db()


def is_held(stop: PanicStop) -> bool:
    """Whether everything of it is."""
    has_all = all(row.get("is_held", True) for row in campaigns_of(stop))
    return has_all and all(row["taken_back"] is not None for row in stop.counts.get("reminders", []))


def campaigns_of(stop: PanicStop) -> list[dict[str, Any]]:
    """Its campaigns: id, was (the state before), note and is_held."""
    rows: list[dict[str, Any]] = stop.counts.get("campaigns", [])
    return rows


def _ended() -> QuerySet[Campaign]:
    """Campaigns that ended lately and of which gateways with a call for it may hold messages back."""
    since, able = timezone.now() - RECENT, [slug for slug, each in PROVIDERS.items() if each.capabilities.cancel]
    waiting = Message.objects.filter(
        batch=OuterRef("batch"), status=Message.Status.ACCEPTED, attempted_at__gte=since, account__provider__in=able
    )
    ended = Campaign.objects.filter(state__in=ENDED, mode=Campaign.Mode.CARILLON, finished_at__gte=since)
    return ended.filter(Q(Exists(waiting))).order_by("id")


def _hold(stop_id: int, campaign_id: int, *, user: User | None) -> None:
    """Halt one campaign and write it down, together or not at all: a second time nothing is touched, so that what a person
    resumed meanwhile goes on."""
    with transaction.atomic():
        stop = PanicStop.objects.select_for_update().get(pk=stop_id)
        row = next(row for row in campaigns_of(stop) if row["id"] == campaign_id)
        if not row["is_held"]:
            row |= {**_halt(campaign_id, user=user), "is_held": True}
            stop.save(update_fields=["counts"])


def _halt(campaign_id: int, *, user: User | None) -> dict[str, object]:
    """Stop one campaign, from wherever it is by now. A refusal is kept for the report."""
    note, was = "", ""
    try:
        with transaction.atomic():
            campaign = Campaign.objects.select_for_update().filter(pk=campaign_id).first()
            if campaign is None:  # deleted meanwhile
                return {}
            was = campaign.state
            if was in (S.RUNNING, S.BLOCKED):
                note = _why_it_goes_on(campaign)
                lifecycle.transition(campaign, S.PAUSED, user=user, note=_("everything was stopped"))
            elif was == S.SCHEDULED:
                lifecycle.unschedule(campaign, user=user)
            elif was == S.PREPARING:
                lifecycle.transition(campaign, S.DRAFT, user=user, note=_("everything was stopped"))
    except Refused as refusal:
        note = refusal.sentence
    return {"was": was, "note": note}


def _why_it_goes_on(campaign: Campaign) -> str:
    """What has to be said about gateways with no call that stops a campaign: what they have may still leave, and is not
    confirmed. Nothing more is handed to them."""
    has = GatewayRun.objects.filter(campaign=campaign, state__in=[Run.SENDING, Run.UNKNOWN, Run.RUNNING])
    silent = [slug for slug, provider in PROVIDERS.items() if not provider.capabilities.campaign_kinds]
    if not has.filter(line__account__provider__in=silent).exists():
        return ""
    return _("Nothing more is handed over. What the gateway has is not confirmed as stopped: stop it on the phone.")


def _pause(stop_id: int, reminder_id: int, *, user: User | None) -> None:
    with transaction.atomic():
        stop = PanicStop.objects.select_for_update().get(pk=stop_id)
        row = next(row for row in stop.counts["reminders"] if row["id"] == reminder_id)
        if row["taken_back"] is None:
            reminder = Reminder.objects.filter(pk=reminder_id).first()
            row["taken_back"] = reminders.pause(reminder, user=user) if reminder else 0
            stop.save(update_fields=["counts"])
