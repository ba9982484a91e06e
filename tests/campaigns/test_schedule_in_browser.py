"""The calendar and the cards about time in a real browser, in a zone of its own."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from campaigns.models import Campaign
from contacts.models import Contact
from tests.campaigns.desk import a_campaign, a_line
from tests.screen import DESK, PHONE, barriers, signed_in_page
from tests.world import make_people

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def screen(browser: Browser, live_server: Any, marta: User) -> Iterator[Page]:
    context = browser.new_context(timezone_id="Asia/Tokyo", locale="en-GB", color_scheme="dark")
    yield signed_in_page(context.new_page(), marta, live_server.url)
    context.close()


def look(screen: Page, *, colours: Any = "dark") -> None:
    """No barrier, and it fits, on a desk and on a phone."""
    screen.emulate_media(color_scheme=colours)
    screen.reload()  # colours fade from one scheme to the other
    for size in (DESK, PHONE):
        screen.set_viewport_size(size)  # type: ignore[arg-type]
        assert barriers(screen) == [], screen.url
        assert screen.evaluate("document.documentElement.scrollWidth <= innerWidth"), screen.url
    screen.set_viewport_size(DESK)  # type: ignore[arg-type]


def test_a_campaign_is_sent_by_each_persons_clock_a_few_first(screen: Page, live_server: Any) -> None:
    people = make_people(3)
    Contact.objects.filter(pk=people[0].pk).update(time_zone="Asia/Tokyo")
    draft, day = a_campaign(a_line()), timezone.localdate() + timedelta(days=3)
    screen.goto(f"{live_server.url}/campaigns/{draft.pk}/sending/")
    card = screen.locator("#card-schedule")
    card.locator("[name=when][value=at]").check()
    card.get_by_label("Start at").fill(f"{day}T09:00")
    expect(card.locator("output")).to_contain_text("18:00 (Asia/Tokyo)")
    card.locator("[name=when][value=local]").check()
    card.get_by_label("On the day").fill(f"{day}")
    card.locator("#when_local_time").fill("09:00")
    card.get_by_role("button", name="Keep this").click()
    expect(card.get_by_role("row")).to_contain_text(["People", "Tokyo", "Tijuana"])
    few = screen.locator("#card-canary")
    few.get_by_label("First only to").fill("2")
    few.get_by_role("button", name="Keep this").click()
    expect(few.get_by_role("status")).to_have_text("Saved")
    look(screen, colours="light")
    screen.goto(f"{live_server.url}/campaigns/{draft.pk}/review/")
    look(screen)
    screen.get_by_role("button", name="Send at 09:00").click()
    screen.wait_for_url(f"**/campaigns/{draft.pk}/")
    draft.refresh_from_db()
    assert (draft.state, draft.canary_size) == (Campaign.State.SCHEDULED, 2)
    screen.goto(f"{live_server.url}/calendar/?view=week&day={day}")
    expect(screen.get_by_role("link", name="Spring").first).to_be_visible()
    look(screen)


def test_a_draft_becomes_a_series(screen: Page, live_server: Any) -> None:
    make_people(1)
    draft = a_campaign(a_line(), name="Weekly offer")
    screen.goto(f"{live_server.url}/campaigns/{draft.pk}/sending/")
    card = screen.locator("#card-schedule")
    card.locator("[name=when][value=series]").check()
    card.get_by_label("From").fill(f"{timezone.localdate()}")
    card.locator("#when_at").fill("09:00")
    card.get_by_role("button", name="Keep this").click()
    expect(card.get_by_role("link", name="The page of this series")).to_be_visible()
    screen.goto(f"{live_server.url}/campaigns/{draft.pk}/review/")
    screen.get_by_role("button", name="Start the series").click()
    expect(screen.locator(".viewer-time").first).to_contain_text("18:00 by your clock")
    look(screen, colours="light")
    screen.goto(f"{live_server.url}/calendar/?day={timezone.localdate() + timedelta(days=32)}")
    expect(screen.get_by_role("link", name="Weekly offer").first).to_be_visible()
    look(screen, colours="light")
