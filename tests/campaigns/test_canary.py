"""The first few: nobody else is written to before it is known what came of them."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns import canary, lifecycle, runner
from campaigns.models import Campaign, Recipient
from contacts.refusal import Refused
from messaging import inbox
from messaging.models import Line, Message
from messaging.providers.shapes import Incoming
from tests.campaigns.test_campaign_life import books_balance
from tests.sandbox_process import SandboxProcess
from tests.world import make_account, make_campaign, make_people, start, whatsapp_line, work

pytestmark = pytest.mark.django_db(transaction=True)
S, C = Campaign.State, Campaign.Canary


@pytest.fixture
def line(sandbox: SandboxProcess) -> Line:
    return whatsapp_line(make_account(sandbox))


def canary_campaign(line: Line, size: int = 3, **more: object) -> Campaign:
    campaign = make_campaign([line])
    Campaign.objects.filter(pk=campaign.pk).update(canary_size=size, canary_minutes=30, **more)
    campaign.refresh_from_db()
    return campaign


def wait_over(campaign: Campaign) -> Campaign:
    """As if the wait were over."""
    Campaign.objects.filter(pk=campaign.pk).update(canary_sent_at=timezone.now() - timedelta(minutes=31))
    return work(campaign)


def test_the_first_ones_get_it_then_it_waits_then_everybody_does(
    line: Line, sandbox: SandboxProcess, marta_client: Client
) -> None:
    make_people(12)
    campaign = work(start(canary_campaign(line)))
    for _again in range(2):  # also after a pause, nobody else is written to
        assert (campaign.canary, len(sandbox.received_by())) == (C.OUT, 3)
        lifecycle.pause(campaign)
        lifecycle.resume(campaign)
        campaign = work(campaign)
    assert campaign.canary_sent_at is not None
    page = marta_client.get(reverse("campaigns:detail", args=[campaign.pk])).text
    assert "The first 3 have it. It waits to see what comes of it." in page
    campaign = work(wait_over(campaign))
    assert (campaign.state, campaign.canary) == (S.FINISHED, C.PASSED)
    assert len(sandbox.received_by()) == 12
    assert campaign.events.filter(note="the first 3: 0 failed, 0 opted out").exists()
    assert books_balance(campaign)


def test_they_are_drawn_at_random_and_the_same_ones_again(line: Line) -> None:
    make_people(60)
    campaign = start(canary_campaign(line, size=10))
    drawn = canary.draw(campaign, 1000)
    assert len(set(drawn)) == 10
    assert drawn == canary.draw(campaign, 1000)
    oldest = Recipient.objects.filter(campaign=campaign).order_by("id").values_list("id", flat=True)[:10]
    assert set(drawn) != set(oldest)


def test_several_lines_share_the_first_ones(line: Line, sandbox: SandboxProcess) -> None:
    make_people(9)
    other = whatsapp_line(make_account(sandbox, "wablas"))
    campaign = canary_campaign(line, size=4)
    campaign.lines.add(other)
    work(start(campaign))
    work(campaign)
    assert Message.objects.filter(batch=Campaign.objects.get(pk=campaign.pk).batch).count() == 4


def test_too_many_failures_pause_it_and_a_person_decides(line: Line, marta_client: Client) -> None:
    make_people(10, story="91")
    campaign = wait_over(work(start(canary_campaign(line))))
    assert (campaign.state, campaign.reason, campaign.canary) == (S.PAUSED, "canary_failed", C.FAILED)
    page = marta_client.get(reverse("campaigns:detail", args=[campaign.pk])).text
    assert "The first ones: does it go on?" in page
    with pytest.raises(Refused, match="Only the first ones"):
        lifecycle.resume(campaign)
    marta_client.post(reverse("campaigns:canary_decide", args=[campaign.pk]), {"verdict": "stop"})
    runner.run(campaign.pk)
    campaign.refresh_from_db()
    assert campaign.state == S.CANCELLED
    assert Message.objects.count() == 3
    assert books_balance(campaign)


def test_too_many_opt_outs_pause_it(line: Line) -> None:
    make_people(10)
    campaign = work(start(canary_campaign(line)))
    message = Message.objects.filter(batch=campaign.batch).first()
    assert message is not None
    stop = Incoming(
        channel="whatsapp", sender=message.phone, body="STOP", at=timezone.now(), line_hint=line.address, remote_id="1"
    )
    inbox.receive(line.account, [stop])
    campaign = wait_over(campaign)
    assert (campaign.state, campaign.reason) == (S.PAUSED, "canary_failed")
    assert canary.outcome(campaign).opted_out == 1


def test_a_person_is_asked_where_that_is_wanted_and_lets_it_go_on(line: Line, sandbox: SandboxProcess) -> None:
    make_people(6)
    campaign = wait_over(work(start(canary_campaign(line, canary_asks=True))))
    assert (campaign.state, campaign.reason) == (S.PAUSED, "canary_asks")
    canary.decide(campaign, verdict="go_on", user=None)
    assert work(campaign).state == S.FINISHED
    assert len(sandbox.received_by()) == 6


def test_where_everybody_is_one_of_the_first_ones_nothing_is_waited_for(line: Line) -> None:
    make_people(2)
    assert work(start(canary_campaign(line))).state == S.FINISHED
