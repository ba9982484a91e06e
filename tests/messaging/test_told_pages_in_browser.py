"""Files in a conversation, webhooks and replies in a real browser: no barriers, nothing wider than a phone, a file that is
chosen goes out."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Page

from messaging import threads
from messaging.models import Conversation, Line, MediaFile, Message, Webhook
from messaging.webhooks import keeping
from tests.campaigns.test_replies import campaign_to, make_line, write
from tests.messaging.files import PDF, PNG
from tests.messaging.test_media import keep
from tests.screen import DESK, PHONE, barriers, signed_in_page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def line(db: None) -> Line:
    return make_line("Shop")


def attach(message: Message, content: bytes, name: str) -> None:
    """A file that came with a message."""
    media = keep(content, name)
    Message.objects.filter(pk=message.pk).update(attachment={"type": "media", "kind": media.kind, "url": "x"})
    MediaFile.objects.filter(pk=media.pk).update(message=message)


@pytest.mark.once
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_they_have_no_barriers_and_fit(
    page: Page, live_server: Any, alice: User, line: Line, size: dict[str, int]
) -> None:
    campaign = campaign_to(line, [1])
    attach(write(line, 1, "A picture"), PNG, "table.png")
    attach(write(line, 1, "A letter"), PDF, "a-letter-with-a-rather-long-name-that-goes-on-and-on.pdf")
    MediaFile.objects.create(message=write(line, 1, "Gone"), kind="image", url="x", state="failed", problem="expired")
    Message.objects.filter(body="Gone").update(attachment={"type": "media", "kind": "image", "url": "x"})
    hook = keeping.save(Webhook(), name="Till", url="https://till.example.org/hook", events=["campaign.status"])
    keeping.ping(hook)
    screen = signed_in_page(page, alice, live_server.url)
    screen.set_viewport_size(size)  # type: ignore[arg-type]
    for name, args in (
        ("messaging:conversation", [Conversation.objects.get().pk]),
        ("messaging:webhooks", []),
        ("messaging:webhook_add", []),
        ("messaging:webhook", [hook.pk]),
        ("campaigns:replies", [campaign.pk]),
    ):
        screen.goto(f"{live_server.url}{reverse(name, args=args)}")
        assert barriers(screen) == [], name
        assert screen.evaluate("document.documentElement.scrollWidth") <= size["width"], name


def test_a_chosen_file_shows_its_name_and_goes_out(page: Page, live_server: Any, alice: User, line: Line) -> None:
    write(line, 1)
    screen = signed_in_page(page, alice, live_server.url)
    screen.goto(f"{live_server.url}{reverse('messaging:conversation', args=[Conversation.objects.get().pk])}")
    chosen = {"name": "menu.png", "mimeType": "image/png", "buffer": PNG}
    screen.set_input_files("#reply-file", chosen)  # type: ignore[arg-type]
    screen.get_by_text("menu.png").wait_for()
    screen.get_by_role("button", name="Take it off").click()
    assert screen.get_by_text("menu.png").count() == 0
    screen.set_input_files("#reply-file", chosen)  # type: ignore[arg-type]
    screen.fill("#reply-body", "The menu")
    screen.get_by_role("button", name="Send", exact=True).click()
    screen.locator(".bubble.out img").wait_for()
    message = Message.objects.get(direction="out", batch=None)
    assert message.attachment is not None
    assert (message.body, message.attachment["filename"]) == ("The menu", "menu.png")


def test_a_file_that_is_dropped_on_the_conversation_goes_out(
    page: Page, live_server: Any, alice: User, line: Line, tmp_path: Path
) -> None:
    write(line, 1)
    file = tmp_path / "menu.png"
    file.write_bytes(PNG)
    screen = signed_in_page(page, alice, live_server.url)
    screen.goto(f"{live_server.url}{reverse('messaging:conversation', args=[Conversation.objects.get().pk])}")
    mouse = screen.context.new_cdp_session(screen)
    dragged = {"x": 500, "y": 300, "data": {"items": [], "files": [str(file)], "dragOperationsMask": 1}}
    for kind in ("dragEnter", "dragOver"):
        mouse.send("Input.dispatchDragEvent", {"type": kind, **dragged})
    screen.locator("#reply.is-dropping").wait_for()
    mouse.send("Input.dispatchDragEvent", {"type": "drop", **dragged})
    screen.get_by_text("menu.png").wait_for()
    assert screen.locator("#reply.is-dropping").count() == 0
    screen.fill("#reply-body", "The menu")
    screen.get_by_role("button", name="Send", exact=True).click()
    screen.locator(".bubble.out img").wait_for()
    message = Message.objects.get(body="The menu")
    assert message.attachment is not None
    assert message.attachment["filename"] == "menu.png"


def test_an_answer_that_is_not_sent_yet_keeps_its_file(
    page: Page, live_server: Any, alice: User, marta: User, line: Line
) -> None:
    write(line, 1)
    talk = Conversation.objects.get()
    screen = signed_in_page(page, alice, live_server.url)
    screen.goto(f"{live_server.url}{reverse('messaging:conversation', args=[talk.pk])}")
    screen.set_input_files("#reply-file", {"name": "menu.png", "mimeType": "image/png", "buffer": PNG})
    threads.reply(talk, body="It is attached.", key="quicker", user=marta)
    screen.fill("#reply-body", "The menu")
    screen.get_by_role("button", name="Send", exact=True).click()
    screen.get_by_text("A colleague answered while you were writing").wait_for()
    screen.get_by_text("menu.png").wait_for()
    screen.get_by_role("button", name="Send all the same").click()
    screen.locator(".bubble.out img").wait_for()
    assert Message.objects.get(body="The menu").attachment is not None
