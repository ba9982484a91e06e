"""Launching and pausing at full size.

1. freezing an audience, at a tenth and at the whole size     bare: INSERT … SELECT of the same rows
2. ten times the people takes so many times as long           linear: about ten
3. pausing while the campaign runs: how long the call takes, and when the last message reached the gateway after it
4. pausing another campaign while this one's audience is being frozen
"""

import argparse
import statistics
import time

from django.db import connection, transaction

from campaigns import lifecycle
from campaigns.models import Campaign
from messaging.models import Line
from tests.bench.ground import say, tell, timed
from tests.bench.sending import line_of, make_campaign, make_people
from tests.bench.worker import Worker
from tests.sandbox_process import SandboxProcess, eventually


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args(words)
    with SandboxProcess(options={"step-seconds": 3600, "latency-ms": 20}) as sandbox:
        line = line_of(sandbox, "zender")
        small, bare_small = freeze(line, arguments.people // 10, arguments.rounds)
        large, bare_large = freeze(line, arguments.people, arguments.rounds)
        figures = f"{large / small:10.1f} times as long; the bare insert {bare_large / bare_small:.1f} times"
        tell("2. ten times the people takes", figures)
        pause(sandbox, line, arguments.people)


def freeze(line: Line, size: int, rounds: int) -> tuple[float, float]:
    """Seconds that freezing takes, and the bare insert."""
    make_people(size)
    times, rates, bares = [], [], []
    for _round in range(rounds):
        empty_recipients()
        bares.append(size / timed(plain_insert))
        empty_recipients()
        campaign = lifecycle.transition(make_campaign(line), Campaign.State.PREPARING)
        times.append(timed(lambda: lifecycle.prepare(campaign.pk)))  # noqa: B023  # called at once
        rates.append(size / times[-1])
    say(f"1. freeze an audience of {size:,}", rates, bares)
    return statistics.median(times), size / statistics.median(bares)


def plain_insert() -> None:
    """The same rows without any question asked."""
    campaign = Campaign.objects.create(name="plain")
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute(
            "INSERT INTO campaigns_recipient (campaign_id, contact_id, phone, phone_key, state, reason)"
            " SELECT %s, id, phone, phone_key, 'planned', '' FROM contacts_contact",
            [campaign.pk],
        )


def empty_recipients() -> None:
    with connection.cursor() as cursor:
        is_postgres = connection.vendor == "postgresql"
        cursor.execute("TRUNCATE campaigns_recipient CASCADE" if is_postgres else "DELETE FROM campaigns_recipient")


def pause(sandbox: SandboxProcess, line: Line, size: int) -> None:
    """Sections 3 and 4. Both campaigns are worked on by processes of their own."""
    empty_recipients()
    running = make_campaign(line)
    lifecycle.start(running)
    with Worker(running.pk):
        eventually(lambda: len(sandbox.deliveries()) > 500, within=600)
        asked_at, took = time.time(), timed(lambda: lifecycle.pause(running))
        time.sleep(3)
        last = max((row["at"] for row in sandbox.deliveries(since=asked_at)), default=asked_at)
        tell(
            f"3. pausing a running campaign of {size:,}", f"{took:10.2f} s, last message after {last - asked_at:.2f} s"
        )
    lifecycle.resume(running)
    preparing = make_campaign(line)
    lifecycle.start(preparing)
    with Worker(preparing.pk) as worker:
        worker.wait_until_it_prepares()
        time.sleep(0.5)  # now it is in the middle of it
        waits = [timed(lambda: lifecycle.pause(running)), timed(lambda: lifecycle.transition(preparing, "draft"))]
        tell("4. pausing while another one is prepared", f"{waits[0]:10.2f} s; calling that one off {waits[1]:.2f} s")
