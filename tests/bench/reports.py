"""How long a report takes: what has to be counted, its pages once that is done, and its files.

python -m tests.bench reports --database postgres --people 300000
The aim: no page takes more than a second once it is counted. Rows are copies of one row of each kind.
"""

import argparse
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.utils import timezone

from campaigns import attribution, counting, cuts, timeline
from campaigns.exporting import making
from campaigns.models import Campaign, Recipient, Reply
from contacts.models import Contact
from messaging import tally
from messaging.models import Account, Batch, Line, Message, MessageEvent
from tests.bench.ground import tell, timed
from tests.bench.inbox import copy, measure


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=300_000)
    parser.add_argument("--files", action="store_true", help="make the files too")
    asked = parser.parse_args(words)
    started = time.perf_counter()
    campaign = seed(asked.people)
    tell("rows made in", f"{time.perf_counter() - started:10,.0f} s")
    tell("counting the parts", f"{timed(lambda: cuts.count(campaign)):10.2f} s")
    tell("counting the timeline", f"{timed(lambda: timeline.count(campaign)):10.2f} s")
    viewer = User.objects.create_user("charlie")
    viewer.groups.add(Group.objects.get(name="viewer"))
    client = Client(SERVER_NAME="localhost")
    client.force_login(viewer)
    for label, path in (("the live page", ""), ("the report", "report/")):
        first = timed(lambda: client.get(f"/campaigns/{campaign.pk}/{path}"))  # noqa: B023
        tell(f"{label} before anything is counted", f"{first:10.2f} s")
    for what in counting.COUNTS:
        counting.recount(campaign.pk, what)
    pages = {
        "the report": "report/",
        "its counted part": "report/counted/",
        "the live page": "",
        "its progress": "progress/",
    }
    for label, path in pages.items():
        measure(client, label, f"/campaigns/{campaign.pk}/{path}", {}, {})
    measure(client, "two side by side", "/campaigns/compare/", {"campaign": str(campaign.pk)}, {})
    if asked.files:
        make_files(campaign)


def make_files(campaign: Campaign) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for format in ("pdf", "csv", "xlsx"):
            path = Path(folder) / format
            took = timed(lambda: making.write(path, campaign=campaign, format=format, state="", reason=""))  # noqa: B023
            tell(f"the {format} file", f"{took:10.1f} s   {path.stat().st_size / 1e6:8.1f} MB")


def seed(people: int) -> Campaign:
    """A campaign over ten hours: most of it read or delivered, some failed, every twentieth person answered."""
    account = Account.objects.create(
        name="Shop", provider="zender", base_url="https://gateway.example", credentials={}, region="MX", state="ready"
    )
    lines = [
        Line.objects.create(account=account, channel="whatsapp", kind="whatsapp", address=str(n), label=f"Line {n}")
        for n in range(5)
    ]
    now = timezone.now()
    batch = Batch.objects.create(label="Large")
    campaign = Campaign.objects.create(
        name="Large", body="Hello", state="finished", batch=batch, started_at=now - timedelta(hours=10), finished_at=now
    )
    campaign.lines.set(lines)
    phone = "CASE WHEN i % 3 = 0 THEN '62812' ELSE '52555' END || (1000000 + i)"
    status = "CASE WHEN i % 10 < 4 THEN 'read' WHEN i % 10 < 8 THEN 'delivered' WHEN i % 10 < 9 THEN 'sent' ELSE 'failed' END"
    contact = Contact.objects.create(phone="+525550000000", phone_key="525550000000", name="Person")
    copy(contact, people, id="i + 1", phone=f"'+' || {phone}", phone_key=phone, name="'Person ' || i")
    message = Message.objects.create(
        account=account, line=lines[0], direction="out", channel="whatsapp", phone=contact.phone, batch=batch,
        phone_key=contact.phone_key, body="Hello", status="sent", attempted_at=now, contact=contact, remote_id="first",
    )  # fmt: skip
    sent_at, seen_at = at(now, "i"), at(now, "i - 300")
    copy(
        message, people, id="i + 1", phone=f"'+' || {phone}", phone_key=phone, contact_id="i + 1", status=status,
        line_id=f"{lines[0].pk} + i % 5", remote_id="'r' || i", attempted_at=sent_at, status_at=seen_at,
    )  # fmt: skip
    person = Recipient.objects.create(
        campaign=campaign,
        contact=contact,
        phone=contact.phone,
        phone_key=contact.phone_key,
        state="sent",
        message=message,
    )
    copy(
        person, people, id="i + 1", phone=f"'+' || {phone}", phone_key=phone, contact_id="i + 1", message_id="i + 1",
        state=status, reason="CASE WHEN i % 10 = 9 THEN 'not_delivered' ELSE '' END",
        language="CASE WHEN i % 3 = 0 THEN 'id' ELSE 'es' END", letter="CASE WHEN i % 2 = 0 THEN 'A' ELSE 'B' END",
        replied_at=f"CASE WHEN i % 20 = 0 THEN {seen_at} END",
    )  # fmt: skip
    news = MessageEvent.objects.create(message=message, status="sent", source="send", at=now)
    for nth, (state, moment) in enumerate((("sent", sent_at), ("delivered", seen_at), ("read", at(now, "i - 900")))):
        copy(news, people, id=f"i + 1 + {nth * people}", message_id="i + 1", status=f"'{state}'", at=moment)
    _replies(campaign, account, people, now)
    _counters(campaign)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return campaign


def at(now: Any, seconds: str) -> str:
    """SQL for a moment of the last ten hours; a person's number is their second, over and over."""
    begin = (now - timedelta(hours=10)).strftime("%Y-%m-%d %H:%M:%S")
    if connection.vendor == "sqlite":
        return f"datetime('{begin}', '+' || (({seconds} + 36000) % 36000) || ' seconds')"
    return f"(timestamptz '{begin}+00' + (({seconds} + 36000) % 36000) * interval '1 second')"


def _replies(campaign: Campaign, account: Account, people: int, now: Any) -> None:
    said = Message.objects.create(
        pk=people + 1, account=account, direction="in", channel="whatsapp", phone="+62", phone_key="62", body="Yes", status="received",
        remote_id="in",
    )  # fmt: skip
    first = said.pk
    copy(said, people // 20, id=f"i + {first}", remote_id="'in' || i")
    reply = Reply.objects.create(campaign=campaign, message=said, seconds=300, at=now, is_first=False)
    copy(
        reply, people // 20, id="i + 1", message_id=f"i + {first}", recipient_id="i * 20 + 1", at=at(now, "i * 7"),
        is_first="i > 0", is_opt_out="i % 50 = 0",
    )  # fmt: skip


def _counters(campaign: Campaign) -> None:
    states = Recipient.objects.filter(campaign=campaign).values_list("state", flat=True)
    counts: dict[str, int] = {}
    for state in states.iterator():
        counts[state] = counts.get(state, 0) + 1
    tally.add({(campaign.tally_scope, state): n for state, n in counts.items()})
    tally.add({(attribution.scope_of(campaign), "replied"): Reply.objects.filter(is_first=True).count()})
