"""Lines and campaigns as rows, for tests of pages: no gateway is asked."""

from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns import lifecycle, plans, runner
from campaigns.models import Campaign
from contacts.models import Group
from messaging.models import Account, Line


def a_line(
    number: int = 1, *, channel: str = "whatsapp", state: str = "ready", account: str = "Shop", **more: Any
) -> Line:
    """A line of a ready account."""
    owner, _ = Account.objects.get_or_create(
        name=account,
        defaults={"provider": "zender", "base_url": "http://127.0.0.1:9", "state": "ready", "region": "MX"},
    )
    kind = "whatsapp" if channel == "whatsapp" else "sim"
    details = {"address": str(number), "label": f"Line {number}", "gap_seconds": 6, "jitter_seconds": 0, **more}
    return Line.objects.create(account=owner, channel=channel, kind=kind, state=state, **details)


def a_campaign(
    *lines: Line, name: str = "Spring", body: str = "Hi {{ name }}", group: str = "VIP", **more: Any
) -> Campaign:
    """A draft."""
    with transaction.atomic():
        return plans.save_draft(
            name=name, body=body, lines=lines, groups=list(Group.objects.filter(name=group)), **more
        )


def set_going(campaign: Campaign) -> Campaign:
    """Start it; its messages are written and nothing is sent."""
    lifecycle.start(campaign)
    lifecycle.prepare(campaign.pk)
    runner.run(campaign.pk)
    campaign.refresh_from_db()
    return campaign


def queries_of(client: Client, url: str) -> int:
    """How many questions a page asks the database; asked twice, so that what is kept is there."""
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)
