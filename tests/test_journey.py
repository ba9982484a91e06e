"""The main job in a real browser, from signing in to answering a reply, with the whole product and the sandbox behind it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django import Settings

from messaging.models import Account, Line
from tests.product import Product
from tests.sandbox_process import SandboxProcess, eventually, running_sandbox, sandbox
from tests.world import phone

__all__ = ["running_sandbox", "sandbox"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.crash]


@pytest.fixture
def product(database_url: str, tmp_path: Path, settings: Settings) -> Iterator[Product]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]  # the product's own
    User.objects.create_superuser("root", password="root's own words")
    with Product(database_url=database_url, folder=tmp_path) as running:
        yield running


def people_file(folder: Path, count: int) -> Path:
    """A CSV with headings; the last person asks something back."""
    rows = [f"Person {n},{phone(n, '98' if n == count else '00')}" for n in range(1, count + 1)]
    path = folder / "people.csv"
    path.write_text("\n".join(["Name,Phone", *rows]))
    return path


def test_a_newcomer_does_the_whole_job(product: Product, sandbox: SandboxProcess, page: Page, tmp_path: Path) -> None:
    page.set_default_timeout(20_000)
    sign_in(page, product)
    add_account(page, product, sandbox)
    link_a_number(page, product, sandbox)
    import_people(page, product, people_file(tmp_path, 1000))
    Line.objects.update(gap_seconds=0, jitter_seconds=0, per_hour=None, per_day=None)
    sandbox.control("options", {"latency_ms": 150})
    run_campaign(page, product)
    assert sandbox.received_by() == {**{phone(n): 1 for n in range(1, 1000)}, phone(1000, "98"): 1}
    answer_the_reply(page, product, sandbox)


def sign_in(page: Page, product: Product) -> None:
    page.goto(f"{product.url}/")
    page.get_by_label("Username").fill("root")
    page.get_by_label("Password").fill("root's own words")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()


def add_account(page: Page, product: Product, sandbox: SandboxProcess) -> None:
    remote = sandbox.account("zender")
    page.goto(f"{product.url}/accounts/add/")
    page.get_by_role("link", name=re.compile("Zender")).click()
    page.get_by_label("Name").fill("Desk")
    page.get_by_label("Address").fill(remote["base_url"])
    page.locator("[name=region]").fill("MX")
    page.locator("[name=secret]").fill(remote["credentials"]["secret"])
    page.locator("main form button[type=submit]").last.click()
    expect(page.get_by_role("heading", name="Desk")).to_be_visible()
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("The gateway knows us").first).to_be_visible()


def link_a_number(page: Page, product: Product, sandbox: SandboxProcess) -> None:
    account = Account.objects.get()
    page.goto(f"{product.url}/accounts/{account.pk}/")
    page.get_by_role("button", name="Link a WhatsApp number").click()
    expect(page.get_by_role("img", name="The code to scan with WhatsApp")).to_be_visible()
    phone_of_the_desk = page.context.new_page()
    phone_of_the_desk.goto(f"{sandbox.url}/control/")
    phone_of_the_desk.get_by_role("link", name="Pick up the phone").click()
    phone_of_the_desk.get_by_role("button").first.click()
    phone_of_the_desk.close()
    expect(page.get_by_text("linked", exact=False).first).to_be_visible()
    expect(page.get_by_role("img", name="The code to scan with WhatsApp")).to_have_count(0)
    assert account.link_sessions.get().state == "linked"


def import_people(page: Page, product: Product, file: Path) -> None:
    page.goto(f"{product.url}/contacts/import/")
    page.set_input_files("input[type=file]", file)
    page.get_by_role("button", name="Look at the file").click()
    expect(page.get_by_role("heading", name="Is this right?")).to_be_visible()
    page.locator("[name=new_group]").fill("Guests")
    page.locator("main form button[type=submit]").last.click()
    expect(page.get_by_text(re.compile(r"New\s*1,000"))).to_be_visible(timeout=90_000)


def run_campaign(page: Page, product: Product) -> None:
    page.goto(f"{product.url}/campaigns/add/")
    page.get_by_label("Name").first.fill("Opening night")
    page.get_by_role("checkbox", name=re.compile("Guests")).check()
    page.get_by_role("textbox", name="Text").fill('{Hi|Hello} {{ name|default:"friend" }}, we open tonight.')
    for line in Line.objects.filter(channel="whatsapp", state=Line.State.READY):
        page.get_by_role("checkbox", name=re.compile(re.escape(line.label))).check()
    expect(page.get_by_text("we open tonight").first).to_be_visible()
    page.get_by_role("button", name="Save and review").click()
    page.get_by_role("button", name=re.compile("Send to 1,000 people now")).click()
    page.get_by_role("button", name="Pause").first.click(timeout=30_000)
    expect(page.get_by_text("paused").first).to_be_visible()
    page.get_by_role("button", name="Resume").first.click()
    expect(page.get_by_text("finished").first).to_be_visible(timeout=120_000)


def answer_the_reply(page: Page, product: Product, sandbox: SandboxProcess) -> None:
    page.goto(f"{product.url}/inbox/")
    page.get_by_role("link", name=re.compile("Person 1000")).first.click(timeout=60_000)
    page.get_by_label("Your answer").fill("Yes, from seven o'clock.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("Yes, from seven o'clock.").first).to_be_visible()
    eventually(lambda: [row for row in sandbox.deliveries() if "seven" in row["text"]], within=30)
