"""Conversations over REST: the folders, one of them, and what a team does with it."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from config.models import ApiToken
from messaging.models import Conversation, Label, Line
from tests.messaging.desk_world import make_shop, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(db: None) -> Line:
    return make_shop()


def call(user: User, method: str, path: str, body: Any = None, *, expect: int = 200) -> Any:
    client = Client(headers={"Authorization": f"Bearer {ApiToken.issue(user_id=user.pk)}"})
    sent = json.dumps(body) if body is not None else ""
    response = client.generic(method, f"/api/v1/conversations{path}", sent, "application/json")
    assert response.status_code == expect, response.content.decode()
    return response.json()


def test_it_lists_a_folder_page_by_page(charlie: User, line: Line) -> None:
    for number in range(3):
        write(line, number, f"talk {number}")
    first = call(charlie, "GET", "?folder=unread&limit=2")
    rest = call(charlie, "GET", f"?folder=unread&limit=2&cursor={first['next']}")
    assert [each["snippet"] for each in first["items"] + rest["items"]] == ["talk 2", "talk 1", "talk 0"]
    assert rest["next"] is None
    assert [each["snippet"] for each in call(charlie, "GET", "?q=talk+1")["items"]] == ["talk 1"]


def test_it_changes_what_is_given_and_nothing_else(bob: User, marta: User, line: Line) -> None:
    talk = write(line, 1, "Refund!")
    changed = call(
        bob, "PATCH", f"/{talk.pk}", {"assignee": "marta", "labels": ["Refund", "VIP"], "priority": "urgent"}
    )
    assert (changed["assignee"], changed["labels"], changed["priority"]) == ("marta", ["Refund", "VIP"], "urgent")
    closed = call(bob, "PATCH", f"/{talk.pk}", {"state": "closed", "assignee": None})
    assert (closed["state"], closed["assignee"], closed["labels"]) == ("closed", None, ["Refund", "VIP"])
    assert [each["id"] for each in call(bob, "GET", "?folder=closed&label=refund")["items"]] == [talk.pk]


def test_it_snoozes_until_a_moment(bob: User, line: Line) -> None:
    talk = write(line, 1, "Later")
    until = (timezone.now() + timedelta(hours=2)).isoformat()
    changed = call(bob, "PATCH", f"/{talk.pk}", {"state": "snoozed", "snoozed_until": until})
    assert (changed["state"], bool(changed["snoozed_until"])) == ("snoozed", True)


@pytest.mark.once
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"state": "snoozed"}, "snoozed_until"),
        ({"state": "snoozed", "snoozed_until": "2020-01-01T00:00:00Z"}, "snoozed_until"),
        ({"assignee": "nobody"}, "assignee"),
        ({"assignee": "charlie", "labels": ["x"]}, "assignee"),
        ({"labels": ["x", " "]}, "name"),
    ],
)
def test_it_refuses_the_whole_when_a_part_is_wrong(
    bob: User, charlie: User, line: Line, body: dict[str, Any], field: str
) -> None:
    talk = write(line, 1, "Hi")
    answer = call(bob, "PATCH", f"/{talk.pk}", body, expect=422)
    assert answer["errors"][0]["field"] == field
    assert (Conversation.objects.get().state, Label.objects.exists()) == ("open", False)


def test_it_reads_the_messages_of_one(charlie: User, line: Line) -> None:
    talk = write(line, 1, "one")
    write(line, 1, "two")
    write(line, 2, "another's")
    assert [each["body"] for each in call(charlie, "GET", f"/{talk.pk}/messages")["items"]] == ["two", "one"]
    call(charlie, "GET", "/999999/messages", expect=404)


def test_viewers_change_nothing(charlie: User, line: Line) -> None:
    call(charlie, "PATCH", f"/{write(line, 1, 'Hi').pk}", {"state": "closed"}, expect=403)


def test_the_schema_tells_of_them(client: Client) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    assert {"get", "patch"} <= set(paths["/api/v1/conversations/{conversation_id}"])
