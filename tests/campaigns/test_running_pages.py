"""The review, the live page, its buttons, and the people of a campaign."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns import lifecycle, live, reports
from campaigns.models import Campaign, Recipient
from contacts import consent
from contacts.models import Contact
from messaging import outbox
from messaging.models import Account, Line, Message, MessageEvent
from messaging.outbox import Update
from messaging.providers.errors import Reason
from tests.campaigns.desk import a_campaign, a_line, queries_of, set_going
from tests.world import make_people

pytestmark = pytest.mark.django_db
S = Campaign.State


@pytest.fixture
def people() -> list[Contact]:
    return make_people(3)


@pytest.fixture
def line(people: list[Contact]) -> Line:
    return a_line()


@pytest.fixture
def draft(line: Line) -> Campaign:
    return a_campaign(line)


@pytest.fixture
def running(draft: Campaign) -> Campaign:
    return set_going(draft)


def to(name: str, campaign: Campaign, *more: str) -> str:
    return reverse(f"campaigns:{name}", args=[campaign.pk, *more])


def becomes(campaign: Campaign, status: str, reason: str = "", *, count: int = 1) -> None:
    """News about some messages, the way the engine takes it in."""
    ids = Message.objects.filter(batch=campaign.batch, status="queued").order_by("id").values_list("id", flat=True)
    Message.objects.filter(pk__in=list(ids[:count])).update(status="sending")
    sending = Message.objects.filter(batch=campaign.batch, status="sending").values_list("id", flat=True)
    outbox.apply(
        [Update(message_id=pk, status=status, reason=reason) for pk in sending], source=MessageEvent.Source.SEND
    )


def test_it_reviews_who_gets_it_and_who_does_not(marta_client: Client, line: Line, people: list[Contact]) -> None:
    consent.opt_out(phone_key=people[0].phone_key, source="reply")
    make_people(1, group="Staff", first=2)
    left = people[1].groups.get(name="Staff")
    campaign = a_campaign(line, excluded_groups=[left])
    response = marta_client.get(to("review", campaign))
    found = response.context["review"]
    page = response.content.decode()
    assert (found.in_groups, found.unselected, found.waterfall.opted_out, found.waterfall.will_get_it) == (3, 1, 1, 1)
    assert to("left_out", campaign, "opted_out") in page
    assert "Send to 1 person now" in page
    assert "never twice without your say, nobody lost silently" in page


@pytest.mark.parametrize(("why", "name"), [("opted_out", "Person 1"), ("group", "Person 2")])
def test_it_lists_who_is_left_out(marta_client: Client, line: Line, people: list[Contact], why: str, name: str) -> None:
    consent.opt_out(phone_key=people[0].phone_key, source="reply")
    make_people(1, group="Staff", first=2)
    campaign = a_campaign(line, excluded_groups=[people[1].groups.get(name="Staff")])
    page = marta_client.get(to("left_out", campaign, why)).content.decode()
    assert name in page
    assert "Person 3" not in page
    assert marta_client.get(to("left_out", campaign, "made-up")).status_code == 404


def test_it_counts_people_who_lack_a_field(marta_client: Client, line: Line, people: list[Contact]) -> None:
    Contact.objects.filter(pk=people[0].pk).update(fields={"city": "Puebla"})
    Contact.objects.filter(pk=people[1].pk).update(name="")
    body = 'Hi {{ first_name }} of {{ city }}, {{ name|default:"friend" }}'
    found = marta_client.get(to("review", a_campaign(line, body=body))).context["review"]
    assert {missing.field: missing.count for missing in found.missing} == {"first_name": 1, "city": 2}
    assert len(found.samples) == 3


def test_it_estimates_the_time(marta_client: Client, draft: Campaign) -> None:
    make_people(60)
    page = marta_client.get(to("review", draft)).content.decode()
    assert "about 6 minutes" in page  # one every 6 s


def test_it_shows_what_keeps_it_from_starting(marta_client: Client, draft: Campaign) -> None:
    Account.objects.update(state="blocked")
    for response in (marta_client.get(to("review", draft)), marta_client.post(to("start", draft))):
        page = response.content.decode()
        assert "None of the chosen lines is connected." in page
        assert f"{to('sending', draft)}" in page
    draft.refresh_from_db()
    assert draft.state == S.DRAFT


def test_it_starts(marta_client: Client, marta: User, draft: Campaign) -> None:
    response = marta_client.post(to("start", draft))
    draft.refresh_from_db()
    assert (response["Location"], draft.state) == (to("detail", draft), S.PREPARING)
    assert draft.events.get().user == marta


def test_it_starts_once_however_often_it_is_pressed(marta_client: Client, draft: Campaign) -> None:
    marta_client.post(to("start", draft))
    page = marta_client.post(to("start", draft), follow=True).content.decode()
    assert "cannot become" in page
    assert draft.events.count() == 1


def test_it_schedules_and_takes_it_back(marta_client: Client, draft: Campaign) -> None:
    when = timezone.localtime() + timedelta(days=1)
    marta_client.post(to("schedule", draft), {"start_at": when.strftime("%Y-%m-%dT%H:%M")})
    draft.refresh_from_db()
    assert (draft.state, draft.start_at) == (S.SCHEDULED, when.replace(second=0, microsecond=0))
    assert "UTC" in marta_client.get(to("detail", draft)).content.decode()
    marta_client.post(to("unschedule", draft))
    draft.refresh_from_db()
    assert (draft.state, draft.start_at) == (S.DRAFT, None)


@pytest.mark.once
@pytest.mark.parametrize(("when", "sentence"), [("2020-01-01T10:00", "This moment has passed."), ("", "required")])
def test_it_refuses_a_bad_moment_at_the_field(marta_client: Client, draft: Campaign, when: str, sentence: str) -> None:
    response = marta_client.post(to("schedule", draft), {"start_at": when})
    assert response.status_code == 422
    assert sentence in str(response.context["schedule_form"].errors["start_at"])


def test_it_pauses_resumes_and_cancels(marta_client: Client, running: Campaign) -> None:
    for move, state in (("pause", S.PAUSED), ("resume", S.RUNNING), ("cancel", S.STOPPING)):
        marta_client.post(to(move, running))
        running.refresh_from_db()
        assert running.state == state


def test_it_says_why_a_move_is_refused(marta_client: Client, running: Campaign) -> None:
    page = marta_client.post(to("resume", lifecycle.pause(running)), follow=True)
    page = marta_client.post(to("unschedule", running), follow=True)
    assert "cannot become draft" in page.content.decode()


@pytest.mark.parametrize(
    ("state", "moves"),
    [
        ("draft", ["start"]),
        ("scheduled", ["start", "unschedule", "cancel"]),
        ("preparing", ["cancel"]),
        ("running", ["pause", "cancel"]),
        ("paused", ["resume", "cancel"]),
        ("blocked", ["pause", "cancel"]),
        ("stopping", []),
        ("finished", []),
        ("cancelled", []),
    ],
)
def test_it_offers_only_what_is_possible(state: str, moves: list[str]) -> None:
    assert lifecycle.moves(Campaign(state=state)) == moves


def test_it_shows_each_person_in_one_tile(charlie_client: Client, running: Campaign) -> None:
    becomes(running, "accepted", count=1)
    becomes(running, "failed", Reason.INVALID_NUMBER, count=1)
    found = charlie_client.get(to("progress", running)).context["live"]
    assert {tile.key: tile.value for tile in found.tiles if tile.value} == {"open": 1, "accepted": 1, "failed": 1}
    assert sum(segment.width for segment in found.segments) == pytest.approx(100, abs=0.01)


def test_it_polls_as_long_as_news_can_come(charlie_client: Client, running: Campaign) -> None:
    assert 'hx-trigger="every 2s"' in charlie_client.get(to("progress", running)).content.decode()
    long_ago = timezone.now() - timedelta(hours=2)
    Campaign.objects.filter(pk=running.pk).update(state=S.FINISHED, finished_at=long_ago)
    assert "hx-trigger" not in charlie_client.get(to("progress", running)).content.decode()
    assert live.poll_seconds(Campaign(state=S.FINISHED, finished_at=timezone.now())) == 10


def test_it_says_what_it_waits_for_and_until_when(charlie_client: Client, running: Campaign) -> None:
    until = timezone.now() + timedelta(minutes=40)
    Line.objects.update(next_free_at=until, waits_for="per_hour")
    page = charlie_client.get(to("progress", running)).content.decode()
    assert "The limit per hour is reached." in page
    assert until.strftime("%H:%M UTC") in page


def test_it_does_not_count_time_on_pause_as_slowness(running: Campaign) -> None:
    becomes(running, "accepted", count=3)
    night = timedelta(hours=9)
    events = list(running.events.order_by("id"))
    events[-1].at -= timedelta(minutes=1)
    events[-1].save()
    Campaign.objects.filter(pk=running.pk).update(started_at=timezone.now() - night)
    running.refresh_from_db()
    assert reports.progress(running).rate == pytest.approx(3, rel=0.1)


def test_it_counts_reasons_and_lines(charlie_client: Client, running: Campaign) -> None:
    becomes(running, "failed", Reason.NOT_ON_WHATSAPP, count=2)
    response = charlie_client.get(to("detail", running))
    found = response.context["breakdown"]
    assert [(each.reason, each.count) for each in found.reasons] == [("not_on_whatsapp", 2)]
    assert [(each.waiting, each.failed) for each in found.lines] == [(1, 2)]
    assert "Try an SMS line." in response.content.decode()


def test_it_counts_nothing_in_what_is_polled(charlie_client: Client, running: Campaign) -> None:
    few = queries_of(charlie_client, to("progress", running))
    Recipient.objects.bulk_create(
        Recipient(campaign=running, phone=f"+1{n}", phone_key=f"1{n}", state="failed", reason="rejected")
        for n in range(500)
    )
    assert queries_of(charlie_client, to("progress", running)) == few


def test_it_tells_who_did_what(marta_client: Client, draft: Campaign) -> None:
    marta_client.post(to("start", draft))
    page = marta_client.get(to("detail", draft)).content.decode()
    assert "Who did what" in page
    assert "marta" in page


def test_it_shows_a_draft_where_it_is_written(marta_client: Client, charlie_client: Client, draft: Campaign) -> None:
    assert marta_client.get(to("detail", draft))["Location"] == to("edit", draft)
    assert charlie_client.get(to("detail", draft)).status_code == 200


def test_it_lists_people_by_state_and_reason(charlie_client: Client, running: Campaign) -> None:
    becomes(running, "failed", Reason.INVALID_NUMBER, count=1)
    message = Message.objects.get(status="failed")
    page = charlie_client.get(to("recipients", running), {"state": "failed", "reason": "invalid_number"})
    text = page.content.decode()
    assert [row["person"].message_id for row in page.context["rows"]] == [message.pk]
    assert reverse("messaging:message", args=[message.pk]) in text
    assert reverse("contacts:edit", args=[message.contact_id]) in text
    assert len(charlie_client.get(to("recipients", running), {"state": "open"}).context["rows"]) == 2


def test_it_pages_people_without_missing_any(charlie_client: Client, running: Campaign) -> None:
    Recipient.objects.bulk_create(
        Recipient(campaign=running, phone=f"+1{n}", phone_key=f"1{n}", state="sent") for n in range(60)
    )
    seen: list[int] = []
    cursor = ""
    while cursor is not None:
        page = charlie_client.get(to("recipients", running), {"cursor": cursor}).context
        seen += [row["person"].pk for row in page["rows"]]
        cursor = page["page"].next
    assert sorted(seen) == sorted(Recipient.objects.values_list("pk", flat=True))
    assert len(seen) == len(set(seen)) == 63


def test_it_answers_htmx_with_the_people_alone(charlie_client: Client, running: Campaign) -> None:
    part = charlie_client.get(to("recipients", running), headers={"HX-Request": "true", "HX-Target": "recipients"})
    assert part.content.decode().strip().startswith('<div class="card" id="recipients">')


def test_it_exports_people_as_safe_csv(charlie_client: Client, running: Campaign) -> None:
    becomes(running, "failed", Reason.INVALID_NUMBER, count=1)
    Contact.objects.update(name="=HYPERLINK(1)")
    response = charlie_client.get(to("export", running), {"state": "failed"})
    rows = response.getvalue().decode("utf-8-sig").splitlines()
    assert len(rows) == 2
    assert rows[1].startswith("'+52222")
    assert ",'=HYPERLINK(1),failed,invalid_number," in rows[1]
    assert 'filename="spring-failed.csv"' in response["Content-Disposition"]


def test_it_asks_the_same_number_of_questions_for_3_and_30(
    charlie_client: Client, line: Line, running: Campaign
) -> None:
    names = ("detail", "progress", "recipients", "breakdown")
    few = [queries_of(charlie_client, to(name, running)) for name in names]
    make_people(30, group="Many", first=100)
    many = set_going(a_campaign(line, group="Many"))
    for number in range(10, 20):
        many.lines.add(a_line(number))
    assert [queries_of(charlie_client, to(name, many)) for name in names] == few


@pytest.mark.once
@pytest.mark.parametrize("name", ["start", "schedule", "pause", "resume", "cancel", "unschedule"])
def test_it_lets_only_those_run_it_who_may(
    charlie_client: Client, bob_client: Client, marta_client: Client, draft: Campaign, name: str
) -> None:
    assert charlie_client.post(to(name, draft)).status_code == 403
    assert bob_client.post(to(name, draft)).status_code == 403
    assert marta_client.get(to(name, draft)).status_code == 405
    draft.refresh_from_db()
    assert draft.state == S.DRAFT


@pytest.mark.once
@pytest.mark.parametrize("name", ["detail", "review", "progress", "breakdown", "recipients", "export"])
def test_it_is_closed_to_strangers_and_people_without_a_role(client: Client, draft: Campaign, name: str) -> None:
    assert client.get(to(name, draft)).status_code == 302
    client.force_login(User.objects.create_user("nobody"))
    assert client.get(to(name, draft)).status_code == 403
