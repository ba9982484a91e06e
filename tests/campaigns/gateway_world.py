"""Campaigns that gateways send by themselves, in the tests: made, brought on as the clock does, and compared with the books."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from campaigns import mirror
from campaigns.models import Campaign, GatewayRun, Recipient
from messaging import tally
from messaging.models import Account, Line
from tests.sandbox_process import eventually
from tests.world import ask_now, make_campaign, start


def gateway_campaign(lines: Iterable[Line], *, body: str = "Hola, {hoy|ya} es primavera", **more: Any) -> Campaign:
    """A draft that the gateway is to send."""
    return make_campaign(lines, body=body, mode="gateway", **more)


def bring_on(campaign: Campaign) -> Campaign:
    """Be the cluster once, as if every look were due."""
    GatewayRun.objects.filter(campaign=campaign, look_at__isnull=False).update(look_at=timezone.now())
    mirror.bring_on(campaign.pk)
    campaign.refresh_from_db()
    return campaign


def push(campaign: Campaign) -> GatewayRun:
    """Start it and hand it over: its first piece."""
    bring_on(start(campaign))
    run = campaign.gateway_runs.first()
    assert run is not None
    return run


def becomes(campaign: Campaign, state: str, *, within: float = 8.0) -> Campaign:
    """Bring it on until it is in a state."""
    eventually(lambda: bring_on(campaign).state == state, within=within)
    return campaign


def run_becomes(run: GatewayRun, state: str, *, within: float = 8.0) -> GatewayRun:
    """Bring its campaign on until a piece is in a state."""

    def look() -> bool:
        bring_on(run.campaign)
        run.refresh_from_db()
        return run.state == state

    eventually(look, within=within)
    return run


def person_becomes(campaign: Campaign, phone: str, state: str, *, within: float = 8.0) -> Recipient:
    """Bring it on, and ask the gateway about messages, until a person is in a state."""
    accounts = list(Account.objects.all())

    def look() -> Recipient | None:
        bring_on(campaign)
        for account in accounts:
            ask_now(account)
        return Recipient.objects.filter(campaign=campaign, phone=phone, state=state).first()

    found = eventually(look, within=within)
    assert found is not None
    return found


def kept(campaign: Campaign) -> dict[str, int]:
    """The counters that are kept, which have to be what the rows say."""
    rows = Recipient.objects.filter(campaign=campaign)
    counted = {str(state): rows.filter(state=state).count() for state in Recipient.State.values}
    counters = {state: count for state, count in tally.totals(campaign.tally_scope).items() if count}
    assert counters == {state: count for state, count in counted.items() if count}
    return counters
