"""Limits hold with two clusters at work: two real processes pump one database into one sandbox."""

import os
import subprocess
import sys
from datetime import timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from messaging import outbox
from messaging.models import Account, Line, Message
from tests.sandbox_process import ROOT, SandboxProcess
from tests.world import make_account, phone

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.crash]


def pump_twice(database_url: str, *, seconds: float) -> None:
    """Two processes at once, each for so long."""
    environment = {**os.environ, "DATABASE_URL": database_url}
    command = [sys.executable, "-m", "tests.pump_process", str(seconds)]
    pumps = [subprocess.Popen(command, cwd=ROOT, env=environment) for _number in range(2)]
    assert [pump.wait(timeout=seconds + 60) for pump in pumps] == [0, 0]


def sms_line(account: Account, **pace: object) -> Line:
    """One SIM, for texts of several parts."""
    line = account.lines.filter(channel="sms", kind="sim", state=Line.State.READY).order_by("id")[0]
    Line.objects.filter(pk=line.pk).update(**pace)
    return line


def arrivals(sandbox: SandboxProcess) -> list[float]:
    return sorted(row["at"] for row in sandbox.deliveries())


def test_two_clusters_keep_one_gap(sandbox: SandboxProcess, database_url: str) -> None:
    line = sms_line(make_account(sandbox), gap_seconds=0.5, jitter_seconds=0.1)
    for number in range(12):
        outbox.queue(line=line, to=phone(number), body="Hello")
    pump_twice(database_url, seconds=10)
    arrived = {row["to"]: row["at"] for row in sandbox.deliveries()}
    assert len(arrived) == 12
    taken = sorted((at, to) for at, to in Message.objects.values_list("attempted_at", "phone") if at)
    assert min(b - a for (a, _), (b, _) in pairwise(taken)) >= timedelta(seconds=0.4)
    # At the gateway: none comes sooner than a gap after the one before was taken, however long either was under way.
    assert min(arrived[to] - a.timestamp() for (a, _), (_, to) in pairwise(taken)) >= 0.4
    assert sandbox.received_by() == {phone(number): 1 for number in range(12)}


def test_two_clusters_keep_one_cap_in_parts(sandbox: SandboxProcess, database_url: str) -> None:
    line = sms_line(make_account(sandbox), per_hour=20)
    for number in range(30):
        outbox.queue(line=line, to=phone(number), body="Hello" * 70)  # three parts
    pump_twice(database_url, seconds=5)
    assert len(sandbox.deliveries()) == 6
    line.refresh_from_db()
    assert line.waits_for == "per_hour"


def test_two_clusters_keep_a_cap_that_rolls_on(sandbox: SandboxProcess, database_url: str) -> None:
    """Places become free while both look: what left up to 60 s ago leaves the minute one by one."""
    line = sms_line(make_account(sandbox), per_minute=8)
    before = [timezone.now() - timedelta(seconds=56 - n) for n in range(6)]
    for number, at in enumerate(before):
        earlier, _ = outbox.queue(line=line, to=phone(number), body="Earlier")
        Message.objects.filter(pk=earlier.pk).update(status=Message.Status.SENT, counted_at=at)
    for number in range(20, 60):
        outbox.queue(line=line, to=phone(number), body="Hello")
    pump_twice(database_url, seconds=14)
    times = sorted([*(at.timestamp() for at in before), *arrivals(sandbox)])
    busiest = max(sum(start <= at < start + 60 for at in times) for start in times)
    assert busiest == 8
    assert len(sandbox.deliveries()) == 8
