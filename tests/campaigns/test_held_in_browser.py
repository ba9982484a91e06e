"""Pages about what is held and asked about, in a real browser: no barriers, they fit, light and dark."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Page

from campaigns import books, panic
from campaigns.models import BookCheck, Campaign
from tests.campaigns.desk import a_campaign, a_line, set_going
from tests.campaigns.test_panic import a_reminder, a_series
from tests.screen import DESK, PHONE, barriers, signed_in_page
from tests.world import make_people

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def addresses() -> list[str]:
    """A stop of everything, a campaign of an older copy, and books about which two gateways were asked."""
    people, line = make_people(3), a_line(1, gap_seconds=0)
    campaign = set_going(a_campaign(line, name="Spring sale for everybody who has ever bought something"))
    a_series(line)
    a_reminder(line, people[0])
    stop = panic.stop_everything(user=None)
    Campaign.objects.filter(pk=campaign.pk).update(reason="restored")
    books.check_and_keep(campaign.pk)
    answers = {"account": line.account_id, "name": "Shop", "can_tell": True, "asked": 500, "known": 480, "absent": 1}
    silent = {**answers, "name": "Phones of the other shop", "can_tell": False, "asked": 0, "known": 0, "absent": 0}
    rest = {
        "silent": 19,
        "newer": 3,
        "otherwise": 0,
        "note": "The gateway cannot be reached. We try again by ourselves.",
    }
    BookCheck.objects.update(asked={"of": 12000, "rows": [{**answers, **rest}, {**silent, **rest, "silent": 0}]})
    return [
        reverse("campaigns:stop_report", args=[stop.pk]),
        reverse("campaigns:detail", args=[campaign.pk]),
        reverse("campaigns:books", args=[campaign.pk]),
    ]


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_it_has_no_barriers_and_fits(
    page: Page, live_server: Any, marta: User, addresses: list[str], size: Any
) -> None:
    screen = signed_in_page(page, marta, live_server.url)
    screen.set_viewport_size(size)
    for address in addresses:
        for colours in ("light", "dark"):
            screen.emulate_media(color_scheme=colours)
            screen.goto(f"{live_server.url}{address}")
            assert barriers(screen) == [], (address, colours)
        assert screen.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
