"""The whole composer in a real browser: from a name to the review, left and gone on with, with a file, on a phone and a desk."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from campaigns import kept_texts, plans, sorting, steps
from campaigns.models import Campaign
from contacts.models import Contact
from tests.campaigns.desk import a_line
from tests.campaigns.test_attachments import PNG
from tests.screen import DESK, PHONE, barriers, signed_in_page
from tests.world import make_people

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def screen(page: Page, live_server: Any, marta: User, settings: Any, tmp_path: Path) -> Page:
    settings.MEDIA_ROOT = tmp_path / "media"
    return signed_in_page(page, marta, live_server.url)


def press(screen: Page, name: str) -> None:
    screen.get_by_role("button", name=name, exact=True).click()


def no_barriers(screen: Page, heading: str) -> None:
    """This step has arrived, fits, and axe finds nothing."""
    expect(screen.get_by_role("heading", level=1)).to_contain_text(heading)
    assert barriers(screen) == [], screen.url
    assert screen.evaluate("document.documentElement.scrollWidth <= innerWidth"), screen.url


@pytest.mark.parametrize(("size", "colours"), [(PHONE, "dark"), (DESK, "light")], ids=["phone", "desk"])
def test_it_composes_a_campaign(screen: Page, live_server: Any, tmp_path: Path, size: Any, colours: Any) -> None:
    make_people(3)
    a_line()
    picture = tmp_path / "menu.png"
    picture.write_bytes(PNG)
    screen.set_viewport_size(size)
    screen.emulate_media(color_scheme=colours)
    screen.goto(f"{live_server.url}/campaigns/")
    screen.get_by_role("link", name="New campaign").click()
    screen.get_by_label("Name").fill("Opening night")
    press(screen, "Save and choose the audience")
    no_barriers(screen, "Opening night")
    screen.get_by_role("checkbox", name="VIP").first.check()
    press(screen, "Save and leave")
    screen.get_by_role("link", name="Opening night").click()  # gone on with where it was left
    text = screen.get_by_role("textbox", name="Text", exact=True)
    text.fill("We open *tonight*, ")
    screen.get_by_label("and for people without it:").fill("friend")
    press(screen, "first_name")
    expect(text).to_have_value('We open *tonight*, {{ first_name|default:"friend" }}')
    expect(screen.locator("#preview .bubble strong")).to_have_text("tonight")
    screen.locator("#attachment-file").set_input_files(picture)
    expect(screen.locator("#preview .bubble img")).to_have_attribute("alt", "Image: menu.png")
    no_barriers(screen, "Opening night")
    screen.locator("#stepper").get_by_role("link", name="Sending").click()  # what was typed goes along
    line = screen.get_by_role("checkbox", name="Line 1").first
    line.check()
    expect(screen.locator("#mode").get_by_role("radio").first).to_be_checked()
    no_barriers(screen, "Opening night")
    press(screen, "Back")
    expect(text).to_have_value('We open *tonight*, {{ first_name|default:"friend" }}')
    press(screen, "Next: sending")
    expect(line).to_be_checked()
    screen.get_by_label("First only to so many people").fill("2")  # a card of its own is kept too
    press(screen, "Next: the review")
    expect(screen.locator("#stepper [aria-current=step]")).to_contain_text("Review")
    no_barriers(screen, "Opening night")
    campaign = Campaign.objects.get()
    assert [each.missing for each in steps.of(campaign)] == ["", "", "", ""]
    assert campaign.canary_size == 2
    assert (campaign.attachment or {})["filename"] == "menu.png"


def test_it_offers_replacements_marks_pictures_and_takes_what_is_dropped(screen: Page, live_server: Any) -> None:
    first, _second = make_people(2)
    Contact.objects.filter(pk=first.pk).update(name="Łucja")
    sms = a_line(1, channel="sms")
    campaign = plans.begin(name="Spring")
    plans.change(campaign, lines=[sms])
    screen.goto(f"{live_server.url}/campaigns/{campaign.pk}/message/")
    text = screen.get_by_role("textbox", name="Text", exact=True)
    text.fill("“Hi” {{ name }}…")
    worst = screen.locator("#worst-case")
    expect(worst).to_contain_text("comes from somebody's own data")
    press(screen, "Replace all of these")
    expect(text).to_have_value('"Hi" {{ name }}...')
    expect(worst.get_by_role("button")).to_have_count(0)
    text.select_text()
    press(screen, "Bold")
    expect(text).to_have_value('*"Hi" {{ name }}...*')
    press(screen, "Emoji")
    screen.get_by_role("dialog", name="Emoji").get_by_role("button", name="🎉").click()
    expect(text).to_have_value('*"Hi" {{ name }}...*🎉')
    file = "new File([new Uint8Array([0x89,0x50,0x4e,0x47,13,10,26,10,0])], 'm.png', {type: 'image/png'})"
    plans.change(campaign, lines=[a_line(2)])
    screen.goto(f"{live_server.url}/campaigns/{campaign.pk}/message/")
    data = screen.evaluate_handle(f"() => {{ const data = new DataTransfer(); data.items.add({file}); return data; }}")
    screen.dispatch_event("#attachment", "drop", {"dataTransfer": data})
    expect(screen.locator("#attachment").get_by_role("button", name="Take it off")).to_be_visible()


@pytest.mark.parametrize(("size", "colours"), [(PHONE, "light"), (DESK, "dark")], ids=["phone", "desk"])
def test_its_other_pages_have_no_barriers(screen: Page, live_server: Any, size: Any, colours: Any) -> None:
    campaign = plans.change(plans.begin(name="Spring"), tags=sorting.tags_named(["menu"]))
    template = kept_texts.keep(name="Thanks", body="Thank you, {{ name }}", attachment=campaign.attachment)
    screen.set_viewport_size(size)
    screen.emulate_media(color_scheme=colours)
    for path, heading in (
        ("", "Campaigns"),
        ("templates/", "Templates"),
        (f"templates/{template.pk}/", "Thanks"),
        ("add/", "New"),
    ):
        screen.goto(f"{live_server.url}/campaigns/{path}")
        no_barriers(screen, heading)
