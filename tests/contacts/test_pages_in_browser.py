"""The pages in a real browser: nothing is refused by the security policy, nothing overflows, and axe finds no barrier."""

import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, expect

from contacts import consent, tasks
from contacts.groups import create_group
from contacts.models import Contact, Job
from contacts.people import save_contact

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 850}


@pytest.fixture
def screen(page: Page, live_server: Any, admin: User) -> Page:
    """A page signed in as the admin, whose console must stay silent."""
    client = Client()
    client.force_login(admin)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page.on("pageerror", lambda error: pytest.fail(f"The page failed: {error}"))
    page.on("console", lambda said: pytest.fail(said.text) if "Content Security Policy" in said.text else None)
    return page


@pytest.fixture
def last(transactional_db: None) -> Contact:
    """The last of three people in a group; this one said STOP."""
    vip = create_group(name="VIP")
    for number in range(3):
        person, _ = save_contact(phone=f"+52551230000{number}", name=f"Person {number}", groups=[vip], region="MX")
    consent.opt_out(phone_key=person.phone_key, source="reply", evidence="STOP")
    return person


def barriers(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['html'][:120]}" for each in found for node in each["nodes"]]


@pytest.mark.once
@pytest.mark.parametrize(("size", "colours"), [(PHONE, "light"), (DESK, "dark")], ids=["phone", "desk"])
def test_it_has_no_barriers_and_fits(screen: Page, live_server: Any, last: Contact, size: Any, colours: Any) -> None:
    screen.set_viewport_size(size)
    screen.emulate_media(color_scheme=colours)
    for path in ("", f"{last.pk}/", "add/", "groups/", "groups/add/", "import/", "?q=nobody"):
        screen.goto(f"{live_server.url}/contacts/{path}")
        assert barriers(screen) == [], path
        assert screen.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_it_finds_people_while_typing(screen: Page, live_server: Any, last: Contact) -> None:
    screen.goto(f"{live_server.url}/contacts/")
    screen.get_by_placeholder("Name or number", exact=True).press_sequentially("person 1")
    expect(screen.locator("#people tbody tr")).to_have_count(1)
    expect(screen).to_have_url(re.compile(r"/contacts/\?q=person(\+|%20)1"))


def test_it_keeps_the_chosen_colours(screen: Page, live_server: Any) -> None:
    screen.goto(f"{live_server.url}/contacts/")
    screen.get_by_role("button", name="Your menu").click()
    screen.get_by_role("button", name="Dark").click()
    screen.goto(f"{live_server.url}/contacts/groups/")
    expect(screen.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_it_opens_menu_and_question_without_script(
    browser: Any, live_server: Any, admin: User, last: Contact, screen: Page
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    context.add_cookies(screen.context.cookies())
    page = context.new_page()
    page.goto(f"{live_server.url}/contacts/{last.pk}/")
    page.get_by_role("button", name="Main menu").click()
    expect(page.get_by_role("link", name="Dashboard").or_(page.get_by_role("link", name="Contacts"))).not_to_have_count(
        0
    )
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_contain_text("Delete this person?")
    context.close()


def test_it_watches_an_import_to_its_end(screen: Page, live_server: Any, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("phone,name\n+525512345678,Ana\n4.41E+11,Broken\n")
    screen.goto(f"{live_server.url}/contacts/import/")
    screen.set_input_files("#id_file", file)
    screen.get_by_role("button", name="Look at the file").click()
    assert barriers(screen) == []
    screen.get_by_role("button", name="Start the import").click()
    expect(screen.locator("#job-page progress")).to_be_visible()
    tasks.run_import(Job.objects.get().pk)
    expect(screen.get_by_role("link", name="Refused rows as CSV")).to_be_visible(timeout=10_000)
    assert barriers(screen) == []
    assert screen.locator("#job-page").get_attribute("hx-trigger") is None
