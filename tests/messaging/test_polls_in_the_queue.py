"""Polls that wait for a worker: at most one for each account, however long the queue is, so that nothing waits behind more."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from django_q.models import OrmQ

from messaging import clock
from messaging.lease import Singleton
from messaging.models import Account, Exchange
from tests.campaigns.desk import a_line
from tests.sandbox_process import SandboxProcess
from tests.world import make_account, run_tasks

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def time() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(timezone.now(), tick=False) as time:
        yield time


def look(time: time_machine.Traveller, *, seconds: int) -> None:
    """The clock's chore, once a second."""
    for _ in range(seconds):
        clock._CHORES["poll"][1]()
        time.shift(1)


def test_an_account_that_sends_waits_in_the_queue_once(time: time_machine.Traveller) -> None:
    line = a_line(lease_until=timezone.now() + timedelta(minutes=5))  # accounts that send are asked every 3 s
    look(time, seconds=25)
    assert OrmQ.objects.get().task["args"] == (line.account_id,)


def test_who_is_asked_at_this_moment_is_not_lined_up_again(time: time_machine.Traveller) -> None:
    turn = Singleton(f"poll:{a_line().account_id}", seconds=60)
    assert turn.acquire()
    look(time, seconds=25)
    assert OrmQ.objects.count() == 0
    turn.release()
    look(time, seconds=11)
    assert OrmQ.objects.count() == 1


def test_a_poll_that_is_lost_with_its_cluster_is_handed_out_again(time: time_machine.Traveller) -> None:
    a_line()
    look(time, seconds=5)
    OrmQ.objects.all().delete()
    look(time, seconds=45)
    assert OrmQ.objects.count() == 1


def test_a_poll_that_was_taken_for_lost_is_not_done_twice(sandbox: SandboxProcess) -> None:
    make_account(sandbox)
    Account.objects.update(next_poll_at=timezone.now())
    with time_machine.travel(timezone.now(), tick=False) as time:
        look(time, seconds=45)
    late = OrmQ.objects.order_by("id")[1]
    late.delete()
    Exchange.objects.all().delete()
    run_tasks()
    once = Exchange.objects.count()
    assert once
    late.save(force_insert=True)
    run_tasks()
    assert Exchange.objects.count() == once
