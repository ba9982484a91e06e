"""How long the inbox takes on the server: its folders, one conversation, what the page polls for, and searches.

python -m tests.bench inbox --database postgres --conversations 100000 --messages 1000000
The aim: the page opens in under 100 ms. Rows are copies of one row of each kind, made by INSERT … SELECT.
"""

import argparse
import statistics
import time
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group, User
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from contacts.models import Contact
from messaging import desk, folders
from messaging.models import Account, Conversation, Line, Message, SearchWord
from tests.bench.ground import tell

ROUNDS = 15
AIM = 100  # milliseconds
HTMX = {"HX-Request": "true"}


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conversations", type=int, default=100_000)
    parser.add_argument("--messages", type=int, default=1_000_000)
    asked = parser.parse_args(words)
    agent = make_agent()
    started = time.perf_counter()
    seed(agent, talks=asked.conversations, messages=asked.messages)
    tell("rows made in", f"{time.perf_counter() - started:10,.0f} s")
    client = Client(SERVER_NAME="localhost")
    client.force_login(agent)
    for label, path, query, target in pages():
        measure(client, label, path, query, {**HTMX, "HX-Target": target} if target else {})


def pages() -> list[tuple[str, str, dict[str, str], str]]:
    """(what, its address, the query, the part asked for)."""
    inbox, middle = reverse("messaging:inbox"), Conversation.objects.order_by("id")[50_000:].first()
    talk = middle or Conversation.objects.order_by("-id")[0]
    one = reverse("messaging:conversation", args=[talk.pk])
    listed: list[tuple[str, str, dict[str, str], str]] = [
        (f"folder {name}", inbox, {"folder": name}, "") for name in folders.FOLDERS
    ]
    searches = {"of a number": talk.phone[-7:], "of a rare word": "order77", "of a word everybody says": "hello"}
    searches |= {"of a name": "person", "of nothing there": "zebra"}
    return [
        *listed,
        ("with a label", inbox, {"label": "1"}, ""),
        ("one conversation", one, {}, ""),
        ("its news, every 3 s", one, {"since": "0"}, "talk"),
        ("the list's news, every 5 s", inbox, {}, "conversations"),
        *((f"search {label}", inbox, {"q": q}, "conversations") for label, q in searches.items()),
        ("folder of failed messages", reverse("messaging:folder", args=["failed"]), {}, ""),
    ]


def measure(client: Client, label: str, path: str, query: dict[str, str], headers: dict[str, str]) -> None:
    """Median and slowest of some rounds, after one that counts the queries, which takes time of its own."""
    with CaptureQueriesContext(connection) as captured:
        client.get(path, query, headers=headers)
    queries = len(captured)
    took: list[float] = []
    worked: list[float] = []
    for _round in range(ROUNDS):
        started, worked_before = time.perf_counter(), time.process_time()
        response = client.get(path, query, headers=headers)
        took.append(1000 * (time.perf_counter() - started))
        worked.append(1000 * (time.process_time() - worked_before))
        if response.status_code != 200:
            raise SystemExit(f"{path} answered {response.status_code}")
    median, own = statistics.median(took), statistics.median(worked)
    verdict = "" if median < AIM else f"   over the aim of {AIM} ms"
    tell(
        label,
        f"{median:7.1f} ms, {own:5.1f} of them Python   slowest {max(took):7.1f} ms   {queries:3} queries{verdict}",
    )


def make_agent() -> User:
    agent = User.objects.create_user("ana", first_name="Ana")
    agent.groups.add(Group.objects.get(name="agent"))
    return agent


def seed(agent: User, *, talks: int, messages: int) -> None:
    """People, their conversations, messages and words; a tenth snoozed, a fifth closed, some unread, a tenth the agent's."""
    account = Account.objects.create(
        name="Shop", provider="zender", base_url="https://gateway.example", credentials={}, region="MX", state="ready"
    )
    line = Line.objects.create(account=account, channel="whatsapp", kind="whatsapp", address="1", label="Desk")
    phone = "'5255' || (10000000 + i)"
    contact = Contact.objects.create(phone="+525510000000", phone_key="525510000000", name="Person")
    copy(contact, talks, id="i + 1", phone=f"'+' || {phone}", phone_key=phone, name="'Person Number ' || i")
    now = timezone.now()
    talk = Conversation.objects.create(
        account=account, channel="whatsapp", phone=contact.phone, phone_key=contact.phone_key, contact=contact,
        snippet="Thanks, hello", last_at=now,
    )  # fmt: skip
    state = "CASE WHEN i % 10 = 0 THEN 'snoozed' WHEN i % 10 < 3 THEN 'closed' ELSE 'open' END"
    copy(
        talk, talks, id="i + 1", phone=f"'+' || {phone}", phone_key=phone, contact_id="i + 1", state=state,
        snoozed_until=f"CASE WHEN i % 10 = 0 THEN {later(now)} END", unread="CASE WHEN i % 20 = 5 THEN 2 ELSE 0 END",
        assignee_id=f"CASE WHEN i % 10 = 7 THEN {agent.pk} END", last_at=spread(now),
    )  # fmt: skip
    message = Message.objects.create(
        account=account, line=line, direction="out", channel="whatsapp", phone=contact.phone, phone_key=contact.phone_key,
        body="Hello", status="delivered",
    )  # fmt: skip
    of = f"'5255' || (10000000 + i % {talks})"
    copy(
        message, messages, id="i + 1", phone=f"'+' || {of}", phone_key=of, contact_id=f"i % {talks} + 1",
        direction="CASE WHEN i % 2 = 0 THEN 'in' ELSE 'out' END", remote_id="'r' || i",
        status="CASE WHEN i % 2 = 0 THEN 'received' WHEN i % 1001 = 0 THEN 'failed' ELSE 'delivered' END",
        body=f"'Hello, this is about order' || (i % {talks})",
    )  # fmt: skip
    word = SearchWord.objects.create(conversation=talk, word="person")
    for number, said in enumerate(("'hello'", "'about'", "'order' || i", "'person'", phone)):
        copy(word, talks, id=f"i + 1 + {number * talks}", conversation_id="i + 1", word=said)
    mark = desk.make_label(name="Refund", tone="bad")
    mine = Conversation.labels.through.objects.create(conversation=talk, label=mark)
    copy(mine, talks // 4, id="i + 1", conversation_id="i * 4 + 1")
    folders.recount()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def copy(row: models.Model, count: int, **changes: str) -> None:
    """`count` copies of a row (i = 1 …), with SQL in place of some columns."""
    table = row._meta.db_table
    columns = [str(field.column) for field in row._meta.concrete_fields]
    taken = ", ".join(changes.get(column, f"{table}.{column}") for column in columns)
    series = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count - 1})"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) {series} SELECT {taken} FROM n, {table} "
            f"WHERE {table}.id = {row.pk}"
        )


def later(now: Any) -> str:
    return moment(now + timedelta(days=3))


def spread(now: Any) -> str:
    """One moment a second, backwards."""
    if connection.vendor == "postgresql":
        return f"{moment(now)} - i * interval '1 second'"
    return f"datetime({moment(now)}, '-' || i || ' seconds')"


def moment(value: Any) -> str:
    written = f"'{value:%Y-%m-%d %H:%M:%S}'"
    return f"TIMESTAMPTZ {written}" if connection.vendor == "postgresql" else written
