"""A campaign by each person's clock: everybody is due at their own moment, and nobody who is not due keeps another waiting."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns import late, lifecycle, local_time, runner, whose_turn
from campaigns.models import Campaign, Recipient
from contacts.models import Contact, Group
from contacts.people import save_contact
from messaging.models import Line, Message
from tests.campaigns.test_campaign_life import books_balance
from tests.sandbox_process import SandboxProcess
from tests.world import make_account, make_campaign, make_people, start, whatsapp_line, work

pytestmark = pytest.mark.django_db(transaction=True)
S = Campaign.State
HOUR = timedelta(hours=1)


@pytest.fixture
def line(sandbox: SandboxProcess) -> Line:
    return whatsapp_line(make_account(sandbox))


def person(phone: str, zone: str = "") -> Contact:
    kept, _is_new = Group.objects.get_or_create(name="VIP")
    contact, _is_new = save_contact(phone=phone, name="Someone", groups=[kept], region="MX")
    Contact.objects.filter(pk=contact.pk).update(time_zone=zone)
    return contact


def local_campaign(line: Line, wall: datetime) -> Campaign:
    campaign = make_campaign([line])
    campaign.local_date, campaign.local_time = wall.date(), wall.time()
    campaign.save()
    return campaign


def due_of(contact: Contact) -> datetime | None:
    return Recipient.objects.get(contact=contact).due_at


def test_everybody_is_due_by_their_own_clock(line: Line) -> None:
    wall = datetime(2031, 7, 1, 9, 0)
    people = {
        person("+573001234567"): datetime(2031, 7, 1, 14, tzinfo=UTC),  # Colombia
        person("+573001234568", "Asia/Tokyo"): datetime(2031, 7, 1, 0, tzinfo=UTC),  # lives elsewhere
        person("+34612345678", "No/Where"): datetime(2031, 7, 1, 8, tzinfo=UTC),  # Spain: the later of its zones
        person("+12125550123"): datetime(2031, 7, 1, 19, tzinfo=UTC),  # the United States: when it is nine in Hawaii
    }
    campaign = start(local_campaign(line, wall))
    assert {contact.pk: due_of(contact) for contact in people} == {each.pk: due for each, due in people.items()}
    first = local_time.next_one(campaign)
    assert first
    assert first[0] == datetime(2031, 7, 1, 0, tzinfo=UTC)
    assert first[1] == ZoneInfo("Asia/Tokyo")
    moments = local_time.moments(campaign)
    assert [(each.place, each.people) for each in moments] == [
        ("Tokyo", 1), ("Canary", 1), ("Bogota", 1), ("Honolulu", 1),
    ]  # fmt: skip


def test_only_who_is_due_is_written_to_and_the_end_waits_for_the_last_zone(
    line: Line, sandbox: SandboxProcess, marta_client: Client
) -> None:
    now = timezone.now().astimezone(ZoneInfo("America/Bogota")).replace(second=0, microsecond=0)
    later = person("+573001234567", "Pacific/Honolulu")  # its id is the lower one, its turn the later one
    person("+573001234568", "America/Bogota")
    campaign = work(start(local_campaign(line, now.replace(tzinfo=None))))
    assert (campaign.state, len(sandbox.received_by())) == (S.RUNNING, 1)
    page = marta_client.get(reverse("campaigns:detail", args=[campaign.pk])).text
    assert f"It waits for {now:%H:%M} in Honolulu." in page
    Recipient.objects.filter(contact=later).update(due_at=timezone.now())
    assert work(campaign).state == S.FINISHED
    assert len(sandbox.received_by()) == 2
    assert books_balance(campaign)


def test_whose_time_was_long_ago_gets_it_at_that_time_on_the_next_day(line: Line) -> None:
    gone = timezone.now().astimezone(ZoneInfo("Asia/Tokyo")) - 3 * HOUR
    contact = person("+573001234567", "Asia/Tokyo")
    campaign = local_campaign(line, gone.replace(tzinfo=None, second=0, microsecond=0))
    assert [each.is_moved for each in local_time.moments(campaign)] == [True]
    start(campaign)
    due = due_of(contact)
    assert due
    assert due - timezone.now() > 20 * HOUR
    assert due.astimezone(ZoneInfo("Asia/Tokyo")).time() == campaign.local_time


def test_it_can_be_late_and_be_ended_while_people_still_wait_for_their_time(line: Line) -> None:
    make_people(3)
    campaign = start(local_campaign(line, datetime.combine(timezone.localdate() + timedelta(days=3), time(9))))
    Campaign.objects.filter(pk=campaign.pk).update(send_before=timezone.now() - HOUR)
    campaign = work(campaign)
    assert (campaign.state, campaign.reason) == (S.PAUSED, "past_deadline")
    late.decide(campaign, verdict="leave_out", user=None)
    assert work(campaign).state == S.FINISHED
    assert not Message.objects.exists()
    again = start(local_campaign(line, datetime.combine(timezone.localdate() + timedelta(days=3), time(9))))
    lifecycle.cancel(again)
    runner.run(again.pk)
    again.refresh_from_db()
    assert again.state == S.CANCELLED
    assert books_balance(again)


def test_whose_turn_it_is_is_found_along_an_index_of_its_own(line: Line) -> None:
    campaign = local_campaign(line, datetime(2031, 7, 1, 9, 0))
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # which else reads tables as small as this one from end to end
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
        plans = [whose_turn.due(campaign).explain(), whose_turn.in_order(campaign).explain()]
    assert "recipient_due" in plans[0]
    assert "recipient_planned" in plans[1] or "recipient_state" in plans[1]
    assert not any(word in plan for plan in plans for word in ("TEMP B-TREE", "Sort"))


def test_the_card_shows_the_hours_of_the_lines(line: Line, marta_client: Client) -> None:
    days = [{"days": ["mon", "tue"], "start": "09:00", "end": "18:00"}]
    Line.objects.filter(pk=line.pk).update(
        windows=days, holidays=["2001-01-01", "2031-12-25"], time_zone="America/Lima"
    )
    page = marta_client.get(reverse("campaigns:sending", args=[make_campaign([line]).pk])).text
    assert "Mon, Tue 09:00–18:00 (America/Lima); not on 2031-12-25" in page
