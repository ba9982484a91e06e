"""Campaigns that gateways send by themselves: handed over in pieces, steered with the campaign, and read back. The clock calls
`sweep`; everything here can be called at any time, any number of times."""

import logging
import time
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns import checks, handing, lifecycle, readback
from campaigns.leaving_out import leave_out_all
from campaigns.models import Campaign, GatewayRun, Recipient
from contacts.refusal import Refused
from messaging import polling
from messaging.clock import enqueue_once
from messaging.gateway import outgoing, provider_of, route_of
from messaging.lease import Singleton
from messaging.models import Line, Message, MessageEvent
from messaging.outbox.queueing import withdraw_batch
from messaging.providers import PROVIDERS
from messaging.providers.base import Provider
from messaging.providers.errors import MessageRejected, ProviderError, Reason
from messaging.providers.shapes import Channel, RemoteCampaign

log = logging.getLogger(__name__)
S = Campaign.State
R = Recipient.State
Run = GatewayRun.State
Asked = GatewayRun.Asked

SLICE = 20.0  # seconds a task hands pieces over
LEASE = 600.0  # seconds; a dead holder is noticed at once
TROUBLED = timedelta(seconds=30)  # a gateway that did not answer is asked again after this
AHEAD = (Run.PLANNED, Run.SENDING, Run.UNKNOWN, Run.RUNNING, Run.PAUSED)


def sweep() -> None:
    """Look after every campaign in this mode about which there is something to do. The work itself goes to tasks."""
    is_moving = Q(state__in=[S.RUNNING, S.BLOCKED, S.STOPPING])
    is_due = Q(gateway_runs__look_at__lte=timezone.now())
    able = [slug for slug, provider in PROVIDERS.items() if provider.capabilities.campaign_kinds]
    is_to_rest = Q(
        state=S.PAUSED, gateway_runs__state=Run.RUNNING, gateway_runs__asked=Asked.START,
        gateway_runs__line__account__provider__in=able,
    )  # fmt: skip
    due = Campaign.objects.filter(is_moving | is_due | is_to_rest, mode=Campaign.Mode.GATEWAY)
    for campaign_id in due.order_by().values_list("id", flat=True).distinct():
        enqueue_once(f"gateway:{campaign_id}", bring_on, campaign_id, seconds=2)


def bring_on(campaign_id: int) -> None:
    """Bring a campaign on: hand pieces over, steer them, read back, finish. One copy at a time per campaign."""
    turn = Singleton(f"gateway:{campaign_id}", seconds=LEASE)
    if not turn.acquire():
        return
    try:
        campaign = Campaign.objects.get(pk=campaign_id)
        for run in campaign.gateway_runs.filter(state=Run.SENDING):  # whoever was at it is gone
            handing.doubt(run, reason=Reason.CRASHED)
        if campaign.state in (S.RUNNING, S.BLOCKED):
            _hand_over(campaign)
        if campaign.state == S.STOPPING:
            _clear(campaign)
        _look_after(campaign)
        _settle(campaign)
    finally:
        turn.release()


def _hand_over(campaign: Campaign) -> None:
    """Piece after piece, the lines taking turns, for a slice of time."""
    lines = [line for line in campaign.lines.select_related("account") if checks.is_usable(line)]
    if not lines:
        if campaign.state == S.RUNNING and _has_more(campaign):
            _try(campaign, S.BLOCKED, reason=Reason.NO_LINE)
        return
    if campaign.state == S.BLOCKED:
        _try(campaign, S.RUNNING)
    deadline = time.monotonic() + SLICE
    while campaign.state == S.RUNNING and time.monotonic() < deadline and (run := _next(campaign, lines)):
        handing.hand_over(run)
        campaign.refresh_from_db()


def _next(campaign: Campaign, lines: list[Line]) -> GatewayRun | None:
    """A piece whose time has come, or a new one for the line that had the fewest. A line that was turned away has to wait."""
    planned = list(campaign.gateway_runs.filter(state=Run.PLANNED).select_related("campaign", "line__account"))
    now, usable = timezone.now(), {line.pk for line in lines}
    for run in planned:
        if run.line_id in usable and run.look_at and run.look_at <= now:
            return run
    resting = {run.line_id for run in planned}
    had = {line.pk: campaign.gateway_runs.filter(line=line).count() for line in lines if line.pk not in resting}
    free = sorted((line for line in lines if line.pk in had), key=lambda line: had[line.pk])
    return handing.take_piece(campaign, free[0]) if free else None


def _look_after(campaign: Campaign) -> None:
    """Steer the pieces that gateways have, and see how they stand."""
    runs = campaign.gateway_runs.exclude(state__in=[Run.PLANNED, Run.SENDING]).select_related(
        "campaign", "line__account"
    )
    due = [run for run in runs if (run.look_at and run.look_at <= timezone.now()) or _wants_word(campaign, run)]
    for account in {run.line.account_id: run.line.account for run in due}.values():
        mine = [run for run in due if run.line.account_id == account.pk]
        try:
            with provider_of(account) as provider:
                desk = _Desk(provider)
                for run in mine:
                    _look_at(campaign, run, desk)
        except ProviderError as problem:
            log.info("Looking at campaigns of %s: %s", account, problem.reason)
            left = GatewayRun.objects.filter(pk__in=[run.pk for run in mine], look_at__lte=timezone.now() + TROUBLED)
            left.update(look_at=timezone.now() + TROUBLED)


class _Desk:
    """A gateway during one round of looks: its lists are read once, and again after something was steered."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._lists: dict[Channel, list[RemoteCampaign]] = {}

    def listing(self, run: GatewayRun) -> list[RemoteCampaign]:
        if not self.provider.capabilities.campaign_kinds:
            return []
        channel = channel_of(run)
        if channel not in self._lists:
            self._lists[channel] = self.provider.fetch_campaigns(channel)
        return self._lists[channel]

    def forget(self) -> None:
        self._lists.clear()


def channel_of(run: GatewayRun) -> Channel:
    """Of its line, in the contract's words."""
    return route_of(run.line).channel


def can_steer(run: GatewayRun) -> bool:
    """Whether its gateway lets campaigns be stopped from here."""
    return bool(PROVIDERS[run.line.account.provider].capabilities.campaign_kinds)


def _wanted(campaign: Campaign) -> str:
    return Asked.STOP if campaign.state in (S.PAUSED, S.STOPPING) else Asked.START


def _wants_word(campaign: Campaign, run: GatewayRun) -> bool:
    if run.state not in readback.OPEN:
        return False
    return campaign.state == S.STOPPING or (can_steer(run) and run.asked != _wanted(campaign))


def _look_at(campaign: Campaign, run: GatewayRun, desk: _Desk) -> None:
    if run.state == Run.UNKNOWN:
        readback.search(run, desk.provider, desk.listing(run))
    elif run.state not in readback.OPEN:
        readback.look_afterwards(run, desk.provider)
    else:
        if can_steer(run) and not run.remote_id:
            readback.look(run, desk.provider, desk.listing(run))  # its id is in the list
        if run.state in readback.OPEN and run.asked != _wanted(campaign) and can_steer(run) and run.remote_id:
            _steer(run, _wanted(campaign), desk)
        if campaign.state == S.STOPPING:
            _end(run, desk)
        elif run.state in readback.OPEN:
            readback.look(run, desk.provider, desk.listing(run))


def _steer(run: GatewayRun, wanted: str, desk: _Desk) -> None:
    """Tell the gateway; what it then lists is what counts. A refusal is kept, and not argued with."""
    note = ""
    try:
        if wanted == Asked.STOP:
            desk.provider.stop_campaign(run.remote_id, channel_of(run))
        else:
            desk.provider.start_campaign(run.remote_id, channel_of(run))
    except MessageRejected as problem:
        note = problem.detail
    desk.forget()
    run.asked, run.note = wanted, note
    run.save(update_fields=["asked", "note"])


def _end(run: GatewayRun, desk: _Desk) -> None:
    """Of a campaign that is cancelled: what has been sent is read, then it is deleted at the gateway with the rest."""
    readback.look(run, desk.provider, desk.listing(run))
    if run.state == Run.FINISHED:
        return
    note = ""
    if can_steer(run):
        if run.state in readback.OPEN:
            if run.remote_id not in {each.remote_id for each in desk.listing(run)}:
                return  # it may only have been left out of this list
            _read_reports(run, desk.provider)
            desk.provider.delete_campaign(run.remote_id, channel_of(run))
            desk.forget()
        readback.take_back(run)
    else:
        note = _("It stays at the gateway, which has no call to take it back. Delete it on the phone.")
    run.state, run.note, run.looks, run.look_at = Run.CANCELLED, note, 0, None if can_steer(run) else timezone.now()
    run.save(update_fields=["state", "note", "looks", "look_at"])


def _read_reports(run: GatewayRun, provider: Provider) -> None:
    messages = list(readback.accepted(run).exclude(remote_id="").select_related("line"))
    reports = provider.fetch_reports([outgoing(message, route_of(run.line)) for message in messages])
    polling.apply_reports(run.line.account, reports, messages=messages, source=MessageEvent.Source.POLL)


def _clear(campaign: Campaign) -> None:
    """What was not handed over is not handed over any more."""
    leave_out_all(campaign, state=R.CANCELLED, reason=Reason.CANCELLED)
    for run in campaign.gateway_runs.filter(state=Run.PLANNED):
        handing.end(run, R.CANCELLED, reason=Reason.CANCELLED, state=Run.CANCELLED)
    if campaign.batch:
        withdraw_batch(campaign.batch)


def _settle(campaign: Campaign) -> None:
    """`finished` is a fact: nothing left to hand over, and every piece has ended at its gateway."""
    campaign.refresh_from_db()
    if campaign.gateway_runs.filter(state__in=AHEAD).exists() or _has_more(campaign) or _has_open_messages(campaign):
        return
    if campaign.state == S.RUNNING:
        _try(campaign, S.FINISHED)
    elif campaign.state == S.STOPPING:
        _try(campaign, S.CANCELLED)


def _has_more(campaign: Campaign) -> bool:
    """Whether anybody is still to be handed over."""
    planned = Recipient.objects.filter(campaign=campaign, state__is=R.PLANNED)
    return planned.exists() or campaign.gateway_runs.filter(state=Run.PLANNED).exists()


def _has_open_messages(campaign: Campaign) -> bool:
    """Messages that somebody sends again go out one by one, over Carillon."""
    if campaign.batch is None:
        return False
    is_open = Q(status__in=[Message.Status.QUEUED, Message.Status.SENDING])
    is_asked_about = Q(status=Message.Status.UNKNOWN, ask_at__isnull=False)
    return Message.objects.filter(is_open | is_asked_about, batch=campaign.batch).exists()


def _try(campaign: Campaign, to: str, *, reason: str = "") -> None:
    """A move the program makes by itself: a person who was quicker wins."""
    try:
        lifecycle.transition(campaign, to, reason=reason)
    except Refused:
        campaign.refresh_from_db()
