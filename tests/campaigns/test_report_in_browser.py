"""Reports in a real browser: no barriers, they fit, light and dark, and a chart that has its numbers behind it."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from campaigns.models import Campaign, Recipient
from messaging.models import Message
from tests.campaigns.desk import a_campaign, a_line, set_going
from tests.campaigns.test_reports import answer, tell
from tests.screen import DESK, PHONE, barriers, signed_in_page
from tests.world import make_people

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
M = Message.Status


@pytest.fixture
def told() -> Campaign:
    """A campaign with people in every step, on two lines, in two languages; and another one beside it."""
    make_people(9)
    campaign = set_going(
        a_campaign(a_line(1), a_line(2), name="Spring sale for everybody who has ever bought something")
    )
    messages = list(Message.objects.order_by("id"))
    tell(messages[:4], M.ACCEPTED, M.DELIVERED)
    tell(messages[:2], M.READ)
    tell(messages[5:7], M.FAILED)
    answer(messages[0])
    Recipient.objects.filter(state="failed").update(reason="not_delivered")
    Recipient.objects.filter(state="read").update(language="es", letter="B")
    set_going(a_campaign(*campaign.lines.all(), name="Autumn"))
    return campaign


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_it_has_no_barriers_and_fits(page: Page, live_server: Any, marta: User, told: Campaign, size: Any) -> None:
    screen = signed_in_page(page, marta, live_server.url)
    screen.set_viewport_size(size)
    other = Campaign.objects.exclude(pk=told.pk).get()
    for path in (f"{told.pk}/report/", f"compare/?campaign={told.pk}&campaign={other.pk}"):
        for colours in ("light", "dark"):
            screen.emulate_media(color_scheme=colours)
            screen.goto(f"{live_server.url}/campaigns/{path}")
            assert barriers(screen) == [], (path, colours)
        assert screen.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_it_shows_a_chart_with_its_numbers_and_leads_on(
    page: Page, live_server: Any, marta: User, told: Campaign
) -> None:
    screen = signed_in_page(page, marta, live_server.url)
    screen.goto(f"{live_server.url}/campaigns/{told.pk}/report/")
    screen.wait_for_function("window.Chart && Chart.getChart(document.querySelector('canvas'))")
    screen.get_by_text("The numbers", exact=True).click()
    expect(screen.get_by_role("table", name="People per five minutes")).to_be_visible()
    screen.emulate_media(media="print")
    expect(screen.get_by_role("button", name="Make the group")).to_be_hidden()
    expect(screen.get_by_role("heading", name="How far people came")).to_be_visible()
    screen.emulate_media(media="screen")
    screen.get_by_role("link", name="New group").first.click()
    expect(screen.get_by_label("Who", exact=True)).to_have_value("failed:not_delivered")
