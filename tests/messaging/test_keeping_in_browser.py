"""What is made at a gateway, in a real browser: no barriers, nothing wider than a phone, and questions before deleting."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Page

from messaging import keeping
from messaging.models import Account, KeptObject
from tests.messaging.mirror_world import panel, sync
from tests.messaging.test_keeping import AGENT, REMINDER, SCHEDULE, moment
from tests.sandbox_process import SandboxProcess
from tests.screen import DESK, PHONE, barriers, signed_in_page
from tests.world import make_account

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def account(sandbox: SandboxProcess, alice: User) -> Account:
    """One of each kind, and a doubt."""
    made = make_account(sandbox, "wablas")
    for name, values in (("schedule", SCHEDULE), ("reminder", REMINDER), ("agent", AGENT)):
        kind = keeping.kind_of(made, name)
        assert kind is not None
        keeping.make(made, kind, values={**values, "at": moment(), "days": 5}, key=name, user=alice)
    KeptObject.objects.filter(kind="reminder").update(doubt="change", note="The gateway did not answer in time.")
    with panel(made) as provider:
        provider.client.create_autoreply(keyword="hours", response="From nine to two")
    sync(made)
    return made


@pytest.mark.once
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_they_have_no_barriers_and_fit(
    page: Page, live_server: Any, alice: User, account: Account, size: dict[str, int]
) -> None:
    screen = signed_in_page(page, alice, live_server.url)
    screen.set_viewport_size(size)  # type: ignore[arg-type]
    kinds = ("schedule", "reminder", "agent")
    urls = [
        *(reverse("messaging:kept", args=[account.pk, kind]) for kind in kinds),
        *(reverse("messaging:kept_add", args=[account.pk, kind]) for kind in (*kinds, "autoreply")),
        reverse("messaging:kept_change", args=[KeptObject.objects.get(kind="reminder").pk]),
        reverse("messaging:mirrored", args=[account.pk, "autoreply"]),
        reverse("messaging:account", args=[account.pk]),
    ]
    for url in urls:
        screen.goto(f"{live_server.url}{url}")
        assert barriers(screen) == [], url
        assert screen.evaluate("document.documentElement.scrollWidth") <= size["width"], url


def test_a_reminder_is_made_and_deleted_with_a_question(
    page: Page, live_server: Any, alice: User, account: Account
) -> None:
    screen = signed_in_page(page, alice, live_server.url)
    screen.goto(f"{live_server.url}{reverse('messaging:kept', args=[account.pk, 'schedule'])}")
    screen.get_by_role("link", name="Make one").click()
    screen.get_by_label("Phone").fill("+6281230000043")
    screen.get_by_label("Text", exact=False).last.fill("Bring the papers")
    screen.get_by_label("When").fill("2035-05-20T13:20")
    screen.get_by_role("button", name="Send to the gateway").click()
    screen.get_by_text("The gateway has it.").wait_for()
    screen.get_by_role("row", name="Bring the papers").get_by_role("button", name="Delete there").click()
    dialog = screen.get_by_role("dialog")
    assert "Delete “Bring the papers” at the gateway?" in dialog.inner_text()
    dialog.get_by_role("button", name="Delete there").click()
    screen.get_by_text("Deleted at the gateway.").wait_for()
