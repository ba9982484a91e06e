"""The builder of segments and the audience step in a real browser, on a phone and a desk."""

import os
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Locator, Page, expect

from contacts.models import Segment
from tests.campaigns.desk import a_campaign, a_line
from tests.screen import DESK, PHONE, barriers, signed_in_page
from tests.world import make_people

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def screen(page: Page, live_server: Any, marta: User) -> Page:
    return signed_in_page(page, marta, live_server.url)


def looks_right(screen: Page, name: str) -> None:
    """It fits, and axe finds nothing."""
    if folder := os.environ.get("PICTURES"):
        screen.screenshot(path=f"{folder}/{name}.png", full_page=True)
    assert barriers(screen) == [], screen.url
    assert screen.evaluate("document.documentElement.scrollWidth <= innerWidth"), screen.url


def choose(screen: Page, where: Page | Locator, label: str, option: str) -> None:
    """Choose something after which the rows come anew, and wait for them."""
    where.get_by_label(label).select_option(option)
    expect(screen.locator(".htmx-request")).to_have_count(0)


@pytest.mark.parametrize(("size", "colours"), [(PHONE, "dark"), (DESK, "light")], ids=["phone", "desk"])
def test_a_segment_is_built_and_chosen_beside_pasted_numbers(
    screen: Page, live_server: Any, size: Any, colours: Any
) -> None:
    make_people(4)
    campaign = a_campaign(a_line(), group="")
    screen.set_viewport_size(size)
    screen.emulate_media(color_scheme=colours)

    screen.goto(f"{live_server.url}/contacts/segments/add/")
    screen.get_by_label("Name", exact=True).fill("Second and third")
    choose(screen, screen, "What it is about", "name")
    choose(screen, screen, "What is said of it", "contains")
    screen.get_by_label("Compared with").fill("Person 2")
    expect(screen.locator("#found")).to_contain_text("1 person")
    screen.get_by_role("button", name="Add a condition").click()
    expect(screen.locator(".htmx-request")).to_have_count(0)
    second = screen.get_by_role("group", name="Condition 2")
    choose(screen, second, "What it is about", "name")
    second.get_by_label("Compared with").fill("person 3")
    screen.get_by_label("People for whom").select_option("any")
    expect(screen.locator("#found")).to_contain_text("2 people")
    looks_right(screen, f"builder-{colours}")
    screen.get_by_role("button", name="Save", exact=True).last.click()
    expect(screen.get_by_role("link", name="Second and third")).to_be_visible()
    looks_right(screen, f"segments-{colours}")

    screen.goto(f"{live_server.url}/campaigns/{campaign.pk}/audience/")
    screen.get_by_label("Second and third").first.check()
    expect(screen.locator("#audience-count .result")).to_contain_text("2")
    screen.get_by_label("Numbers", exact=True).fill("+525598765432\n+525598765433\n12")
    screen.get_by_role("button", name="Add these numbers").click()
    expect(screen.locator("#card-numbers")).to_contain_text("1 number was not taken")
    expect(screen.locator("#own-groups input")).to_be_checked()
    expect(screen.locator("#audience-count .result")).to_contain_text("4")
    looks_right(screen, f"audience-{colours}")
    assert list(campaign.segments.all()) == list(Segment.objects.all())
    assert campaign.groups.count() == 1
