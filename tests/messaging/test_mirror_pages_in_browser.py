"""The mirrors' pages in a real browser: no barriers, nothing wider than a phone, questions asked before deleting."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Page

from contacts.people import save_contact
from messaging.mirror import starting
from messaging.models import Account, MirrorJob
from tests.messaging.mirror_world import panel, run, sync
from tests.sandbox_process import SandboxProcess
from tests.screen import DESK, PHONE, barriers, signed_in_page
from tests.world import make_account, make_people

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def account(sandbox: SandboxProcess) -> Account:
    """Two names for one phone, a log, and work both ways."""
    made = make_account(sandbox, "wablas")
    with panel(made) as provider:
        provider.client.add_contacts([{"phone": "6281200000000", "name": "Orang Satu"}])
    save_contact(phone="+6281200000000", name="Ours", region="")
    sync(made)
    with panel(made) as provider:
        provider.client.update_contacts([{"phone": "6281200000000", "name": "Orang Baru"}])
    sync(made)
    (person,) = make_people(1)
    run(starting.start_bringing(made, kind="contact"))
    run(starting.start_pushing(made, group=person.groups.get()))
    return made


@pytest.mark.once
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_they_have_no_barriers_and_fit(
    page: Page, live_server: Any, alice: User, account: Account, size: dict[str, int]
) -> None:
    screen = signed_in_page(page, alice, live_server.url)
    screen.set_viewport_size(size)  # type: ignore[arg-type]
    urls = [
        reverse("messaging:mirrored", args=[account.pk, "contact"]),
        f"{reverse('messaging:mirrored', args=[account.pk, 'contact'])}?differs=1",
        reverse("messaging:mirrored", args=[account.pk, "device"]),
        reverse("messaging:mirror_changes", args=[account.pk]),
        reverse("messaging:account", args=[account.pk]),
        *(reverse("messaging:mirror_job", args=[work.pk]) for work in MirrorJob.objects.order_by("-id")[:3]),
    ]
    for url in urls:
        screen.goto(f"{live_server.url}{url}")
        assert barriers(screen) == [], url
        assert screen.evaluate("document.documentElement.scrollWidth") <= size["width"], url


def test_it_asks_before_it_deletes_at_the_gateway(page: Page, live_server: Any, alice: User, account: Account) -> None:
    screen = signed_in_page(page, alice, live_server.url)
    screen.goto(f"{live_server.url}{reverse('messaging:mirrored', args=[account.pk, 'contact'])}?q=Orang")
    screen.get_by_role("button", name="Delete there").click()
    dialog = screen.get_by_role("dialog")
    assert "Delete “Orang Baru” at the gateway?" in dialog.inner_text()
    dialog.get_by_role("button", name="Delete there").click()
    screen.get_by_text("Deleted at the gateway.").wait_for()


def test_theirs_is_taken_with_one_press(page: Page, live_server: Any, alice: User, account: Account) -> None:
    screen = signed_in_page(page, alice, live_server.url)
    screen.goto(f"{live_server.url}{reverse('messaging:mirrored', args=[account.pk, 'contact'])}")
    screen.get_by_role("button", name="Take theirs").click()
    screen.get_by_text("The contact has the gateway's name now.").wait_for()
    assert screen.get_by_role("button", name="Take theirs").count() == 0
