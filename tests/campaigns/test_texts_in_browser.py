"""Other texts, followed links and their results in a real browser: written, looked at, without barriers."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, ViewportSize, expect
from pytest_django import Settings

from campaigns.models import Campaign, Recipient, TrackedLink, Variant
from contacts.models import Contact
from tests.campaigns.desk import a_campaign, a_line, set_going
from tests.screen import barriers, signed_in_page
from tests.world import make_people

SMALL, WIDE = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=850)
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_other_texts_are_written_beside_the_preview(
    page: Page, live_server: Any, marta: User, settings: Settings
) -> None:
    settings.PUBLIC_URL = "https://c.example"
    make_people(1)
    Contact.objects.update(language="es-MX")
    campaign = a_campaign(a_line(), body="Hi {{ contact.name }}: https://shop.example/a-long-address-for-spring")
    page.set_viewport_size(SMALL)
    page.emulate_media(color_scheme="dark")
    screen = signed_in_page(page, marta, live_server.url)
    screen.goto(f"{live_server.url}/campaigns/{campaign.pk}/message/")
    expect(screen.locator("#preview")).to_contain_text("are read as ours")
    screen.get_by_label("Text A in another language").fill("es")
    screen.locator("#variants").get_by_role("button", name="Add A").click()
    text = screen.get_by_label("Text A in es")
    text.fill("Hola {{ name }}: https://shop.example/primavera")
    expect(screen.locator("#preview")).to_contain_text("Hola Person 1: https://shop.example/primavera")
    expect(screen.locator("#preview")).to_contain_text("Text A es")
    screen.get_by_label("See who opens the links").check()
    expect(screen.locator("#preview")).to_contain_text("Hola Person 1: https://c.example/l/xxxxx")
    screen.get_by_role("button", name="Compare with a second text").click()
    screen.get_by_label("Percent of the people").fill("99")
    expect(screen.locator("#variants-state")).to_contain_text("is read by 1 %")
    assert _barriers(screen) == []
    screen.set_viewport_size(WIDE)
    screen.emulate_media(color_scheme="light")
    screen.reload()  # colours change gradually
    assert _barriers(screen) == []
    assert Variant.objects.get(letter="B").share == 99


def test_the_campaigns_page_tells_who_won(page: Page, live_server: Any, marta: User, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://c.example"
    make_people(120)
    campaign = a_campaign(a_line(), body="Hi https://shop.example/" + "a-long-address" * 9)
    Variant.objects.create(campaign=campaign, letter="B", body="Hello", share=50)
    Campaign.objects.filter(pk=campaign.pk).update(goal="click", tracks_links=True)
    set_going(Campaign.objects.get())
    assert TrackedLink.objects.count() == 1
    Recipient.objects.update(state="delivered")
    Recipient.objects.filter(letter="B").update(clicked_at=campaign.created_at)
    screen = signed_in_page(page, marta, live_server.url)
    screen.set_viewport_size(SMALL)
    screen.goto(f"{live_server.url}/campaigns/{campaign.pk}/")
    expect(screen.locator("#split")).to_contain_text("Text B wins")
    expect(screen.locator("#clicks")).to_contain_text("https://shop.example/")
    assert _barriers(screen) == []
    screen.set_viewport_size(WIDE)
    screen.emulate_media(color_scheme="dark")
    screen.reload()
    assert _barriers(screen) == []
    screen.goto(f"{live_server.url}/l/xxxxxxxxxxx")
    expect(screen.get_by_role("heading", name="This link leads nowhere")).to_be_visible()
    assert _barriers(screen) == []


def _barriers(screen: Page) -> list[str]:
    assert screen.evaluate("document.documentElement.scrollWidth <= innerWidth")
    return barriers(screen)
