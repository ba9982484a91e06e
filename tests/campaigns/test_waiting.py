"""What a campaign's page says while hours are closed, and that people of every clock get their message."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from campaigns import reports, runner
from campaigns.models import Recipient
from contacts.models import Contact
from messaging import limits
from messaging.lease import make_token
from messaging.models import Line, Message
from messaging.outbox.claiming import claim, lease_line
from messaging.outbox.due import Due
from tests.sandbox_process import SandboxProcess
from tests.world import make_account, make_campaign, make_people, phone, start, whatsapp_line, work

pytestmark = pytest.mark.django_db(transaction=True)
OFFICE: list[dict[str, Any]] = [{"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "18:00"}]


@pytest.fixture
def line(sandbox: SandboxProcess) -> Line:
    return whatsapp_line(make_account(sandbox))


def closed_now() -> list[dict[str, Any]]:
    """Hours that begin in about two hours, in UTC."""
    opening = timezone.now().astimezone(UTC) + timedelta(hours=2)
    return [{"start": f"{opening:%H:%M}", "end": f"{opening + timedelta(hours=1):%H:%M}"}]


def test_it_says_until_when_its_hours_are_over(line: Line, sandbox: SandboxProcess) -> None:
    make_people(3)
    limits.set_limits(line, windows=closed_now(), time_zone="UTC")
    Line.objects.update(gap_seconds=60)
    campaign = work(start(make_campaign([line])), seconds=2)
    progress = reports.progress(campaign)
    assert sandbox.received_by() == {}
    assert progress.waiting_for == "window"
    assert progress.waiting_until is not None
    assert progress.eta is not None
    assert timedelta(minutes=2) <= progress.eta - progress.waiting_until <= timedelta(minutes=4)


def test_those_awake_get_theirs_and_the_others_wait(line: Line, sandbox: SandboxProcess) -> None:
    make_people(2)
    now = timezone.now().astimezone(UTC)
    open_now = [{"start": f"{now - timedelta(hours=2):%H:%M}", "end": f"{now + timedelta(hours=2):%H:%M}"}]
    limits.set_limits(line, windows=open_now, window_basis="person", time_zone="UTC")
    Contact.objects.filter(phone=phone(1)).update(time_zone="UTC")
    Contact.objects.filter(phone=phone(2)).update(time_zone="Etc/GMT+8")
    campaign = work(start(make_campaign([line])), seconds=2)
    progress = reports.progress(campaign)
    assert sandbox.received_by() == {phone(1): 1}
    assert progress.waiting_for == "window"
    assert progress.waiting_until == Message.objects.get(phone=phone(2)).next_attempt_at


def test_sleepers_do_not_fill_the_outbox_of_those_awake(line: Line) -> None:
    """The outbox is topped up past messages that only wait for their person's morning."""
    make_people(40)
    Contact.objects.filter(pk__lte=Contact.objects.order_by("id")[29].pk).update(time_zone="Asia/Tokyo")
    Contact.objects.filter(time_zone="").update(time_zone="Europe/Madrid")
    limits.set_limits(line, windows=OFFICE, window_basis="person")
    Line.objects.update(gap_seconds=6, next_free_at=datetime(2026, 9, 1, tzinfo=UTC))  # 6 s: five messages ahead
    campaign = start(make_campaign([line]))
    with time_machine.travel(datetime(2036, 12, 9, 12, tzinfo=UTC), tick=False):  # 13:00 in Madrid, 21:00 in Tokyo
        taken = list[Due]()
        for _round in range(20):
            runner.run(campaign.pk)
            token = make_token()
            Line.objects.update(lease_token="", lease_until=None, next_free_at=timezone.now())
            line.refresh_from_db()
            lease_line(line, token, now=timezone.now())
            taken += claim(line.pk, token, wanted=10).messages
    assert len(taken) >= 5
    assert Recipient.objects.filter(state=Recipient.State.PLANNED).count() == 0
