"""The campaign pages in a real browser: they fit, have no barriers, preview while typing and stay calm while polling."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from campaigns import lifecycle, plans, steps
from campaigns.models import Campaign
from contacts import consent
from messaging import tally
from tests.campaigns.desk import a_campaign, a_line, set_going
from tests.screen import DESK, PHONE, barriers, signed_in_page
from tests.world import make_people

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def screen(page: Page, live_server: Any, marta: User) -> Page:
    return signed_in_page(page, marta, live_server.url)


@pytest.fixture
def running() -> Campaign:
    """A campaign of three people, one of them opted out; and a day with numbers for the chart."""
    people = make_people(3)
    consent.opt_out(phone_key=people[0].phone_key, source="reply")
    tally.add({(tally.day_scope(timezone.localdate()), "accepted"): 5})
    a_line(9, channel="sms", state="disconnected")
    return set_going(a_campaign(a_line()))


@pytest.mark.once
@pytest.mark.parametrize(("size", "colours"), [(PHONE, "light"), (DESK, "dark")], ids=["phone", "desk"])
def test_it_has_no_barriers_and_fits(
    screen: Page, live_server: Any, running: Campaign, size: Any, colours: Any
) -> None:
    draft = a_campaign(*running.lines.all(), name="Next spring, to everybody who has ever asked for anything")
    screen.set_viewport_size(size)
    screen.emulate_media(color_scheme=colours)
    paths = ["", "campaigns/", "campaigns/add/"]
    paths += [f"campaigns/{draft.pk}/{step}/" for step in steps.KEYS]
    paths += [f"campaigns/{running.pk}/", f"campaigns/{running.pk}/people/"]
    paths += [f"campaigns/{draft.pk}/left-out/opted_out/", "campaigns/?q=nothing"]
    for path in paths:
        screen.goto(f"{live_server.url}/{path}")
        assert barriers(screen) == [], path
        assert screen.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_it_previews_while_typing_and_puts_fields_in_at_the_cursor(
    screen: Page, live_server: Any, running: Campaign
) -> None:
    draft = a_campaign(*running.lines.all(), body="")
    screen.goto(f"{live_server.url}/campaigns/{draft.pk}/message/")
    text = screen.get_by_label("Text", exact=True)
    text.fill("Hello !")
    text.press("ArrowLeft")
    screen.get_by_role("button", name="first_name", exact=True).click()
    expect(text).to_have_value("Hello {{ first_name }}!")
    bubble = screen.locator("#preview .bubble")
    expect(bubble).to_contain_text("Hello Person!")
    expect(screen.locator("#preview")).to_contain_text("As Person 2 will read it")
    screen.get_by_role("button", name="Next person").click()
    expect(screen.locator("#preview")).to_contain_text("As Person 3 will read it")


def test_it_shows_a_mistake_while_typing_and_takes_it_back(screen: Page, live_server: Any, running: Campaign) -> None:
    screen.goto(f"{live_server.url}/campaigns/{plans.begin(name='Spring').pk}/message/")
    text = screen.get_by_label("Text", exact=True)
    text.fill("Hi {{ nope }}")
    problem = screen.locator("#body-problem")
    expect(problem).to_contain_text("No contact has a field “nope”.")
    text.fill("Hi {{ name }}")
    expect(problem).to_be_empty()


def test_it_keeps_a_question_open_while_the_numbers_move(screen: Page, live_server: Any, running: Campaign) -> None:
    screen.goto(f"{live_server.url}/campaigns/{running.pk}/")
    screen.get_by_role("button", name="Cancel").click()
    question = screen.get_by_role("dialog")
    expect(question).to_be_visible()
    tally.add({(running.tally_scope, "queued"): -1, (running.tally_scope, "read"): 1})
    expect(screen.locator("a.tile", has_text="Read")).to_contain_text("1", timeout=10_000)
    expect(question).to_be_visible()
    question.get_by_role("button", name="No, go back").click()
    expect(question).to_be_hidden()


def test_it_stops_asking_when_the_campaign_is_over(screen: Page, live_server: Any, running: Campaign) -> None:
    screen.goto(f"{live_server.url}/")
    expect(screen.locator("#under-way")).to_have_attribute("hx-trigger", "every 2s")
    lifecycle.cancel(running)
    lifecycle.transition(running, Campaign.State.CANCELLED)
    part = screen.locator("#under-way")
    expect(part).to_contain_text("No campaign is running now.", timeout=10_000)
    expect(part).not_to_have_attribute("hx-get", "/")
