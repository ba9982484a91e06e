"""The pages about automatic messages in a real browser: no barriers, nothing wider than a phone, and the box to try out."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from contacts.models import Group
from messaging.automation import firing, reminders, rules
from messaging.models import Account, Reminder
from tests.messaging.talking import make_shop, says
from tests.screen import DESK, PHONE, barriers, signed_in_page
from tests.world import make_people

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = ["reminders", "reminder", "reminder_edit", "auto_replies", "auto_reply_add", "words", "words_edit", "doubts"]


@pytest.fixture
def shop() -> Account:
    """A rule that answered, a reminder that fired and missed, and a doubt."""
    made = make_shop()
    make_people(3)
    rules.save_rule(
        rule=None, name="Prices", account=made, kind="keyword", words=["price", "cuánto cuesta"], language="", windows=[],
        time_zone="", body="From 10 a month, {{ first_name|default:'friend' }}.", position=1, rest_minutes=60, per_day=3,
        is_on=True, user=None,
    )  # fmt: skip
    says(made, "What is the price of the large one?")
    says(made, "We have got to STOP this bill before Friday", number=2)
    reminder = reminders.save_reminder(
        reminder=None, name="Rent is due", line=made.lines.get(), contact=None, group=Group.objects.get(name="VIP"),
        body="Hello {{ name }}, the rent is due.", repeat="monthly", starts_on=date(2026, 1, 31), ends_on=None, at=time(9),
        time_zone="America/Mexico_City", every=1, weekdays=[], field="", offset_days=0, is_yearly=True, is_day_first=True,
        user=None,
    )  # fmt: skip
    Reminder.objects.filter(pk=reminder.pk).update(next_fire_at=timezone.now() - timedelta(hours=3))
    firing.work()
    return made


def address(name: str) -> str:
    args: dict[str, list[Any]] = {
        "reminder": [Reminder.objects.get().pk],
        "reminder_edit": [Reminder.objects.get().pk],
        "words_edit": ["es"],
    }
    return reverse(f"messaging:{name}", args=args.get(name, []))


@pytest.mark.once
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_they_have_no_barriers_and_fit(
    page: Page, live_server: Any, alice: User, shop: Account, size: dict[str, int]
) -> None:
    page.set_viewport_size(size)  # type: ignore[arg-type]
    signed_in_page(page, alice, live_server.url)
    for name in PAGES:
        page.goto(live_server.url + address(name))
        assert barriers(page) == [], name
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert (name, wide) == (name, 0)


def test_a_text_is_tried_out_without_leaving_the_page(page: Page, live_server: Any, alice: User, shop: Account) -> None:
    signed_in_page(page, alice, live_server.url).goto(live_server.url + address("auto_replies"))
    page.get_by_label("Account").select_option("Shop")
    page.get_by_label("What somebody writes").fill("The PRICE please")
    page.get_by_role("button", name="What would answer?").click()
    expect(page.locator("#trial")).to_contain_text("From 10 a month, friend.")
    page.get_by_label("What somebody writes").fill("stop")
    page.get_by_role("button", name="What would answer?").click()
    expect(page.locator("#trial")).to_contain_text("This is an opt-out.")


def test_a_doubt_is_settled_with_one_click(page: Page, live_server: Any, bob: User, shop: Account) -> None:
    signed_in_page(page, bob, live_server.url).goto(live_server.url + address("doubts"))
    page.get_by_role("button", name="No, keep").click()
    expect(page.locator("main")).to_contain_text("Nothing is doubtful")
