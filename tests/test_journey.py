"""The main job in a real browser, from signing in to answering a reply, with the whole product and the sandbox behind it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Error, Page, expect
from pytest_django import Settings

from contacts.models import Job
from messaging import callbacks
from messaging.models import Account, Line
from tests.product import Product
from tests.sandbox_process import SandboxProcess, eventually
from tests.world import phone

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.crash]


@pytest.fixture
def product(database_url: str, tmp_path: Path, settings: Settings) -> Iterator[Product]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]  # the product's own
    User.objects.create_superuser("root", password="root's own words")
    with Product(database_url=database_url, folder=tmp_path) as running:
        yield running


@dataclass(frozen=True)
class Way:
    """How the journey goes at one gateway. fields: form field → the sandbox's credential. people: how many are written to."""

    dialect: str
    label: str
    fields: tuple[str, ...]
    channel: str
    people: int
    links: bool = False
    calls_us: bool = False


WAYS = [  # the longest on every database; what a gateway does differently, once
    pytest.param(Way("zender", "Zender", ("secret",), "whatsapp", 1000, links=True), id="zender"),
    pytest.param(
        Way("wablas", "Wablas", ("token", "secret_key"), "whatsapp", 60, links=True, calls_us=True),
        id="wablas",
        marks=pytest.mark.once,
    ),
    pytest.param(
        Way("smsmobileapi", "SMSMobileAPI", ("api_key",), "whatsapp", 60), id="smsmobileapi", marks=pytest.mark.once
    ),
    pytest.param(
        Way("smsgateway24", "SMSGateway24", ("email", "password"), "sms", 60), id="smsgateway24", marks=pytest.mark.once
    ),
]


def people_file(folder: Path, count: int) -> Path:
    """A CSV with headings; the last person asks something back."""
    rows = [f"Person {n},{phone(n, '98' if n == count else '00')}" for n in range(1, count + 1)]
    path = folder / "people.csv"
    path.write_text("\n".join(["Name,Phone", *rows]))
    return path


@pytest.mark.parametrize("way", WAYS)
def test_a_newcomer_does_the_whole_job(
    product: Product, sandbox: SandboxProcess, page: Page, tmp_path: Path, way: Way
) -> None:
    page.set_default_timeout(30_000)
    sign_in(page, product)
    add_account(page, product, sandbox, way)
    if way.links:
        link_a_number(page, product, sandbox, way)
    else:
        sync(page, product)
    import_people(page, product, people_file(tmp_path, way.people), way.people)
    Line.objects.update(gap_seconds=0.25 if way.people < 100 else 0, jitter_seconds=0, per_hour=None, per_day=None)
    sandbox.control("options", {"latency_ms": 150 if way.people > 100 else 30})
    run_campaign(page, product, way)
    everybody = {phone(n): 1 for n in range(1, way.people)} | {phone(way.people, "98"): 1}
    assert {digits(to): count for to, count in sandbox.received_by().items()} == {digits(to): 1 for to in everybody}
    answer_the_reply(page, product, sandbox, way)


def digits(number: str) -> str:
    """A number as every gateway would write it."""
    return number.lstrip("+")


def sign_in(page: Page, product: Product) -> None:
    page.goto(f"{product.url}/")
    page.get_by_label("Username").fill("root")
    page.get_by_label("Password").fill("root's own words")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()


def add_account(page: Page, product: Product, sandbox: SandboxProcess, way: Way) -> None:
    remote = sandbox.account(way.dialect)
    page.goto(f"{product.url}/accounts/add/")
    page.get_by_role("link", name=re.compile(way.label)).click()
    page.get_by_label("Name").fill("Desk")
    page.get_by_label("Address").fill(remote["base_url"])
    page.locator("[name=region]").fill("MX")
    for field in way.fields:
        page.locator(f"[name={field}]").fill(remote["credentials"][field])
    page.locator("main form button[type=submit]").last.click()
    expect(page.get_by_role("heading", name="Desk")).to_be_visible()
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("The gateway knows us").first).to_be_visible()


def link_a_number(page: Page, product: Product, sandbox: SandboxProcess, way: Way) -> None:
    account = Account.objects.get()
    if way.calls_us:  # this gateway has one number per account, so it is its own that is linked again
        sandbox.control(
            "disconnect", {"account": way.dialect, "number": sandbox.account(way.dialect)["numbers"][0]["phone"]}
        )
        sandbox.control("callbacks", {"account": way.dialect, "url": f"{product.url}{callbacks.url_for(account)}"})
    open_when_synced(page, f"{product.url}/accounts/{account.pk}/")
    page.get_by_role("button", name="Link a WhatsApp number").click()
    expect(page.get_by_role("img", name="The code to scan with WhatsApp")).to_be_visible()
    scan(sandbox, way)
    expect(page.get_by_role("img", name="The code to scan with WhatsApp")).to_have_count(0)
    eventually(lambda: account.link_sessions.get().state == "linked", within=30)


def open_when_synced(page: Page, url: str) -> None:
    """The account's page once its first sync is over: at its end the open page loads itself anew, at a moment of its own."""
    eventually(lambda: not Job.objects.filter(state=Job.State.RUNNING).exists(), within=30)
    try:
        page.goto(url)
    except Error:  # this very moment
        page.goto(url)


def scan(sandbox: SandboxProcess, way: Way) -> None:
    """Be the phone."""
    if way.calls_us:
        sandbox.control(
            "connect", {"account": way.dialect, "number": sandbox.account(way.dialect)["numbers"][0]["phone"]}
        )
        return
    offer = Account.objects.get().link_sessions.get().offer
    sandbox.control("scan", {"qr": offer["qr"], "phone": "+5215550009999"})


def sync(page: Page, product: Product) -> None:
    """Bring the lines of a gateway where nothing is linked from here."""
    account = Account.objects.get()
    open_when_synced(page, f"{product.url}/accounts/{account.pk}/")
    if not Line.objects.exists():
        page.get_by_role("button", name="Sync").first.click()
    eventually(Line.objects.exists, within=30)


def import_people(page: Page, product: Product, file: Path, count: int) -> None:
    page.goto(f"{product.url}/contacts/import/")
    page.set_input_files("input[type=file]", file)
    page.get_by_role("button", name="Look at the file").click()
    expect(page.get_by_role("heading", name="Is this right?")).to_be_visible()
    page.locator("[name=new_group]").fill("Guests")
    page.locator("main form button[type=submit]").last.click()
    expect(page.get_by_text(re.compile(rf"New\s*{count:,}"))).to_be_visible(timeout=90_000)


def run_campaign(page: Page, product: Product, way: Way) -> None:
    page.goto(f"{product.url}/campaigns/add/")
    page.get_by_label("Name").first.fill("Opening night")
    page.get_by_role("button", name="Save and choose the audience").click()
    page.get_by_role("checkbox", name=re.compile("Guests")).first.check()
    page.get_by_role("button", name="Next: the message").click()
    page.get_by_role("textbox", name="Text", exact=True).fill(
        '{Hi|Hello} {{ name|default:"friend" }}, we open tonight.'
    )
    expect(page.get_by_text("we open tonight").first).to_be_visible()
    page.get_by_role("button", name="Next: sending").click()
    for line in Line.objects.filter(channel=way.channel, state=Line.State.READY):
        page.get_by_role("checkbox", name=re.compile(re.escape(line.label))).first.check()
    page.get_by_role("button", name="Next: the review").click()
    page.get_by_role("button", name=re.compile(rf"Send to {way.people:,} people now")).click()
    page.get_by_role("button", name="Pause").first.click(timeout=30_000)
    expect(page.locator("main .state", has_text="paused").first).to_be_visible()
    page.get_by_role("button", name="Resume").first.click()
    expect(page.locator("main .state", has_text="finished").first).to_be_visible(timeout=120_000)


def answer_the_reply(page: Page, product: Product, sandbox: SandboxProcess, way: Way) -> None:
    page.goto(f"{product.url}/inbox/")
    page.get_by_role("link", name=re.compile(f"Person {way.people}")).first.click(timeout=60_000)
    page.get_by_label("Your answer").fill("Yes, from seven o'clock.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("Yes, from seven o'clock.").first).to_be_visible()
    eventually(lambda: [row for row in sandbox.deliveries() if "seven" in row["text"]], within=30)
