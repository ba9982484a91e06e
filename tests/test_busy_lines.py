"""More busy lines than workers, in a real cluster: every line has its turn, the clock beats on, and gateways are asked."""

import time
from collections import defaultdict
from datetime import datetime
from pathlib import Path

import pytest
from django.db import transaction
from django.db.models import Count

from messaging import clock
from messaging.models import Heartbeat, Line, Message
from messaging.outbox.queueing import queue_many
from tests.product import Product
from tests.sandbox_process import SandboxProcess, eventually
from tests.world import make_account, phone, whatsapp_line

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.crash]
LINES, EACH = 5, 1400
WATCHED = clock.SLICE + 13  # seconds: the clock changes hands once
PATIENCE = 45.0  # seconds more: one worker asks all accounts, and each takes some seconds


def busy_line(sandbox: SandboxProcess, number: int) -> Line:
    remote = sandbox.new_account("zender", f"Busy {number}")
    account = make_account(
        sandbox, name=f"Busy {number}", base_url=remote["base_url"], credentials=remote["credentials"]
    )
    line = whatsapp_line(account)
    with transaction.atomic():
        queue_many([
            Message(
                account=account, line=line, channel="whatsapp", phone=phone(each), phone_key=phone(each)[1:], body="Hi"
            )
            for each in range(number * EACH, (number + 1) * EACH)
        ])  # fmt: skip
    return line


def test_busy_lines_starve_nobody(sandbox: SandboxProcess, database_url: str, tmp_path: Path) -> None:
    for number in range(LINES):
        busy_line(sandbox, number)
    sandbox.control("options", {"latency_ms": 1000})
    polls, started = defaultdict[str, set[datetime]](set), 0.0

    def look() -> bool:
        age, now = clock.seconds_since_beat(), time.monotonic() - started
        assert age < clock.LEASE, f"no beat for {age:.0f} s, after {now:.0f} s"
        for name, at in Heartbeat.objects.filter(name__startswith="poll:").values_list("name", "beat_at"):
            polls[name].add(at)
        asked = [name for name, seen in polls.items() if len(seen) > 2]  # again and again
        return now > WATCHED and len(asked) == LINES

    with Product(database_url=database_url, folder=tmp_path, Q_WORKERS="4") as product:
        started = time.monotonic()
        eventually(look, within=WATCHED + PATIENCE)
        sent = dict(Message.objects.exclude(remote_id="").values_list("line_id").annotate(Count("id")))
        busy = Message.objects.filter(status=Message.Status.QUEUED).values("line_id").distinct().count()
        sandbox.control("options", {"latency_ms": 0})  # it may end now
    assert len(sent) == LINES, f"sent so far, by line: {sent}"
    assert busy == LINES, "too few messages for what is tried here"
    assert "starting it again" not in product.log.read_text()
