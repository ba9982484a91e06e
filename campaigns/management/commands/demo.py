"""manage.py demo: people, an account at the sandbox and a campaign to start, so that the first minute is a real one."""

import random
import secrets
import socket
import time
from typing import Any

from django.contrib.auth.models import Group as Role
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from campaigns import plans
from contacts.models import Group
from contacts.people import save_contact
from messaging import accounts
from messaging.demo import demo_notes, write_demo_notes
from messaging.gateway import provider_of
from messaging.launcher import sandbox
from messaging.mirror.lines import mirror_lines
from messaging.models import Account

PEOPLE = [("admin", "admin"), ("marta", "marketer"), ("bob", "agent")]
GROUPS = {"VIP": 40, "Newsletter": 120, "Lapsed": 60}
FIRST = [
    "Ana",
    "Luis",
    "Sofía",
    "Diego",
    "Elena",
    "Mateo",
    "Lucía",
    "Pablo",
    "Carmen",
    "Javier",
    "Marta",
    "Andrés",
    "Inés",
    "Raúl",
    "Nuria",
    "Hugo",
    "Clara",
    "Iván",
    "Alba",
    "Óscar",
]
LAST = [
    "Vega",
    "Ríos",
    "Luna",
    "Mora",
    "Santos",
    "Campos",
    "Prado",
    "Nieto",
    "Rojas",
    "Salas",
    "Bravo",
    "Cano",
    "Duarte",
    "Fuentes",
    "Gil",
    "Haro",
]
CITIES = ["Puebla", "Oaxaca", "Mérida", "León", "Toluca"]
BODY = '{Hi|Hello} {{ first_name|default:"friend" }}, the spring menu is ready in {{ city|default:"your city" }}. Reply STOP to opt out.'


class Command(BaseCommand):
    help = "Fill an empty database with demo data, once: users, 200 people in 3 groups, an account at the sandbox, a draft."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--sandbox-port", type=int, default=8790, help="where the sandbox will be (default: 8790)")

    def handle(self, *args: Any, **options: Any) -> None:
        if demo_notes() or User.objects.exists():
            return
        url = f"http://127.0.0.1:{options['sandbox_port']}"
        with transaction.atomic():
            logins = [_make_user(username, role) for username, role in PEOPLE]
            _make_people()
        _make_account(url, options["sandbox_port"])
        write_demo_notes({"logins": logins, "sandbox_url": url})
        self.stdout.write("Demo data is there: 200 people in 3 groups, a sandbox account, and a campaign to start.")


def _make_user(username: str, role: str) -> dict[str, str]:
    password = secrets.token_urlsafe(9)
    if role == "admin":
        User.objects.create_superuser(username, password=password)
    else:
        user = User.objects.create_user(username, password=password)
        user.groups.add(Role.objects.get(name=role))
    return {"username": username, "role": role, "password": password}


def _make_people() -> None:
    """200 people whose numbers end in 00–88, so that each is delivered; the first few tell other stories."""
    chance = random.Random("demo")  # noqa: S311  # the same demo for everybody
    groups = [Group.objects.create(name=name) for name in GROUPS]
    sizes = list(GROUPS.values())
    for number in range(200):
        tail = 90 + number % 10 if number < 8 else number % 89
        chosen = [group for group, size in zip(groups, sizes, strict=True) if chance.random() < size / 200]
        save_contact(
            phone=f"+52222{number:05d}{tail:02d}", name=f"{chance.choice(FIRST)} {chance.choice(LAST)}",
            groups=chosen or groups[1:2], fields={"city": chance.choice(CITIES)}, language="es", region="MX",
        )  # fmt: skip


def _make_account(url: str, port: int) -> None:
    account = accounts.create_account(
        provider="zender", name="Sandbox", base_url=f"{url}/zender", credentials={"secret": "sandbox-zender-secret"}, region="MX"
    )  # fmt: skip
    gateway = sandbox(port=port)
    gateway.start()
    try:
        _wait_for(port)
        if accounts.check_account(account).ok:
            with provider_of(account) as provider:
                mirror_lines(account, provider.fetch_lines())
    finally:
        gateway.end()
    account.lines.update(
        gap_seconds=0.3, jitter_seconds=0.1, per_hour=None, per_day=None
    )  # no real phone is behind them
    _make_draft(account)


def _make_draft(account: Account) -> None:
    lines = list(account.lines.filter(channel="whatsapp")[:2])
    if lines:
        with transaction.atomic():
            plans.save_draft(name="Spring menu", body=BODY, lines=lines, groups=list(Group.objects.filter(name="VIP")))


def _wait_for(port: int, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
