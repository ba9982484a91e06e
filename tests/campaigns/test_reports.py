"""Reports: the funnel adds up after any history, parts and timeline agree with it, large counts wait in the background."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from hypothesis import settings as how_often
from hypothesis.stateful import invariant, rule, run_state_machine_as_test
from pytest_django import Settings

from campaigns import attribution, counting, cuts, funnel, reports, timeline
from campaigns.models import Campaign, Recipient, ReportCount
from config.models import ApiToken
from messaging import outbox
from messaging.models import Message, MessageEvent
from tests.campaigns.desk import a_campaign, a_line, queries_of, set_going
from tests.campaigns.test_lifecycle_properties import PEOPLE, QUICK, Histories, places
from tests.conftest import signed_in
from tests.world import make_people, run_tasks

M = Message.Status


def tell(messages: list[Message], *statuses: str) -> None:
    """News about these messages, one status after the other."""
    for status in statuses:
        Message.objects.filter(pk__in=[each.pk for each in messages], status=M.QUEUED).update(
            status=M.SENDING, attempted_at=timezone.now(), lease_token="x"
        )
        outbox.apply(
            [outbox.Update(message_id=each.pk, status=status, claim="x") for each in messages],
            source=MessageEvent.Source.CALLBACK,
        )


def answer(message: Message, body: str = "Hello") -> None:
    """The phone that got a message answers it."""
    said = Message.objects.create(
        account=message.account, direction="in", status=M.RECEIVED, channel=message.channel, phone=message.phone,
        phone_key=message.phone_key, body=body, remote_id=uuid4().hex,
    )  # fmt: skip
    attribution.attribute(said)


@pytest.fixture
def told(db: None) -> Campaign:
    """Six people: one read and answered, one got it, one was sent it, one failed, two still wait."""
    make_people(6)
    campaign = set_going(a_campaign(a_line()))
    messages = list(Message.objects.order_by("id"))
    tell(messages[:1], M.ACCEPTED, M.DELIVERED, M.READ)
    tell(messages[1:2], M.ACCEPTED, M.DELIVERED)
    tell(messages[2:3], M.ACCEPTED)
    tell(messages[3:4], M.FAILED)
    answer(messages[0])
    return campaign


class Reported(Histories):
    """All that people, gateways and the clock do, and people who answer."""

    @rule(place=places)
    def reply(self, place: int) -> None:
        messages = list(Message.objects.filter(direction="out", attempted_at__isnull=False).order_by("id"))
        if place < len(messages):
            answer(messages[place])

    @invariant()
    def adds_up(self) -> None:
        rows = list(Recipient.objects.values_list("state", "replied_at"))
        found = funnel.numbers(self.campaign)
        assert found.selected == len(rows) == sum(found.of(key) for key in funnel.ADD_UP)
        assert found.read <= found.delivered <= found.sent
        assert found.replied == sum(replied_at is not None for _state, replied_at in rows)
        for state, _replied_at in rows:  # everybody is in exactly one of them
            one = funnel.from_states({state: 1})
            assert [key for key in funnel.ADD_UP if one.of(key)] == [key for key in funnel.ADD_UP if one.of(key) == 1]
            assert sum(one.of(key) for key in funnel.ADD_UP) == 1

    @invariant()
    def agrees_with_what_is_counted(self) -> None:
        found = funnel.numbers(self.campaign)
        for parts in cuts.parts(self.campaign, cuts.count(self.campaign)).values():
            whole = funnel.together([part.numbers for part in parts])
            kept = (found.to_send, found.sent, found.delivered, found.read, found.failed, found.replied)
            assert (whole.to_send, whole.sent, whole.delivered, whole.read, whole.failed, whole.replied) == kept
        counted = timeline.fold(timeline.count(self.campaign))
        for key in ("sent", "delivered", "read", "replied"):
            assert sum(counted.series[key]) == found.of(key), key


@pytest.mark.django_db
def test_it_adds_up_whatever_happens(settings: Settings) -> None:
    settings.SMS_AFTER_MINUTES = 0
    make_people(PEOPLE)
    sms = a_line(3, channel="sms", account="Phones", gap_seconds=0)
    a_campaign(a_line(1, gap_seconds=0), a_line(2, gap_seconds=0), sms_lines=[sms])
    run_state_machine_as_test(Reported, settings=how_often(QUICK, max_examples=5))


def test_it_says_of_what_each_rate_is_a_share(told: Campaign) -> None:
    found = funnel.numbers(told)
    shown = {
        key: (found.of(key), found.rate(key), funnel.WHOLES[key]) for key in ("sent", "delivered", "read", "replied")
    }
    assert shown == {
        "sent": (3, 50.0, "to_send"),
        "delivered": (2, pytest.approx(66.67, abs=0.01), "sent"),
        "read": (1, 50.0, "delivered"),
        "replied": (1, pytest.approx(33.33, abs=0.01), "sent"),
    }


def test_it_has_no_rate_of_nobody() -> None:
    assert [funnel.Numbers(open=3).rate(key) for key in ("sent", "delivered", "selected")] == [0.0, None, 100.0]


def test_it_cuts_by_country_language_and_variant(told: Campaign) -> None:
    Recipient.objects.filter(state="read").update(
        language="es", letter="B", phone="+6281234567890", phone_key="6281234567890"
    )
    parts = cuts.parts(told, cuts.count(told))
    sizes = {cut: {part.key: part.numbers.to_send for part in rows} for cut, rows in parts.items()}
    assert sizes["country"] == {"MX": 5, "ID": 1}
    assert sizes["language"] == {"": 5, "es": 1}
    assert sizes["letter"] == {"A": 5, "B": 1}
    assert [part.numbers.read for part in parts["country"]] == [0, 1]


@pytest.mark.parametrize(
    ("span", "bucket"),
    [(0, "minutes"), (3 * 3600, "minutes"), (86400, "hour"), (4 * 86400, "day"), (200 * 86400, "week")],
)
def test_it_puts_a_timeline_into_stretches_that_fit_its_length(span: int, bucket: str) -> None:
    begin = int(datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()) // timeline.SLOT
    found = timeline.fold({"sent": [[begin, 2], [begin + span // timeline.SLOT, 3]]}, zone=UTC)
    assert (found.bucket, sum(found.series["sent"]), len(found.starts)) == (bucket, 5, len(found.series["read"]))
    assert len(found.starts) < 125


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
@pytest.mark.parametrize(
    "day", [datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 10, 3, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)]
)
@pytest.mark.parametrize("days", [1, 5])
def test_it_loses_nothing_when_clocks_are_changed(zone: str, day: datetime, days: int) -> None:
    slots = [[int((day + timedelta(minutes=5 * n)).timestamp()) // timeline.SLOT, 1] for n in range(288 * days)]
    found = timeline.fold({"sent": slots}, zone=ZoneInfo(zone))
    assert sum(found.series["sent"]) == 288 * days
    assert found.starts == sorted(found.starts, key=datetime.timestamp)


def test_it_shows_the_report_to_who_may_look(told: Campaign, charlie_client: Client) -> None:
    page = charlie_client.get(f"/campaigns/{told.pk}/report/").content.decode()
    for words in (
        "How far people came",
        "50.0 %",
        "of those delivered",
        "When it happened",
        "By country",
        "Take it with you",
    ):
        assert words in page
    assert charlie_client.get(f"/campaigns/{told.pk}/").content.decode().count(f"/campaigns/{told.pk}/report/") == 1
    nobody = signed_in(User.objects.create_user("nobody"))
    for path in ("report/", "report/counted/", "report/files/", "report.xlsx"):
        assert nobody.get(f"/campaigns/{told.pk}/{path}").status_code == 403


def test_it_leads_from_numbers_to_what_can_be_done(told: Campaign, marta_client: Client) -> None:
    Recipient.objects.filter(state="failed").update(reason="not_delivered")
    ReportCount.objects.all().delete()
    page = marta_client.get(
        f"/campaigns/{told.pk}/report/?who=failed:not_delivered&retry=not_delivered"
    ).content.decode()
    assert '<option value="failed:not_delivered" selected>' in page
    assert f'action="/campaigns/{told.pk}/retry/"' in page
    assert "?retry=not_delivered" in page or "retry=not_delivered#retry-title" in page


def test_it_asks_no_more_questions_for_more_people(told: Campaign, charlie_client: Client) -> None:
    few = queries_of(charlie_client, f"/campaigns/{told.pk}/report/")
    make_people(40, group="Many", first=100)
    more = set_going(a_campaign(*told.lines.all(), group="Many"))
    assert queries_of(charlie_client, f"/campaigns/{more.pk}/report/") == few


def test_it_counts_a_large_campaign_in_the_background(
    told: Campaign, charlie_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "AT_ONCE", 5)
    for _look in range(3):
        page = charlie_client.get(f"/campaigns/{told.pk}/report/").content.decode()
        assert "this campaign is large" in page
        assert "By country" not in page
    assert Counter(ReportCount.objects.values_list("what", flat=True)) == {"cuts": 1, "timeline": 1}
    run_tasks()
    part = charlie_client.get(f"/campaigns/{told.pk}/report/counted/").content.decode()
    assert "By country" in part
    assert "hx-trigger" not in part


def test_it_keeps_what_was_counted_and_counts_again_when_it_is_old(told: Campaign) -> None:
    first = counting.counted(told, "cuts")
    tell(list(Message.objects.filter(status=M.QUEUED)), M.ACCEPTED)
    assert counting.counted(told, "cuts") == first
    ReportCount.objects.update(counted_at=timezone.now() - timedelta(hours=1))
    assert counting.counted(told, "cuts").numbers != first.numbers


def test_it_compares_by_the_same_definitions(told: Campaign, charlie_client: Client) -> None:
    other = set_going(a_campaign(*told.lines.all(), name="Autumn"))
    page = charlie_client.get(f"/campaigns/compare/?campaign={told.pk}&campaign={other.pk}").content.decode()
    for words in ("Autumn", "Side by side", "66.7 %", "2 of 3"):
        assert words in page
    for query in (f"campaign={told.pk}", "campaign=x&campaign=99999999999999999999", "tag=1"):
        alone = charlie_client.get(f"/campaigns/compare/?{query}").content.decode()
        assert "Choose 2 to 6" in alone
        assert "Side by side" not in alone


def test_it_compares_tags_as_the_sum_of_their_campaigns(told: Campaign, charlie_client: Client) -> None:
    other = set_going(a_campaign(*told.lines.all(), name="Autumn"))
    for campaign, name in ((told, "warm"), (other, "cold")):
        campaign.tags.create(name=name)
    tags = [campaign.tags.get().pk for campaign in (told, other)]
    page = charlie_client.get(f"/campaigns/compare/?tag={tags[0]}&tag={tags[1]}").content.decode()
    assert "warm" in page
    assert "2 of 3" in page
    assert reports.progress(told).taken == 3


def test_it_says_the_same_by_rest(told: Campaign, charlie: User) -> None:
    api = Client(headers={"Authorization": f"Bearer {ApiToken.issue(user_id=charlie.pk)}"})
    other = set_going(a_campaign(*told.lines.all(), name="Autumn"))
    found = api.get(f"/api/v1/campaigns/{told.pk}/report").json()
    assert found["numbers"]["sent"] == 3
    assert found["rates"]["delivered"] == {"percent": 66.67, "of": "sent"}
    assert [part["key"] for part in found["parts"]["country"]] == ["MX"]
    when = api.get(f"/api/v1/campaigns/{told.pk}/timeline?zone=Asia/Jakarta").json()
    assert (sum(when["series"]["sent"]), when["starts"][0][-6:]) == (3, "+07:00")
    assert api.get(f"/api/v1/campaigns/{told.pk}/timeline?zone=../x").status_code == 422
    beside = api.get(f"/api/v1/campaigns/compare?campaign={told.pk}&campaign={other.pk}").json()
    assert [column["numbers"]["sent"] for column in beside["columns"]] == [3, 0]
    assert api.get(f"/api/v1/campaigns/compare?campaign={told.pk}").status_code == 422
    asked = api.post(f"/api/v1/campaigns/{told.pk}/report-files", {"format": "csv"}, content_type="application/json")
    assert (asked.status_code, asked.json()["content"]) == (202, None)
    run_tasks()
    made = api.get(f"/api/v1/report-files/{asked.json()['id']}").json()
    assert b"phone" in b"".join(api.get(made["content"]))
