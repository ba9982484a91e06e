"""A campaign that does badly pauses itself and says why; after a person resumed it, it is judged afresh."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from campaigns import lifecycle, runner
from campaigns.models import Campaign
from messaging.models import Line, Message
from messaging.providers.errors import Reason
from tests.campaigns.test_campaign_life import books_balance
from tests.sandbox_process import SandboxProcess
from tests.world import make_account, make_campaign, make_people, start, whatsapp_line, work

pytestmark = pytest.mark.django_db(transaction=True)
S = Campaign.State


@pytest.fixture
def line(sandbox: SandboxProcess, settings: Settings) -> Line:
    settings.PAUSE_AFTER_FAILURES = 5
    line = whatsapp_line(make_account(sandbox))
    Line.objects.filter(pk=line.pk).update(gap_seconds=7)  # so that few are written ahead
    return line


def let_through(campaign: Campaign, count: int) -> Campaign:
    """Send about so many, and look at how it does."""
    Line.objects.update(gap_seconds=0)
    runner.run(campaign.pk)
    allowed = Message.objects.exclude(status="queued").count() + count
    Line.objects.update(per_minute=allowed, next_free_at=timezone.now(), waits_for="")
    return work(campaign, seconds=15)


def test_it_pauses_after_failures_in_a_row(line: Line, marta_client: Client) -> None:
    make_people(5, story="91")
    make_people(5, first=50)
    campaign = let_through(start(make_campaign([line])), 5)
    assert (campaign.state, campaign.reason) == (S.PAUSED, Reason.ERROR_STREAK)
    assert Message.objects.filter(status="failed").count() == 5
    assert "many messages in a row failed" in marta_client.get(reverse("campaigns:detail", args=[campaign.pk])).text
    assert "paused itself" in marta_client.get("/").text
    assert books_balance(campaign)


def test_it_goes_on_when_a_person_resumes_it(sandbox: SandboxProcess, line: Line) -> None:
    make_people(5, story="91")
    make_people(5, first=50)
    campaign = let_through(start(make_campaign([line])), 5)
    lifecycle.resume(campaign)
    campaign = let_through(campaign, 10)
    assert (campaign.state, campaign.reason) == (S.FINISHED, "")
    assert len(sandbox.received_by()) == 5


def test_a_success_in_between_keeps_it_going(line: Line) -> None:
    make_people(4, story="91")
    make_people(1, first=20)
    make_people(4, story="91", first=30)
    make_people(3, first=50)
    assert let_through(start(make_campaign([line])), 9).state == S.RUNNING


def test_it_pauses_when_too_many_of_the_last_hundred_failed(line: Line) -> None:
    for first in range(0, 100, 4):
        make_people(3, story="91", first=first)
        make_people(1, first=first + 3)
    make_people(5, first=200)
    campaign = let_through(start(make_campaign([line])), 100)
    assert (campaign.state, campaign.reason) == (S.PAUSED, Reason.ERROR_RATE)


def test_it_never_does_where_that_is_switched_off(line: Line, settings: Settings) -> None:
    settings.PAUSE_AFTER_FAILURES, settings.PAUSE_AT_FAILED_PERCENT = 0, 0
    make_people(8, story="91")
    make_people(3, first=50)
    assert let_through(start(make_campaign([line])), 8).state == S.RUNNING


def test_it_ends_and_does_not_pause_when_nothing_is_left_to_send(line: Line) -> None:
    make_people(6, story="91")
    assert let_through(start(make_campaign([line])), 6).state == S.FINISHED
