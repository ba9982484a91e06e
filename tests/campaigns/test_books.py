"""The books of a campaign: they balance, what was broken in them is found, and people can read it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns import books
from campaigns.models import BookCheck, Campaign, GatewayRun, Recipient
from messaging import outbox, tally
from messaging.models import Message
from tests.campaigns.desk import a_campaign, a_line, set_going
from tests.world import make_people

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    make_people(4)
    return set_going(a_campaign(a_line(gap_seconds=0)))


def found(campaign: Campaign) -> list[str]:
    return [finding.what for finding in books.check(campaign).findings]


def test_it_balances(campaign: Campaign) -> None:
    checked = books.check(campaign)
    assert (checked.is_balanced, checked.audience, checked.theirs) == (True, 4, None)


def test_it_finds_a_person_whose_state_was_changed_by_hand(campaign: Campaign) -> None:
    Recipient.objects.filter(pk=Recipient.objects.latest("id").pk).update(state="sent")
    assert found(campaign) == ["counter", "counter", "state"]


def test_it_finds_a_counter_that_slipped(campaign: Campaign) -> None:
    tally.add({(campaign.tally_scope, "queued"): 1})
    assert [finding.sentence for finding in books.check(campaign).findings] == [
        "The counter of “queued” says 5, and 4 people are in that state."
    ]


def test_it_finds_a_person_who_lost_the_message(campaign: Campaign) -> None:
    person = Recipient.objects.latest("id")
    Recipient.objects.filter(pk=person.pk).update(message=None, state="accepted")
    tally.add({(campaign.tally_scope, "queued"): -1, (campaign.tally_scope, "accepted"): 1})
    assert found(campaign) == ["message", "person"]


def test_it_finds_a_person_who_got_two(campaign: Campaign) -> None:
    Message.objects.update(status="accepted", phone_key="522220000100")
    assert "twice" in found(campaign)


def test_it_finds_what_the_gateway_counts_otherwise(campaign: Campaign) -> None:
    run = GatewayRun.objects.create(
        campaign=campaign, line=campaign.lines.get(), number=1, name="Spring 1", size=4, remote_count=3
    )
    Recipient.objects.filter(campaign=campaign).update(run=run)
    checked = books.check(campaign)
    assert (checked.theirs, checked.ours, [each.what for each in checked.findings]) == (3, 4, ["gateway"])


def test_it_looks_at_each_campaign_once_a_night(campaign: Campaign) -> None:
    assert list(books.due()) == [campaign]
    books.check_and_keep(campaign.pk)
    assert list(books.due()) == []
    BookCheck.objects.update(at=timezone.now() - timedelta(days=1))
    assert list(books.due()) == [campaign]


def test_it_leaves_alone_what_ended_long_ago(campaign: Campaign) -> None:
    Campaign.objects.update(finished_at=timezone.now() - timedelta(days=9))
    assert list(books.due()) == []


def test_it_is_shown_in_words(campaign: Campaign, marta_client: Client) -> None:
    page = reverse("campaigns:books", args=[campaign.pk])
    assert "Not checked yet." in marta_client.get(page).text
    assert "They balance." in marta_client.post(reverse("campaigns:check_books", args=[campaign.pk]), follow=True).text
    tally.add({(campaign.tally_scope, "failed"): 2})
    told = marta_client.post(reverse("campaigns:check_books", args=[campaign.pk]), follow=True).text
    assert "The counter of “failed” says 2, and 0 people are in that state." in told


def test_a_viewer_reads_them_and_checks_nothing(campaign: Campaign, charlie_client: Client) -> None:
    assert "Check now" not in charlie_client.get(reverse("campaigns:books", args=[campaign.pk])).text
    assert charlie_client.post(reverse("campaigns:check_books", args=[campaign.pk])).status_code == 403


def test_it_balances_after_two_pieces_of_news_about_one_person_at_once(campaign: Campaign) -> None:
    Message.objects.update(status="sending")
    one, other = Message.objects.order_by("id").values_list("id", flat=True)[:2]
    news = [(one, "delivered"), (other, "sent"), (other, "delivered")]
    outbox.apply([outbox.Update(message_id=pk, status=status) for pk, status in news], source="callback")
    assert Recipient.objects.filter(message__in=[one, other], state="delivered").count() == 2
    assert found(campaign) == []
