"""Reminders with real rows: who is queued, once each, through crashes, pauses and downtime."""

import contextlib
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from contacts import consent
from contacts.models import Contact, Group
from contacts.refusal import Refused
from messaging import clock
from messaging.automation import firing, reminders, ticking
from messaging.models import Line, Message, Reminder, ReminderFire, ReminderSending
from messaging.outbox.pump import Pump
from tests.messaging.talking import make_shop
from tests.messaging.test_pace import take
from tests.sandbox_process import SandboxProcess
from tests.world import make_account, make_people, run_tasks, whatsapp_line

pytestmark = pytest.mark.django_db
F, S = ReminderFire.State, Message.Status
MADRID = ZoneInfo("Europe/Madrid")


@pytest.fixture
def line() -> Line:
    return make_shop().lines.get()


def make_reminder(line: Line, **changes: Any) -> Reminder:
    details: dict[str, Any] = {
        "reminder": None, "name": "Rent", "line": line, "contact": None, "group": Group.objects.filter(name="VIP").first(),
        "body": "Hi {{ name }}", "repeat": "daily", "starts_on": date(2026, 1, 1), "ends_on": None, "at": time(9),
        "time_zone": "Europe/Madrid", "every": 1, "weekdays": [], "field": "", "offset_days": 0, "is_yearly": True,
        "is_day_first": True, "user": None,
    } | changes  # fmt: skip
    return reminders.save_reminder(**details)


def due(reminder: Reminder, *, minutes_ago: float = 0.5) -> datetime:
    """As if its moment had come so long ago, by its calendar."""
    moment = timezone.now() - timedelta(minutes=minutes_ago)
    wall = moment.astimezone(MADRID)
    Reminder.objects.filter(pk=reminder.pk).update(next_fire_at=moment, at=wall.time().replace(microsecond=0))
    return moment


def states() -> list[str]:
    return list(ReminderFire.objects.order_by("at").values_list("state", flat=True))


def said() -> list[str]:
    return list(Message.objects.order_by("id").values_list("body", flat=True))


def test_it_fires_and_knows_the_next_time(line: Line) -> None:
    people = make_people(3)
    reminder = make_reminder(line)
    moment = due(reminder)
    firing.work()
    firing.work()
    reminder.refresh_from_db()
    assert said() == [f"Hi {person.name}" for person in people]
    assert reminder.next_fire_at is not None
    assert timedelta(hours=22) < reminder.next_fire_at - moment < timedelta(hours=26)
    assert (states(), Message.objects.filter(priority=Message.Priority.CAMPAIGN).count()) == ([F.DONE], 3)


def test_it_leaves_out_who_has_opted_out_and_says_so(line: Line) -> None:
    people = make_people(2)
    consent.opt_out(phone_key=people[0].phone_key, source="reply")
    due(make_reminder(line))
    firing.work()
    outcomes = dict(ReminderSending.objects.values_list("contact__name", "outcome"))
    assert (outcomes, said()) == ({"Person 1": "opted_out", "Person 2": "queued"}, ["Hi Person 2"])


def test_it_reaches_one_person(line: Line) -> None:
    (person,) = make_people(1)
    due(make_reminder(line, group=None, contact=person))
    firing.work()
    assert said() == ["Hi Person 1"]


class Crash(BaseException):
    """A worker's death."""


def test_a_crash_in_the_middle_reaches_nobody_twice_and_everybody_once(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_people(7)
    due(make_reminder(line))
    monkeypatch.setattr(firing, "CHUNK", 2)
    slices = iter([False, False, True, False, True])
    bulk_create = ReminderSending.objects.bulk_create

    def dying(rows: list[ReminderSending]) -> Any:
        made = bulk_create(rows)
        if next(slices, False):
            raise Crash
        return made

    monkeypatch.setattr(ReminderSending.objects, "bulk_create", dying)
    for _life in range(4):
        with contextlib.suppress(Crash):
            firing.work()
    assert sorted(said()) == [f"Hi Person {number}" for number in range(1, 8)]
    assert (ReminderSending.objects.count(), states()) == (7, [F.DONE])


def test_the_database_keeps_a_second_one_away(line: Line) -> None:
    make_people(1)
    due(make_reminder(line))
    firing.work()
    row = ReminderSending.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        ReminderSending.objects.create(
            reminder=row.reminder, fire=row.fire, phone_key=row.phone_key, occasion=row.occasion, outcome="queued"
        )


def test_a_reminder_that_was_moved_later_the_same_day_reaches_nobody_again(line: Line) -> None:
    make_people(1)
    reminder = make_reminder(line)
    due(reminder)
    firing.work()
    ReminderFire.objects.update(at=timezone.now() - timedelta(hours=1))
    due(reminder)
    firing.work()
    assert (len(said()), states()) == (1, [F.DONE, F.DONE])


def test_what_was_missed_is_asked_about_and_not_sent(line: Line, bob: User) -> None:
    make_people(1)
    reminder = make_reminder(line)
    due(reminder, minutes_ago=60 * 24 * 3 + 30)
    firing.work()
    missed = firing.asked().get()
    assert (said(), missed.missed) == ([], 4)
    reminder.refresh_from_db()
    assert reminder.next_fire_at is not None
    assert reminder.next_fire_at > timezone.now()
    firing.send_after_all(missed, user=bob)
    firing.work()
    assert said() == ["Hi Person 1"]
    with pytest.raises(Refused):
        firing.leave_out(missed, user=bob)


def test_a_fire_that_is_on_time_goes_out_though_earlier_ones_were_missed(line: Line, bob: User) -> None:
    make_people(1)
    due(make_reminder(line), minutes_ago=60 * 24 * 2 + 1)
    firing.work()
    assert (states(), said()) == ([F.ASKED, F.DONE], ["Hi Person 1"])
    firing.leave_out(firing.asked().get(), user=bob)
    firing.work()
    assert (states(), len(said())) == ([F.SKIPPED, F.DONE], 1)


def test_a_pause_takes_back_what_is_queued_and_the_rest_is_asked_about(line: Line, bob: User) -> None:
    people = make_people(3)
    reminder = make_reminder(line)
    due(reminder)
    firing.work()
    Message.objects.filter(phone_key=people[0].phone_key).update(status=S.SENT)
    assert reminders.pause(reminder, user=bob) == 2
    assert states() == [F.ASKED]
    with pytest.raises(Refused):
        firing.send_after_all(firing.asked().get(), user=bob)
    due(reminder)
    firing.work()
    assert Message.objects.filter(status=S.QUEUED).count() == 0
    reminders.resume(reminder)
    Reminder.objects.update(next_fire_at=None)
    firing.send_after_all(firing.asked().get(), user=bob)
    firing.work()
    alive = Message.objects.exclude(status=S.CANCELLED)
    assert sorted(alive.values_list("body", flat=True)) == [f"Hi Person {number}" for number in (1, 2, 3)]


def test_a_fire_that_an_outage_left_unfinished_is_asked_about(
    line: Line, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_people(3)
    due(make_reminder(line))
    monkeypatch.setattr(firing, "CHUNK", 2)
    firing.work(seconds=0)
    with time_machine.travel(timezone.now() + firing.GRACE - timedelta(minutes=1)):
        firing._fill(ReminderFire.objects.get().pk)
    with time_machine.travel(timezone.now() + timedelta(hours=5)):
        firing.work()
        assert (states(), said()) == ([F.ASKED], ["Hi Person 1", "Hi Person 2"])
        firing.send_after_all(firing.asked().get(), user=bob)
        firing.work()
    assert said() == ["Hi Person 1", "Hi Person 2", "Hi Person 3"]


def test_a_stretch_that_an_outage_left_unfinished_asks_about_those_who_were_due(line: Line) -> None:
    people = make_people(2)
    soon = (timezone.now() + timedelta(minutes=40)).replace(second=0, microsecond=0)
    birthday(people[0], soon, "Europe/Madrid")
    make_reminder(line, repeat="field", field="birthday", at=soon.astimezone(MADRID).time(), body="Happy birthday")
    firing.work(seconds=0)
    with time_machine.travel(timezone.now() + timedelta(hours=5)):
        Reminder.objects.update(next_fire_at=None)
        firing.work()
        assert (said(), firing.asked().get().missed) == ([], 1)


def tick() -> None:
    """What the clock has done about messages that wait."""
    _seconds, chore = clock._CHORES["queued reminders"]
    chore()
    run_tasks()


@pytest.mark.parametrize("field", ["", "birthday"])
def test_what_was_queued_before_an_outage_is_asked_about(line: Line, bob: User, field: str) -> None:
    (person,) = make_people(1)
    soon = (timezone.now() + timedelta(minutes=40)).replace(second=0, microsecond=0)
    birthday(person, soon, "Europe/Madrid")
    changes = {"repeat": "field", "field": field, "at": soon.astimezone(MADRID).time()} if field else {}
    reminder = make_reminder(line, **changes)
    if not field:
        due(reminder)
    firing.work()
    Reminder.objects.update(next_fire_at=None)
    with time_machine.travel(timezone.now() + timedelta(hours=11)):
        assert take(line).messages == []
        tick()
        assert Message.objects.get().status == S.EXPIRED
        assert states() == [F.ASKED]
        firing.send_after_all(firing.asked().get(), user=bob)
        firing.work()
        assert len(take(line).messages) == 1
        tick()
    assert states() == [F.DONE]


def test_what_waits_for_its_line_goes_on_waiting_while_something_runs(line: Line) -> None:
    make_people(1)
    due(make_reminder(line))
    firing.work()
    Reminder.objects.update(next_fire_at=None)
    begun = timezone.now()
    with time_machine.travel(begun, tick=False) as now:
        for minute in range(0, 200, 4):
            now.move_to(begun + timedelta(minutes=minute))
            tick()
        assert len(take(line).messages) == 1


def test_it_ends_by_itself(line: Line) -> None:
    make_people(1)
    tomorrow = timezone.now().astimezone(MADRID).date() + timedelta(days=1)
    reminder = make_reminder(line, repeat="once", starts_on=tomorrow)
    due(reminder)
    Reminder.objects.update(starts_on=timezone.now().astimezone(MADRID).date())
    firing.work()
    reminder.refresh_from_db()
    assert (reminder.next_fire_at, len(said())) == (None, 1)


def test_who_is_left_when_the_group_is_deleted_is_nobody(line: Line) -> None:
    make_people(1)
    due(make_reminder(line))
    Group.objects.all().delete()
    firing.work()
    assert (said(), states()) == ([], [F.DONE])


# By a date of each person


def birthday(person: Contact, moment: datetime, zone: str) -> None:
    """Their birthday is the day of this moment where they live."""
    day = moment.astimezone(ZoneInfo(zone)).date()
    person.fields, person.time_zone = {"birthday": f"{day:%d/%m}/1990"}, zone
    person.save()


def test_birthdays_are_queued_for_the_persons_own_morning(line: Line) -> None:
    people = make_people(3)
    soon = (timezone.now() + timedelta(minutes=40)).replace(second=0, microsecond=0)
    birthday(people[0], soon, "Asia/Jakarta")
    birthday(people[1], soon, "America/Mexico_City")  # the same wall clock there is many hours away
    at = soon.astimezone(ZoneInfo("Asia/Jakarta")).time()
    reminder = make_reminder(line, repeat="field", field="Birthday", at=at, body="Happy birthday")
    firing.work()
    message = Message.objects.get()
    assert (message.contact, message.next_attempt_at) == (people[0], soon)
    Reminder.objects.update(next_fire_at=timezone.now())
    firing.work()
    assert Message.objects.count() == 1
    assert reminders.outlook(reminder).unreadable == 1


def test_birthdays_missed_are_asked_about(line: Line, bob: User) -> None:
    people = make_people(2)
    passed = (timezone.now() - timedelta(hours=3)).replace(second=0, microsecond=0)
    birthday(people[0], passed, "Europe/Madrid")
    at = passed.astimezone(MADRID).time()
    reminder = make_reminder(line, repeat="field", field="birthday", at=at, body="Happy birthday")
    Reminder.objects.update(planned_until=timezone.now() - timedelta(hours=6))
    firing.work()
    missed = firing.asked().get()
    assert (said(), missed.missed, reminder.is_paused) == ([], 1, False)
    firing.send_after_all(missed, user=bob)
    firing.work()
    assert said() == ["Happy birthday"]


def test_stretches_in_which_nobody_is_due_leave_no_trace(line: Line) -> None:
    make_people(2)
    make_reminder(line, repeat="field", field="birthday")
    firing.work()
    assert states() == []


# The plan


def test_it_shows_what_is_to_come(line: Line) -> None:
    make_people(1)
    reminder = make_reminder(line, repeat="monthly", starts_on=date(2026, 1, 31))
    moments = reminders.outlook(reminder, now=datetime(2026, 2, 1, tzinfo=UTC), size=2).moments
    assert [moment.astimezone(MADRID).isoformat() for moment in moments] == [
        "2026-02-28T09:00:00+01:00",
        "2026-03-31T09:00:00+02:00",
    ]


@pytest.mark.once
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"group": None}, "group"),
        ({"body": ""}, "body"),
        ({"body": "{{ first name | }}"}, "body"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"repeat": "once"}, "starts_on"),
        ({"ends_on": date(2025, 1, 1)}, "ends_on"),
        ({"repeat": "field"}, "field"),
        ({"repeat": "every", "every": 0}, "every"),
        ({"offset_days": 400}, "offset_days"),
    ],
)
def test_it_refuses_what_makes_no_sense(line: Line, changes: dict[str, Any], field: str) -> None:
    make_people(1)
    with pytest.raises(Refused) as refused:
        make_reminder(line, **changes)
    assert refused.value.field == field


def test_the_clock_starts_it_and_the_engine_sends(sandbox: SandboxProcess) -> None:
    (person,) = make_people(1)
    due(make_reminder(whatsapp_line(make_account(sandbox))))
    ticking.watch()
    run_tasks()
    Pump(seconds=2).run()
    assert [each["text"] for each in sandbox.deliveries(to=person.phone)] == ["Hi Person 1"]
