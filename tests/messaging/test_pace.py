"""What one claim may take: caps in SMS parts, a warm-up, new people a day, and what counts as sent at all."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from messaging import limits, outbox, pace
from messaging.lease import make_token
from messaging.models import Account, Line, Message, MessageEvent
from messaging.outbox.claiming import Claim, claim, lease_line
from messaging.outbox.due import Due
from messaging.outbox.queueing import queue_many
from messaging.pace import Room
from messaging.providers.errors import Reason
from tests.world import phone

pytestmark = pytest.mark.django_db
S = Message.Status
NOON = datetime(2026, 9, 9, 12, tzinfo=UTC)  # a Wednesday


def make_line(**changes: Any) -> Line:
    """A ready SMS line without a pace, in UTC."""
    account = Account.objects.create(
        name="Own", provider="zender", base_url="http://127.0.0.1:9", state="ready", region="MX"
    )
    usual = {"channel": "sms", "kind": "sim", "address": "1", "label": "SIM 1", "gap_seconds": 0, "jitter_seconds": 0,
             "next_free_at": datetime(2026, 1, 1, tzinfo=UTC)}  # fmt: skip
    return Line.objects.create(account=account, **{**usual, **changes})


def queue(line: Line, count: int = 1, *, first: int = 1, **more: Any) -> list[Message]:
    """Messages to as many people."""
    return queue_many(
        [
            Message(
                account=line.account, line=line, channel=line.channel, phone=phone(n), phone_key=phone(n)[1:], body="Hi",
                next_attempt_at=timezone.now(), **more,
            )
            for n in range(first, first + count)
        ]
    )  # fmt: skip


def take(line: Line, wanted: int = 100) -> Claim:
    """One claim of a new drainer; the line is free for the next one afterwards."""
    token = make_token()
    Line.objects.filter(pk=line.pk).update(lease_token="", lease_until=None)
    line.refresh_from_db()
    assert lease_line(line, token, now=timezone.now())
    claimed = claim(line.pk, token, wanted=wanted)
    line.refresh_from_db()
    return claimed


def answered(messages: list[Due], status: str = S.ACCEPTED, **more: Any) -> None:
    """The gateway answered all of them."""
    for message in messages:
        update = outbox.Update(message_id=message.pk, status=status, claim=message.lease_token, **more)
        outbox.apply([update], source=MessageEvent.Source.SEND)


def test_it_takes_messages_while_their_parts_fit() -> None:
    line = make_line(per_hour=10)
    queue(line, 5, parts=3)
    assert [message.parts for message in take(line).messages] == [3, 3, 3]
    assert take(line).messages == []
    assert line.waits_for == "per_hour"


def test_it_lets_a_long_message_wait_until_all_its_parts_fit() -> None:
    line = make_line(per_minute=4)
    with time_machine.travel(NOON, tick=False) as clock:
        queue(line, 1, parts=2)
        answered(take(line).messages)
        clock.shift(20)
        queue(line, 1, first=2, parts=1)
        answered(take(line).messages)
        queue(line, 1, first=3, parts=3)
        queue(line, 1, first=4, parts=1)
        assert take(line).messages == []  # the short one behind it does not overtake
        assert (line.waits_for, round((line.next_free_at - NOON).total_seconds())) == ("per_minute", 60)
        clock.move_to(line.next_free_at)
        assert [message.parts for message in take(line).messages] == [3]


def test_it_sends_a_message_larger_than_the_cap_alone() -> None:
    line = make_line(per_minute=2)
    with time_machine.travel(NOON, tick=False) as clock:
        queue(line, 2, parts=5)
        answered(take(line).messages)
        assert take(line).messages == []
        clock.move_to(line.next_free_at)
        assert len(take(line).messages) == 1


@given(st.integers(1, 20), st.integers(0, 40), st.integers(0, 40), st.integers(1, 60))
def test_no_cap_is_ever_passed_but_by_one_that_goes_alone(cap: int, used: int, taken: int, parts: int) -> None:
    if Room("per_day", cap, pace.DAY, used).fits(parts, taken):
        assert used + taken + parts <= cap or used + taken == 0


def test_it_counts_a_message_from_its_answer_on() -> None:
    """A slow call left at some time before its answer: a cap that counts from the claim would be passed at the gateway."""
    line = make_line(per_minute=1)
    with time_machine.travel(NOON, tick=False) as clock:
        queue(line, 2)
        slow = take(line).messages
        clock.shift(30)
        answered(slow, S.UNKNOWN)
        clock.shift(31)
        assert take(line).messages == []
        assert line.next_free_at >= NOON + timedelta(seconds=90)


def test_it_does_not_count_what_certainly_did_not_leave() -> None:
    line = make_line(per_day=1)
    queue(line, 1)
    answered(take(line).messages, S.QUEUED, reason=Reason.UNREACHABLE)
    assert len(take(line).messages) == 1


def test_it_counts_every_attempt_that_may_have_left() -> None:
    line = make_line(per_day=2)
    queue(line, 2)
    answered(take(line).messages, S.UNKNOWN)
    queue(line, 1, first=9)
    assert take(line).messages == []
    assert line.waits_for == "per_day"


def test_it_shows_the_cap_that_keeps_it_longest() -> None:
    line = make_line(per_minute=1, per_day=1)
    queue(line, 2)
    take(line)
    take(line)
    assert line.waits_for == "per_day"
    assert line.next_free_at - timezone.now() > timedelta(hours=23)


def test_a_line_without_limits_costs_no_further_query() -> None:
    line = make_line()
    queue(line, 3)
    token = make_token()
    lease_line(line, token, now=timezone.now())
    with CaptureQueriesContext(connection) as queries:
        claim(line.pk, token, wanted=10)
    kinds = [query["sql"].split()[0] for query in queries if query["sql"].split()[0] in ("SELECT", "UPDATE")]
    assert kinds == ["UPDATE", "SELECT", "SELECT", "UPDATE"]  # the lease, the line, the messages, their mark


def test_a_warm_up_grows_with_the_age_of_the_line() -> None:
    line = make_line()
    with time_machine.travel(NOON, tick=False) as clock:
        limits.set_limits(
            line, warm_up=[{"from_day": 0, "per_day": 2}, {"from_day": 1, "per_day": 4}], warm_up_from=NOON.date()
        )
        queue(line, 20)
        answered(take(line).messages)
        assert take(line).messages == []
        assert (line.waits_for, line.next_free_at) == (
            "warm_up",
            datetime(2026, 9, 10, tzinfo=UTC),
        )  # not noon tomorrow
        clock.move_to(line.next_free_at)
        assert len(take(line).messages) == 2  # the first two of these 24 hours count


def test_a_warm_up_ends_where_its_last_step_says_so() -> None:
    line = make_line(created_at=timezone.now() - timedelta(days=40))
    ladder: list[dict[str, int | None]] = [{"from_day": 0, "per_day": 2}, {"from_day": 30, "per_day": None}]
    limits.set_limits(line, warm_up=ladder, warm_up_from=line.created_at.date())
    queue(line, 5)
    assert len(take(line).messages) == 5


def test_it_writes_to_so_many_new_people_a_day_and_to_all_it_knows() -> None:
    line = make_line(first_contacts_per_day=2)
    with time_machine.travel(NOON, tick=False) as clock:
        queue(line, 2)
        answered(take(line).messages)
        queue(line, 4)  # the first two are known by now
        assert [message.phone for message in take(line).messages] == [phone(1), phone(2)]
        held = Message.objects.filter(status=S.QUEUED).order_by("id")
        assert {message.reason for message in held} == {Reason.FIRST_CONTACTS}
        clock.move_to(held[0].next_attempt_at)
        assert [message.phone for message in take(line).messages] == [phone(3), phone(4)]


def test_somebody_who_wrote_first_is_not_new() -> None:
    line = make_line(first_contacts_per_day=1)
    Message.objects.create(
        account=line.account, direction="in", channel="sms", phone=phone(2), phone_key=phone(2)[1:], body="Hello", status="received",
    )  # fmt: skip
    queue(line, 2)
    assert len(take(line).messages) == 2


def test_two_messages_to_one_new_person_are_one_first_contact() -> None:
    line = make_line(first_contacts_per_day=1)
    queue(line, 1)
    queue(line, 2)
    assert [message.phone for message in take(line).messages] == [phone(1)]
    assert [message.phone for message in take(line).messages] == [phone(1)]
    assert take(line).messages == []


def test_a_person_is_known_on_every_line_of_the_account() -> None:
    line = make_line(first_contacts_per_day=1)
    other = Line.objects.create(account=line.account, channel="sms", kind="sim", address="2", label="2", gap_seconds=0, jitter_seconds=0)  # fmt: skip
    queue(other, 3)
    answered(take(other).messages)
    queue(line, 3)
    assert len(take(line).messages) == 3
