"""When a draft goes out, kept by the cards and the API, and carried out after the review."""

from datetime import time, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns import scheduled, series, timing
from campaigns.models import Campaign, Recipient, Series
from contacts.refusal import Refused
from messaging.models import Line
from tests.campaigns.desk import a_campaign, a_line
from tests.test_api import Api
from tests.world import make_people, run_tasks

pytestmark = pytest.mark.django_db
S = Campaign.State
HTMX = {"HX-Request": "true"}


@pytest.fixture
def line(db: None) -> Line:
    make_people(2)
    return a_line()


@pytest.fixture
def draft(line: Line) -> Campaign:
    return a_campaign(line)


@pytest.mark.once
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"when": "someday"}, "when"),
        ({"when": "at"}, "start_at"),
        ({"when": "at", "start_at": timezone.now() - timedelta(hours=1)}, "start_at"),
        ({"when": "local"}, "local_date"),
    ],
)
def test_it_refuses_what_is_no_time(draft: Campaign, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        timing.set_when(draft, **changes)
    assert refused.value.field == field


@pytest.mark.once
@pytest.mark.parametrize(
    "changes", [{"size": 5, "minutes": 0}, {"size": 5, "most_failed": 101}, {"size": 5, "most_opt_outs": -1}]
)
def test_it_refuses_limits_that_are_none(draft: Campaign, changes: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        timing.set_canary(draft, **changes)
    assert refused.value.field == next(name for name in changes if name != "size")


def test_by_each_persons_clock_it_is_scheduled_for_the_earliest_moment_of_all(draft: Campaign) -> None:
    day = timezone.localdate() + timedelta(days=9)
    timing.set_when(draft, when="local", local_date=day, local_time=time(9))
    draft.refresh_from_db()
    draft = timing.go(draft)
    (moment,) = timing.moments(draft)
    assert (draft.state, draft.start_at, moment.people) == (S.SCHEDULED, moment.at, 2)
    Campaign.objects.update(start_at=timezone.now())
    scheduled.sweep()
    run_tasks()  # it is started …
    run_tasks()  # … and prepared
    draft.refresh_from_db()
    assert draft.state == S.RUNNING
    assert set(Recipient.objects.values_list("due_at", flat=True)) == {moment.at}


def test_the_cards_keep_what_was_typed_and_say_what_is_wrong(draft: Campaign, marta_client: Client) -> None:
    url = reverse("campaigns:when", args=[draft.pk])
    at = (timezone.now() + timedelta(days=2)).replace(second=0, microsecond=0)
    saved = marta_client.post(url, {"when": "at", "start_at": f"{at:%Y-%m-%dT%H:%M}"}, headers=HTMX)
    assert "Saved" in saved.text
    draft.refresh_from_db()
    assert draft.start_at == at
    wrong = marta_client.post(url, {"when": "local"}, headers=HTMX)
    assert (wrong.status_code, "Choose a day and a time." in wrong.text) == (422, True)
    wrong = marta_client.post(url, {"when": "series", "repeat": "daily"}, headers=HTMX)
    assert wrong.status_code == 422
    few = marta_client.post(reverse("campaigns:canary", args=[draft.pk]), {"size": "7", "asks": "on"}, headers=HTMX)
    assert few.status_code == 200
    draft.refresh_from_db()
    assert (draft.canary_size, draft.canary_minutes, draft.canary_asks) == (7, 60, True)


def test_a_series_that_never_started_anything_is_forgotten_for_another_time(draft: Campaign) -> None:
    series.save_series(
        pattern=draft, repeat="daily", starts_on=timezone.localdate(), at=timezone.now().time(), time_zone="UTC"
    )
    assert timing.when_of(draft) == "series"
    timing.set_when(draft, when="now")
    assert not Series.objects.exists()


def test_who_may_not_run_campaigns_starts_none(draft: Campaign, charlie_client: Client) -> None:
    assert charlie_client.post(reverse("campaigns:go", args=[draft.pk])).status_code == 403
    assert charlie_client.post(reverse("campaigns:when", args=[draft.pk]), {"when": "now"}).status_code == 403


def test_all_of_it_can_be_done_by_the_api(draft: Campaign, admin: User) -> None:
    api, day = Api(admin), timezone.localdate() + timedelta(days=3)
    one = f"/campaigns/{draft.pk}"
    answer = api.call("PUT", f"{one}/canary", {"size": 1, "minutes": 5})
    assert answer["canary"]["size"] == 1
    local = {"when": "local", "local_date": f"{day}", "local_time": "09:00"}
    assert api.call("PUT", f"{one}/timing", local)["when"] == "local"
    (moment,) = api.call("GET", f"{one}/moments")["items"]
    assert (moment["people"], moment["moved"]) == (2, False)
    times = {"repeat": "weekly", "starts_on": f"{day}", "at": "09:00", "time_zone": "UTC"}
    made = api.call("PUT", f"{one}/timing", {"when": "series", "times": times})["series"]
    assert api.call("POST", f"{one}/go")["when"] == "series"
    (listed,) = api.call("GET", "/series")["items"]
    assert (listed["id"], listed["is_paused"]) == (made, False)
    assert api.call("GET", f"/series/{made}")["next_times"][0] == f"{day}T09:00:00Z"
    days = api.call("GET", f"/calendar?first={day}&last={day}")["days"]
    assert [each["title"] for each in days[0]["entries"]] == [draft.name]
    assert api.call("POST", f"/series/{made}/pause")["is_paused"] is True
    assert "not ask" in api.call("POST", f"{one}/canary", {"verdict": "go_on"}, expect=409)["detail"]
