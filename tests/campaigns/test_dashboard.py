"""The first page: what is running, what needs somebody, how the last ones did, and the way there."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns import dashboard, lifecycle, runner
from campaigns.models import Campaign
from campaigns.needs import needs
from contacts.models import Job
from messaging import health, tally
from messaging.models import Account, Conversation, Incident, Line, Message
from messaging.providers.errors import AccountRejected, Reason
from tests.campaigns.desk import a_campaign, a_line, queries_of, set_going
from tests.conftest import signed_in
from tests.world import make_people, phone, run_tasks

pytestmark = pytest.mark.django_db
HOME = "/"
HTMX = {"HX-Request": "true", "HX-Target": "under-way"}


def page_of(client: Client) -> str:
    return client.get(HOME).content.decode()


def a_message(line: Line, number: int = 1, **more: object) -> Message:
    return Message.objects.create(
        account=line.account, line=line, channel=line.channel, phone=phone(number), phone_key=phone(number)[1:], **more
    )


def test_it_shows_an_empty_installation_the_way(alice_client: Client) -> None:
    page = page_of(alice_client)
    assert reverse("messaging:account_add") in page
    assert next((step.key, step.is_next) for step in dashboard.first_steps()) == ("account", True)


def test_it_points_at_the_next_step(alice_client: Client) -> None:
    a_line()
    assert [step.key for step in dashboard.first_steps() if step.is_next] == ["people"]
    assert reverse("contacts:import") in page_of(alice_client)


def test_it_stops_showing_the_way_after_the_first_campaign(marta_client: Client) -> None:
    make_people(1)
    set_going(a_campaign(a_line()))
    assert dashboard.first_steps() == []
    assert "Your way to the first campaign" not in page_of(marta_client)


def test_it_polls_while_something_runs_and_stops_by_itself(charlie_client: Client) -> None:
    make_people(2)
    campaign = set_going(a_campaign(a_line()))
    part = charlie_client.get(HOME, headers=HTMX).content.decode()
    assert part.strip().startswith("<section")
    assert 'hx-trigger="every 2s"' in part
    Campaign.objects.filter(pk=campaign.pk).update(state="finished", finished_at=timezone.now())
    assert "hx-trigger" not in charlie_client.get(HOME, headers=HTMX).content.decode()


def test_it_shows_how_the_last_ones_did(charlie_client: Client) -> None:
    make_people(2)
    campaign = set_going(a_campaign(a_line(), name="Summer sale"))
    lifecycle.cancel(campaign)
    runner.run(campaign.pk)
    assert [row.campaign.name for row in dashboard.last_ones()] == ["Summer sale"]
    assert "Summer sale" in page_of(charlie_client)


def test_it_shows_today_from_the_kept_counters(charlie_client: Client) -> None:
    today = timezone.localdate()
    tally.add({(tally.day_scope(today), "accepted"): 1234, (tally.day_scope(today - timedelta(days=29)), "failed"): 7})
    days = dashboard.last_days()
    assert (days.today["accepted"], len(days.labels)) == (1234, 30)
    assert "1,234" in page_of(charlie_client)


def test_it_shows_the_newest_replies_with_their_threads(charlie_client: Client) -> None:
    line = a_line()
    message = a_message(line, direction="in", status="received", body="Yes please")
    thread = Conversation.objects.create(
        account=line.account, channel=line.channel, phone=message.phone, phone_key=message.phone_key, unread=1
    )
    page = page_of(charlie_client)
    assert "Yes please" in page
    assert reverse("messaging:conversation", args=[thread.pk]) in page


def test_it_says_what_needs_a_person_and_where() -> None:
    line = a_line()
    down = a_line(2, state="disconnected")
    blocked = a_line(3, account="Office").account
    health.block_account(blocked, AccountRejected(Reason.NO_CREDIT))
    health.open_incident(kind=Incident.Kind.UNREACHABLE, account=line.account, reason=Reason.UNREACHABLE)
    a_message(line, direction="out", status="unknown", reason=Reason.TIMEOUT)
    Conversation.objects.create(account=line.account, channel="whatsapp", phone="+521", phone_key="521", unread=2)
    job = Job.objects.create(kind=Job.Kind.IMPORT, label="people.csv", state=Job.State.FAILED)
    found = {need.href for need in needs()}
    assert found == {
        reverse("messaging:account", args=[blocked.pk]),
        reverse("messaging:account", args=[down.account_id]),
        reverse("messaging:review"),
        reverse("messaging:inbox"),
        reverse("contacts:job", args=[job.pk]),
    }
    assert len(needs()) == 6


def test_it_tells_when_a_campaign_did_not_start_at_its_time(marta_client: Client) -> None:
    make_people(1)
    line = a_line()
    campaign = a_campaign(line, name="Monday")
    lifecycle.schedule(campaign, at=timezone.now() + timedelta(hours=1))
    Account.objects.update(state=Account.State.BLOCKED)
    Campaign.objects.update(start_at=timezone.now() - timedelta(seconds=1))
    runner.sweep()
    run_tasks()
    assert "Monday did not start at its time" in [need.title for need in needs()]
    assert "None of the chosen lines is connected." in page_of(marta_client)


def test_it_asks_the_same_number_of_questions_for_3_and_30(charlie_client: Client) -> None:
    def more(numbers: range) -> None:
        for number in numbers:
            line = a_line(number, state="disconnected", account=f"Account {number}")
            a_message(line, number, direction="in", status="received", body="Hi")
            Campaign.objects.create(name=f"Running {number}", state="running", started_at=timezone.now())
            Campaign.objects.create(
                name=f"Done {number}", state="finished", started_at=timezone.now(), finished_at=timezone.now()
            )

    more(range(3))
    few = queries_of(charlie_client, HOME)
    more(range(3, 30))
    assert queries_of(charlie_client, HOME) == few


def test_it_asks_strangers_to_sign_in(client: Client) -> None:
    response = client.get(HOME)
    assert (response.status_code, response["Location"].split("?")[0]) == (302, reverse("account_login"))


def test_it_is_closed_to_people_without_a_role() -> None:
    assert signed_in(User.objects.create_user("nobody")).get(HOME).status_code == 403
