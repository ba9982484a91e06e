"""The flight plan and the prices in a real browser: they fit, have no barriers, and an approval is asked for and given."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django import Settings

from campaigns.models import Campaign
from contacts.models import Contact, Group
from contacts.people import save_contact
from messaging import rates
from tests.campaigns.desk import a_campaign, a_line
from tests.screen import DESK, PHONE, barriers, signed_in_page
from tests.world import make_people

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def draft(marta: User) -> Campaign:
    """An SMS to two countries, one of them without a price, with something to look at."""
    line = a_line(1, channel="sms", per_day=3)
    a_line(2, channel="sms")
    make_people(5)
    vip = Group.objects.get(name="VIP")
    ana = save_contact(phone="+34600123456", name="Ana García-Fernández de la Torre 😀", groups=[vip], region="MX")[0]
    Contact.objects.filter(pk=ana.pk).update(language="es", fields={"city": "Puebla"})
    rates.save(account=line.account, channel="sms", country="MX", price="0.031", currency="USD")
    rates.save(account=line.account, channel="sms", country="", price="0.09", currency="EUR")
    body = "Hi {{ name }}, the spring sale has begun in {{ city }}: https://shop.example/spring"
    return a_campaign(line, body=body, user=marta)


@pytest.mark.parametrize(("size", "colours"), [(PHONE, "dark"), (DESK, "light")], ids=["phone", "desk"])
def test_it_is_looked_at_and_approved_without_barriers(
    page: Page, live_server: Any, alice: User, marta: User, draft: Campaign, settings: Settings, size: Any, colours: Any
) -> None:
    settings.APPROVAL_ABOVE = 2
    review = f"{live_server.url}/campaigns/{draft.pk}/review/"
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=colours)
    screen = signed_in_page(page, marta, live_server.url)
    screen.goto(review)
    expect(screen.get_by_role("button", name="Send to 6 people now")).to_be_disabled()
    screen.get_by_role("button", name="Ask for approval").click()
    expect(screen.locator("#approval")).to_contain_text("marta asked for approval")
    _has_no_barriers(screen)
    screen = signed_in_page(page, alice, live_server.url)
    screen.goto(review)
    screen.get_by_label("A word about it").fill("Nice")
    screen.get_by_role("button", name="Approve it").click()
    expect(screen.locator("#approval")).to_contain_text("Approved by alice")
    expect(screen.get_by_role("button", name="Send to 6 people now")).to_be_enabled()
    screen.goto(f"{live_server.url}/accounts/{draft.lines.get().account_id}/rates/")
    _has_no_barriers(screen)


def _has_no_barriers(screen: Page) -> None:
    assert barriers(screen) == []
    assert screen.evaluate("document.documentElement.scrollWidth <= innerWidth")
