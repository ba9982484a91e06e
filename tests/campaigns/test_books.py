"""The books of a campaign: they balance, what was broken in them is found, and people can read it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns import asking_gateways, books
from campaigns.models import BookCheck, Campaign, GatewayRun, Recipient
from messaging import outbox, tally
from messaging.models import Message
from tests.campaigns.desk import a_campaign, a_line, set_going
from tests.sandbox_process import SandboxProcess, eventually
from tests.world import make_account, make_campaign, make_people, run_tasks, start, whatsapp_line, work

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


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("dialect", ["zender", "wablas", "smsgateway24", "smsmobileapi"])
def test_the_gateways_are_asked_about_its_messages(sandbox: SandboxProcess, dialect: str, marta_client: Client) -> None:
    make_people(5)
    line = make_account(sandbox, dialect).lines.filter(state="ready").order_by("id")[0]
    sent = work(start(make_campaign([line])))
    assert Message.objects.filter(status="accepted").count() == 5
    eventually(lambda: len(sandbox.deliveries()) == 5)
    address = reverse("campaigns:check_books", args=[sent.pk])
    assert "are being asked" in marta_client.post(address, {"ask": "1"}, follow=True).text
    run_tasks()
    kept = BookCheck.objects.get()
    assert kept.asked
    (row,) = kept.asked["rows"]
    assert (kept.is_balanced, kept.asked["of"], row["asked"], row["known"], row["newer"]) == (True, 5, 5, 5, 5)
    assert not Message.objects.filter(status="accepted").exists()  # it is taken over
    page = marta_client.get(reverse("campaigns:books", args=[sent.pk])).text
    assert "Gateways took 5 messages." in page
    assert line.account.name in page


@pytest.mark.django_db(transaction=True)
def test_it_finds_what_the_gateway_does_not_have_or_says_otherwise(sandbox: SandboxProcess) -> None:
    make_people(2)
    make_people(1, story="92", first=9)
    sent = work(start(make_campaign([whatsapp_line(make_account(sandbox, "wablas"))])))
    old = timezone.now() - timedelta(minutes=9)
    lost, failed = Message.objects.filter(phone__endswith="00").first(), Message.objects.get(phone__endswith="92")
    assert lost
    number = Message.objects.order_by("-id").values_list("id", flat=True)[0] + 1000
    Recipient.objects.filter(message=lost).update(message=None)
    Message.objects.filter(pk=lost.pk).delete()
    lost.pk, lost.remote_id, lost.attempted_at = number, "nobody-knows-it", old
    lost.save(force_insert=True)
    Recipient.objects.filter(phone=lost.phone).update(message=lost)
    outbox.apply([outbox.Update(message_id=failed.pk, status="delivered")], source="callback")
    found: list[str] = []

    def look() -> bool:
        books.ask_and_keep(sent.pk)
        found[:] = [finding.sentence for finding in books.findings_of(BookCheck.objects.latest("id"))]
        return len(found) == 2

    eventually(look)
    assert "the gateway does not have 1 of the messages that it took" in found[0]
    assert "says that 1 messages were not sent" in found[1]
    assert Message.objects.get(pk=failed.pk).status == "delivered"


@pytest.mark.django_db(transaction=True)
def test_a_sample_is_spread_over_a_large_one_and_a_silent_gateway_says_so(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking_gateways, "MOST", 3)
    make_people(9)
    line = whatsapp_line(make_account(sandbox))
    sent = work(start(make_campaign([line])))
    asked = asking_gateways.ask(sent)
    assert (asked["of"], asked["rows"][0]["asked"]) == (9, 3)
    line.account.base_url = "http://127.0.0.1:9"
    line.account.save(update_fields=["base_url"])
    books.ask_and_keep(sent.pk)
    kept = BookCheck.objects.get()
    assert kept.asked
    assert (kept.is_balanced, kept.asked["rows"][0]["asked"]) == (True, 0)
    assert "cannot be reached" in kept.asked["rows"][0]["note"]
