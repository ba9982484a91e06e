"""Nobody gets two and nobody is lost, whatever is killed while a campaign of 2,000 runs.

A seed decides who lives through which story at the gateways and what is killed when; it is shown at the end of every run,
and CRASH_SEED=… takes the same decisions again.
"""

import os
import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from campaigns.models import Campaign
from contacts.models import Contact, Group, Membership
from contacts.phone import phone_key
from messaging.models import Line, Message
from tests import crash_books
from tests.crash import ON, Siege, asked, plan_kills, pointed_at
from tests.gate import Gate
from tests.postgres import Server, find_binaries, throwaway_server
from tests.product import Product
from tests.sandbox_process import SandboxProcess, eventually
from tests.world import make_account, phone

pytestmark = pytest.mark.crash
PEOPLE, KILLS = 2000, 20
WITHIN = 180  # seconds from the last kill to the end
LINES = {"zender": 2, "smsmobileapi": 1, "wablas": 1, "smsgateway24": 1}  # one message per call, a hundred, and fifty
STORIES = {  # shares of the audience; the rest get theirs without incident
    "88": 0.0025,  # no answer, and accepted a good while later
    "89": 0.01,  # slow answers
    "90": 0.01,  # read
    "91": 0.01,  # refused
    "92": 0.01,  # taken, fails later
    "93": 0.01,  # 429
    "94": 0.0025,  # accepted, then the line drops
    "95": 0.0025,  # accepted, then a 500
    "96": 0.02,  # reports twice and out of order
    "99": 0.01,  # never reported
}


@pytest.fixture(scope="module")
def server() -> Iterator[Server | None]:
    """A PostgreSQL that may be crashed; none on SQLite."""
    if connection.vendor == "sqlite":
        yield None
        return
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("No PostgreSQL server here to crash: on Debian, apt-get install postgresql.")
    with throwaway_server(binaries) as running:
        yield running


@pytest.fixture
def launchers(server: Server | None) -> int:
    """How many launchers share the database, each with a web server and clusters of its own: SQLite is for one machine."""
    return 1 if server is None else 2


@pytest.fixture
def database(
    server: Server | None, tmp_path: Path, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """A database of the test's own, to which its queries go: on SQLite a copy of the tests' (the demo's is migrated there)."""
    name = f"crash_{os.urandom(4).hex()}"
    url = f"sqlite:///{tmp_path}/{name}.sqlite3"
    with django_db_blocker.unblock():
        if server is None:
            with connection.cursor() as cursor:
                cursor.execute("VACUUM INTO %s", [f"{tmp_path}/{name}.sqlite3"])
        else:
            url = server.url(name)
            with pointed_at(server.url()), connection.cursor() as cursor:
                cursor.execute(f"CREATE DATABASE {name}")
            Product(database_url=url, folder=tmp_path).manage("migrate", "-v", "0")
        with pointed_at(url):
            yield url


def make_audience(dice: random.Random) -> set[str]:
    """2,000 people in the group VIP, each with a story."""
    stories = dice.choices(["00", *STORIES], [1 - sum(STORIES.values()), *STORIES.values()], k=PEOPLE)
    phones = [phone(number, story) for number, story in enumerate(stories, start=1)]
    people = Contact.objects.bulk_create(
        Contact(phone=each, phone_key=phone_key(each), name=f"Person {number}") for number, each in enumerate(phones)
    )
    group = Group.objects.create(name="VIP", size=PEOPLE)
    Membership.objects.bulk_create(Membership(group=group, contact=person) for person in people)
    return set(phones)


def make_lines(sandbox: SandboxProcess, gate: Gate, products: Sequence[Product]) -> list[int]:
    """WhatsApp lines of all gateways; all but SMSMobileAPI can be asked what became of a message. Their calls go to a web
    server."""
    lines: list[int] = []
    for number, (dialect, count) in enumerate(LINES.items()):
        account = make_account(
            sandbox, dialect, base_url=sandbox.account(dialect)["base_url"].replace(sandbox.url, gate.url)
        )
        ready = account.lines.filter(channel="whatsapp", state=Line.State.READY).order_by("id")
        lines += ready.values_list("id", flat=True)[:count]
        path = reverse("callback", args=[dialect, account.callback_id, account.callback_secret])
        sandbox.control("callbacks", {"account": dialect, "url": f"{products[number % len(products)].url}{path}"})
    sandbox.control("options", {"latency_ms": 150, "callback_lose_rate": 0.8})
    return lines


def secrets_of(sandbox: SandboxProcess) -> list[str]:
    """Every key and password of the accounts, and how our own tokens begin."""
    credentials = [sandbox.account(dialect)["credentials"] for dialect in LINES]
    return ["carillon_", *(value for each in credentials for name, value in each.items() if name != "email")]


def is_over(campaign: int) -> Campaign | None:
    return Campaign.objects.filter(pk=campaign, state=Campaign.State.FINISHED).first()


@pytest.mark.timeout(1200)  # seconds: a busy machine is slow, and no wait in it is endless
def test_nobody_gets_two_and_nobody_is_lost(
    launchers: int, crash_seed: int, database: str, server: Server | None, tmp_path: Path
) -> None:
    plan = plan_kills(crash_seed, ON[connection.vendor], count=KILLS, people=PEOPLE, nodes=launchers)
    log = tmp_path / "deliveries.jsonl"
    User.objects.create_superuser("root", password="root's own words")
    with ExitStack() as stack:
        sandbox = stack.enter_context(SandboxProcess(log=log))
        gate = stack.enter_context(Gate(int(sandbox.url.rpartition(":")[2])))
        products = []
        for number in range(launchers):
            (tmp_path / str(number)).mkdir()
            folder, flags = tmp_path / str(number), ("--no-sandbox", "--web-workers", "1")
            product = Product(database_url=database, folder=folder, flags=flags, RESTART_PAUSE="0")
            products.append(stack.enter_context(product))
        audience = make_audience(random.Random(crash_seed))
        lines = make_lines(sandbox, gate, products)
        products[0].sign_in("root")
        body = {"name": "Spring", "lines": lines, "groups": ["VIP"], "body": "Hi {{ name }}"}
        number = products[0].api("POST", "/campaigns", body, expect=201)["id"]
        products[0].api("POST", f"/campaigns/{number}/start", expect=200)
        siege = Siege(crash_seed, products, gate, log, server)
        siege.run(plan)
        siege.tell("the last kill is over")
        quiet_since = timezone.now()
        campaign = eventually(lambda: asked(lambda: is_over(number)), within=WITHIN)
        assert campaign is not None
        siege.tell(f"finished; {Message.objects.filter(status='unknown').count()} wait for a person")
        found = crash_books.faults(campaign, audience, sandbox.deliveries(), quiet_since)
        assert not found, "\n".join([siege.told(), *found[:40]])
        for product in products:
            eventually(product.is_well, within=WITHIN)
            logged = product.log.read_text(errors="replace")
            assert [secret for secret in secrets_of(sandbox) if secret in logged] == []
        counts = products[0].api("GET", f"/campaigns/{number}")["counts"]
        assert counts["selected"] == PEOPLE == sum(counts[state] for state in counts if state != "selected"), (
            siege.told()
        )
