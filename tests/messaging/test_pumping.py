"""How many pumps there are, and whose turn it is: lines that are busy starve neither other lines nor other work."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from django_q.models import OrmQ

from messaging import outbox, pumping
from messaging.lease import place
from messaging.models import Line, Message
from messaging.outbox.claiming import lease_line, lines_with_work, release_line
from messaging.outbox.pump import GIVE_UP, SLICE
from messaging.providers.http import CALL_SECONDS
from tests.campaigns.desk import a_line
from tests.sandbox_process import SandboxProcess
from tests.world import make_account, phone, run_tasks, whatsapp_line

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def pumps_at_work(count: int) -> Iterator[None]:
    """Other living processes that hold lines."""
    others = [subprocess.Popen(["cat"], stdin=subprocess.PIPE) for _ in range(count)]
    try:
        for number, other in enumerate(others):
            a_line(
                100 + number, lease_token=f"{place()}:{other.pid}:x", lease_until=timezone.now() + timedelta(minutes=1)
            )
        yield
    finally:
        for other in others:
            other.communicate()


def test_one_pump_waits_at_most() -> None:
    outbox.queue(line=a_line(), to=phone(1), body="Hello")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert pumping.enqueue()
        clock.shift(10)
        assert not pumping.enqueue(), "one waits"
        clock.shift(55)
        assert pumping.enqueue(), "nobody waits for one that is lost"
    assert OrmQ.objects.count() == 2


def test_the_next_pump_is_called_when_the_last_one_has_begun(sandbox: SandboxProcess) -> None:
    line = whatsapp_line(make_account(sandbox))
    outbox.queue(line=line, to=phone(1), body="Hello")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert pumping.enqueue()
        run_tasks()
        outbox.queue(line=line, to=phone(2), body="Hello")
        clock.shift(2)
        assert pumping.enqueue()
    assert sandbox.received_by() == {phone(1): 1}


def test_no_pump_is_called_for_nothing() -> None:
    a_line()
    assert not pumping.enqueue()


def test_pumps_leave_workers_to_everything_else(sandbox: SandboxProcess) -> None:
    message, _ = outbox.queue(line=whatsapp_line(make_account(sandbox)), to=phone(1), body="Hello")
    with pumps_at_work(pumping.MOST):
        assert pumping.pump() == 0
        message.refresh_from_db()
        assert message.status == Message.Status.QUEUED
    assert pumping.pump() == 1, "the others are gone"


def test_a_line_that_had_its_turn_goes_to_the_end() -> None:
    first, second = (a_line(number, gap_seconds=0) for number in (1, 2))
    for line in (first, second):
        outbox.queue(line=line, to=phone(1), body="Hello")
    assert lines_with_work(timezone.now()).first() == first
    assert lease_line(first, "mine", now=timezone.now())
    release_line(first.pk, "mine")
    assert list(lines_with_work(timezone.now())) == [second, first]


def test_a_line_that_rests_goes_on_resting_when_it_is_let_go() -> None:
    later = timezone.now() + timedelta(minutes=5)
    line = a_line(next_free_at=later, lease_token="mine", lease_until=timezone.now() + timedelta(minutes=1))
    release_line(line.pk, "mine")
    assert Line.objects.get().next_free_at == later


def test_a_pump_has_time_to_wait_for_the_database() -> None:
    outbox.queue(line=a_line(), to=phone(1), body="Hello")
    assert pumping.enqueue()
    assert OrmQ.objects.get().task["timeout"] > SLICE + CALL_SECONDS + GIVE_UP
