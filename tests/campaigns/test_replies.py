"""Which campaign a reply belongs to, and what the report says about replies."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from campaigns import replies
from campaigns.models import Campaign, Recipient, Reply
from contacts.people import save_contact
from messaging import inbox
from messaging.models import Account, Batch, Conversation, Line, Message
from messaging.providers.shapes import Incoming
from tests.world import phone

pytestmark = pytest.mark.django_db


def make_line(name: str) -> Line:
    account = Account.objects.create(
        name=name, provider="zender", base_url="https://gateway.example", credentials={}, region="MX", state="ready"
    )
    return Line.objects.create(account=account, channel="whatsapp", kind="whatsapp", address="u1", label=name)


@pytest.fixture
def line(db: None) -> Line:
    return make_line("Shop")


def campaign_to(line: Line, numbers: list[int], *, name: str = "Spring", minutes: float = 60) -> Campaign:
    """A campaign that wrote to these people so many minutes ago."""
    batch = Batch.objects.create(label=name)
    campaign = Campaign.objects.create(name=name, batch=batch, state="running", started_at=timezone.now())
    at = timezone.now() - timedelta(minutes=minutes)
    for number in numbers:
        contact, _ = save_contact(phone=phone(number), name=f"Person {number}", groups=[], region="MX")
        message = Message.objects.create(
            account=line.account, line=line, direction="out", channel="whatsapp", phone=contact.phone, status="sent",
            phone_key=contact.phone_key, contact=contact, body="Hi", batch=batch, attempted_at=at, created_at=at,
        )  # fmt: skip
        Recipient.objects.create(
            campaign=campaign,
            contact=contact,
            phone=contact.phone,
            phone_key=contact.phone_key,
            state="sent",
            message=message,
        )
    return campaign


def write(line: Line, number: int, text: str = "Yes!", *, minutes: float = 0) -> Message:
    at = timezone.now() - timedelta(minutes=minutes)
    item = Incoming(
        channel="whatsapp", sender=phone(number), body=text, at=at, line_hint="u1", remote_id=f"{number}{text}{minutes}"
    )
    (message,) = inbox.receive(line.account, [item])
    return message


def test_it_belongs_to_the_last_campaign_that_wrote_there(line: Line) -> None:
    older, newer = campaign_to(line, [1], name="Older", minutes=120), campaign_to(line, [1], name="Newer")
    reply = Reply.objects.get(message=write(line, 1))
    assert (reply.campaign, reply.is_weak, reply.is_first) == (newer, False, True)
    assert reply.recipient == newer.recipients.get()
    assert 3590 <= reply.seconds <= 3610
    assert replies.answers(older).people == 0


def test_the_account_comes_before_the_time(line: Line) -> None:
    here = campaign_to(line, [1], name="Here", minutes=300)
    campaign_to(make_line("Other"), [1], name="There", minutes=10)
    reply = Reply.objects.get(message=write(line, 1))
    assert (reply.campaign, reply.is_weak) == (here, False)


def test_it_is_weak_on_another_account(line: Line) -> None:
    there = campaign_to(make_line("Other"), [1])
    reply = Reply.objects.get(message=write(line, 1))
    assert (reply.campaign, reply.is_weak) == (there, True)


def test_it_belongs_to_none_after_three_days_or_before_the_campaign(line: Line, settings: Settings) -> None:
    campaign_to(line, [1], minutes=60 * 73)
    campaign_to(line, [2], minutes=10)
    write(line, 1)
    write(line, 2, minutes=30)
    write(line, 3)
    assert not Reply.objects.exists()
    settings.REPLY_HOURS = 100
    assert Reply.objects.filter(message=write(line, 1, "Late")).exists()


@pytest.mark.parametrize("status", ["queued", "failed", "cancelled", "expired"])
def test_nobody_answers_what_never_left(line: Line, status: str) -> None:
    campaign_to(line, [1])
    Message.objects.update(status=status)
    write(line, 1)
    assert not Reply.objects.exists()


def test_each_person_counts_once(line: Line) -> None:
    campaign = campaign_to(line, [1, 2, 3])
    for text in ("one", "two", "three"):
        write(line, 1, text)
    write(line, 2, minutes=30)
    answered = replies.answers(campaign)
    assert (answered.people, answered.messages) == (2, 4)
    assert campaign.recipients.exclude(replied_at=None).count() == 2
    assert answered.median is not None
    assert 2690 <= answered.median <= 2710  # between 30 and 60 minutes


def test_opt_outs_are_of_the_campaign_and_counted_once(line: Line) -> None:
    campaign = campaign_to(line, [1, 2])
    write(line, 1, "STOP")
    write(line, 1, "stop")
    write(line, 2, "thanks")
    answered = replies.answers(campaign)
    assert (answered.people, answered.opted_out) == (2, 1)
    assert Reply.objects.filter(is_opt_out=True).exists()


def test_pages_show_who_answered_what(line: Line, marta_client: Client, bob_client: Client) -> None:
    campaign = campaign_to(line, [1, 2])
    write(line, 1, "Is it still on?")
    write(line, 2, "STOP")
    overview = marta_client.get(reverse("campaigns:detail", args=[campaign.pk])).content.decode()
    assert "People who replied" in overview
    page = marta_client.get(reverse("campaigns:replies", args=[campaign.pk])).content.decode()
    assert "Is it still on?" in page
    assert "STOP" in page
    only = marta_client.get(reverse("campaigns:replies", args=[campaign.pk]), {"only": "opted-out"}).content.decode()
    assert "Is it still on?" not in only
    people = marta_client.get(reverse("campaigns:recipients", args=[campaign.pk])).content.decode()
    assert people.count("replied") == 2
    talk = Conversation.objects.get(phone=phone(1))
    assert (talk.last_campaign, talk.last_campaign_url) == ("Spring", reverse("campaigns:detail", args=[campaign.pk]))
    assert reverse("messaging:conversation", args=[talk.pk]) in page


def test_an_empty_report_says_what_will_come(line: Line, marta_client: Client, client: Client) -> None:
    campaign = campaign_to(line, [1])
    url = reverse("campaigns:replies", args=[campaign.pk])
    assert "No replies yet" in marta_client.get(url).content.decode()
    assert marta_client.get(url, {"cursor": "x"}).status_code == 302
    assert client.get(url).status_code == 302
