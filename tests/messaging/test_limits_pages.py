"""Hours, warm-up and new people a day: as people type them, as the API takes them, as the page shows them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone, translation

from config.models import ApiToken
from contacts.refusal import Refused
from messaging.limits_text import read_rungs, read_windows, write_rungs, write_windows
from messaging.models import Line
from tests.messaging.test_pace import make_line

WEEK: list[dict[str, Any]] = [
    {"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "18:00"},
    {"days": ["sat", "sun"], "start": "10:00", "end": "14:00"},
]
LADDER: list[dict[str, int | None]] = [{"from_day": 0, "per_day": 20}, {"from_day": 15, "per_day": None}]


@pytest.mark.parametrize(
    ("text", "days", "start", "end"),
    [
        ("Mon-Fri 09:00-18:00", 5, "09:00", "18:00"),
        ("mon, wed–fri: 9.30 – 18.00", 4, "09:30", "18:00"),
        ("Friday-Monday 22:00-06:00", 4, "22:00", "06:00"),
        ("00:00-24:00", 7, "00:00", "24:00"),
    ],
)
def test_it_reads_hours_as_people_write_them(text: str, days: int, start: str, end: str) -> None:
    (window,) = read_windows(text)
    assert (len(window["days"]), window["start"], window["end"]) == (days, start, end)


@pytest.mark.parametrize("text", ["always", "Mon-Xyz 09:00-18:00", "Mon 9-18", "Mon-Tue-Wed 09:00-10:00"])
def test_it_refuses_hours_that_are_not_clear(text: str) -> None:
    with pytest.raises(Refused, match="not clear"):
        read_windows(text)


@pytest.mark.parametrize("language", ["en", "es", "id"])
def test_what_it_writes_it_reads_again(language: str) -> None:
    with translation.override(language):
        assert read_windows(write_windows(WEEK)) == WEEK
        assert read_windows("Mon-Fri 09:00-18:00") == WEEK[:1]
    assert read_rungs(write_rungs(LADDER)) == LADDER


def typed(**changes: str) -> dict[str, str]:
    """The form as a browser sends it."""
    return {
        "windows": "Mon-Fri 09:00-18:00\nSat, Sun 10:00-14:00", "window_basis": "person", "time_zone": "America/Mexico_City",
        "holidays": "2026-12-25\n2027-01-01", "warm_up": "0: 20\n15:", "warm_up_from": "2026-09-01",
        "first_contacts_per_day": "30", **changes,
    }  # fmt: skip


@pytest.fixture
def line(db: None) -> Line:
    return make_line()


def test_staff_set_the_limits_of_a_line(line: Line, alice_client: Client) -> None:
    response = alice_client.post(f"/lines/{line.pk}/limits/", typed(), follow=True)
    assert "The new limits hold" in response.content.decode()
    line.refresh_from_db()
    assert (line.windows, line.warm_up) == (WEEK, LADDER)
    assert (line.holidays, line.window_basis) == (["2026-12-25", "2027-01-01"], "person")
    page = alice_client.get(f"/lines/{line.pk}/").content.decode()
    assert "Mon–Fri 09:00–18:00" in page
    assert 'value="2026-09-01"' in page


@pytest.mark.once
@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("windows", "whenever"), ("windows", "Mon 09:00-25:00"), ("holidays", "Christmas"), ("time_zone", "Mars"),
        ("warm_up", "soon"), ("warm_up", "3: 20"), ("first_contacts_per_day", "0"), ("window_basis", "moon"),
    ],
)  # fmt: skip
def test_it_says_at_the_field_what_is_wrong(line: Line, alice_client: Client, name: str, wrong: str) -> None:
    response = alice_client.post(f"/lines/{line.pk}/limits/", typed(**{name: wrong}))
    assert response.status_code == 422
    assert list(response.context["bounds"].errors) == [name]
    assert wrong in response.content.decode()
    line.refresh_from_db()
    assert line.windows == []


def test_who_may_not_change_lines_may_not_change_limits(line: Line, charlie_client: Client) -> None:
    assert charlie_client.post(f"/lines/{line.pk}/limits/", typed()).status_code == 403


def test_the_page_says_that_a_line_is_closed(line: Line, alice_client: Client) -> None:
    Line.objects.update(next_free_at=timezone.now() + timedelta(hours=3), waits_for="window")
    assert "Outside the hours in which it may send" in alice_client.get(f"/lines/{line.pk}/").content.decode()


def test_integrators_set_and_read_limits(line: Line, admin: User) -> None:
    client = Client(headers={"Authorization": f"Bearer {ApiToken.issue(user_id=admin.pk)}"})
    path = f"/api/v1/lines/{line.pk}"
    given = {
        "windows": WEEK,
        "holidays": ["2026-12-25"],
        "window_basis": "person",
        "first_contacts_per_day": 9,
        "warm_up": LADDER,
    }
    answer = client.patch(path, given, content_type="application/json").json()
    assert {name: answer[name] for name in given} == given
    assert answer["warm_up_from"] == timezone.now().astimezone(UTC).date().isoformat()
    answer = client.patch(path, {"first_contacts_per_day": None, "windows": []}, content_type="application/json").json()
    assert (answer["first_contacts_per_day"], answer["windows"], answer["warm_up"]) == (None, [], LADDER)


def test_integrators_read_why_a_line_waits(line: Line, admin: User) -> None:
    until = datetime(2999, 1, 1, tzinfo=UTC)
    Line.objects.update(next_free_at=until, waits_for="warm_up")
    client = Client(headers={"Authorization": f"Bearer {ApiToken.issue(user_id=admin.pk)}"})
    answer = client.get(f"/api/v1/lines/{line.pk}").json()
    assert (answer["waits_for"], answer["waits_detail"]) == ("warm_up", "The day's limit of the warm-up is reached.")


def test_a_wrong_limit_changes_nothing_of_a_call(line: Line, admin: User) -> None:
    client = Client(headers={"Authorization": f"Bearer {ApiToken.issue(user_id=admin.pk)}"})
    wrong = {"gap_seconds": 9, "windows": [{"days": [], "start": "09:00", "end": "18:00"}]}
    assert client.patch(f"/api/v1/lines/{line.pk}", wrong, content_type="application/json").status_code == 422
    line.refresh_from_db()
    assert line.gap_seconds == 0
