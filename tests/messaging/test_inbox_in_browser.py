"""Two agents on one inbox in real browsers, with the sandbox's phones answering."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from messaging import canned, desk, inbox, polling
from messaging.models import Account, Conversation, Line, Message
from messaging.outbox.pump import Pump
from tests.messaging.desk_world import make_shop, write
from tests.sandbox_process import SandboxProcess, eventually
from tests.screen import DESK, PHONE, barriers, signed_in_page
from tests.world import make_account, phone, send, whatsapp_line

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NEWS = 15_000  # milliseconds: some polls of a busy machine


@pytest.fixture
def bob_page(page: Page, live_server: Any, bob: User) -> Page:
    return signed_in_page(page, bob, live_server.url)


@pytest.fixture
def marta_page(browser: Browser, live_server: Any, marta: User) -> Iterator[Page]:
    context = browser.new_context()
    yield signed_in_page(context.new_page(), marta, live_server.url)
    context.close()


@pytest.fixture
def line(sandbox: SandboxProcess) -> Line:
    return whatsapp_line(make_account(sandbox))


def poll(account: Account, count: int) -> None:
    """Ask the gateway until this many messages have come in."""

    def look() -> bool:
        polling.poll_account(account.pk)
        return Message.objects.filter(direction="in").count() == count

    eventually(look, within=10)


def says(sandbox: SandboxProcess, line: Line, text: str, count: int) -> None:
    """A phone writes to us, and we hear of it."""
    sandbox.control(
        "incoming",
        {"account": "zender", "from": phone(1, "98"), "text": text, "line": line.address, "channel": "whatsapp"},
    )
    poll(line.account, count)


def delivered(sandbox: SandboxProcess, count: int) -> list[str]:
    """What the phone got, in its order, once it is as much as expected."""
    Pump(seconds=1).run()
    got = [str(each["text"]) for each in sandbox.deliveries()]
    return got if len(got) >= count else []


def test_two_agents_answer_one_person(
    bob_page: Page, marta_page: Page, live_server: Any, sandbox: SandboxProcess, line: Line
) -> None:
    bob_page.goto(f"{live_server.url}/inbox/")
    send(line, phone(1, "98"), "Half price until Sunday")  # this phone answers with a question
    poll(line.account, 1)
    row = bob_page.get_by_role("link", name=re.compile("Until when is this valid"))
    expect(row).to_be_visible(timeout=NEWS)  # by itself
    expect(bob_page.locator("#folder-unassigned")).to_have_text("1")
    row.click()
    talk = Conversation.objects.get()
    marta_page.goto(f"{live_server.url}/inbox/{talk.pk}/")

    answer = bob_page.get_by_label("Your answer")
    answer.press_sequentially("Until Sun")
    expect(marta_page.get_by_text("Bob is writing here")).to_be_visible(timeout=NEWS)

    says(sandbox, line, "Hello, anybody?", 2)
    expect(bob_page.locator("#talk").get_by_text("Hello, anybody?")).to_be_visible(timeout=NEWS)
    expect(answer).to_be_focused()
    expect(answer).to_have_value("Until Sun")

    marta_page.get_by_label("Your answer").fill("Until Monday.")
    marta_page.get_by_role("button", name="Send", exact=True).click()
    expect(bob_page.locator("#talk").get_by_text("Until Monday.")).to_be_visible(timeout=NEWS)
    answer.press_sequentially("day.")
    bob_page.get_by_role("button", name="Send", exact=True).click()
    expect(bob_page.get_by_role("alert")).to_contain_text("A colleague answered while you were writing")
    expect(answer).to_have_value("Until Sunday.")
    bob_page.get_by_role("button", name="Send all the same").click()
    expect(bob_page.locator(".bubble", has_text="Until Sunday.")).to_be_visible(timeout=NEWS)
    expect(answer).to_have_value("")
    assert eventually(lambda: delivered(sandbox, 3), within=30) == [
        "Half price until Sunday",
        "Until Monday.",
        "Until Sunday.",
    ]


def test_it_is_handed_over_snoozed_and_closed(bob_page: Page, marta_page: Page, live_server: Any, marta: User) -> None:
    talk = write(make_shop(), 1, "Hi")
    bob_page.set_viewport_size({"width": 390, "height": 844})
    bob_page.goto(f"{live_server.url}/inbox/{talk.pk}/")
    bob_page.get_by_role("button", name="Hand over").first.click()
    bob_page.get_by_label("Who answers").select_option(label="Marta")
    bob_page.get_by_role("dialog").get_by_role("button", name="Hand over").click()
    expect(bob_page.locator("#talk")).to_contain_text("Bob gave this to Marta.")
    marta_page.goto(f"{live_server.url}/inbox/?folder=mine")
    marta_page.get_by_role("link", name=re.compile("Hi")).click()
    marta_page.get_by_role("button", name="Snooze").first.click()
    marta_page.get_by_role("button", name=re.compile("tomorrow morning")).click()
    expect(marta_page.locator("#talk-facts")).to_contain_text("snoozed")
    expect(bob_page.locator("#talk-facts")).to_contain_text("snoozed", timeout=NEWS)  # by itself
    marta_page.get_by_role("button", name="Open again").click()
    marta_page.get_by_role("button", name="Close").click()
    expect(marta_page.locator("#talk")).to_contain_text("Marta closed this.")


def test_notes_labels_emoji_and_canned_replies(bob_page: Page, live_server: Any) -> None:
    talk = write(make_shop(), 1, "Hi")
    canned.save(name="hours", body="We are open from 9 to 18, {{ phone }}.")
    bob_page.goto(f"{live_server.url}/inbox/{talk.pk}/")
    bob_page.get_by_role("button", name="Note").click()
    bob_page.get_by_label("never sent").fill("Knows the owner")
    bob_page.get_by_role("button", name="Keep the note").click()
    expect(bob_page.locator(".note")).to_contain_text("Knows the owner")
    bob_page.get_by_role("button", name="Labels").first.click()
    bob_page.get_by_label("A new label").fill("VIP")
    bob_page.get_by_label("teal").check()
    bob_page.get_by_role("button", name="Keep these labels").click()
    expect(bob_page.locator("#talk-facts .label.read")).to_have_text("VIP")
    answer = bob_page.get_by_label("Your answer")
    answer.press_sequentially("Hi ")
    bob_page.get_by_role("button", name="Emoji").click()
    bob_page.get_by_role("button", name="🙂").click()
    bob_page.keyboard.press("Escape")
    answer.press_sequentially(" /ho")
    expect(bob_page.get_by_role("option", name="/hours")).to_be_visible()
    answer.press("Enter")
    expect(answer).to_have_value(f"Hi 🙂 We are open from 9 to 18, {phone(1)}.")
    bob_page.goto(f"{live_server.url}/inbox/")
    bob_page.goto(f"{live_server.url}/inbox/{talk.pk}/")
    expect(answer).to_have_value(re.compile("9 to 18"))  # the draft waited on the server


@pytest.mark.once
@pytest.mark.parametrize(("size", "colours"), [(PHONE, "light"), (DESK, "dark")], ids=["phone", "desk"])
def test_it_has_no_barriers_and_fits(
    bob_page: Page, live_server: Any, bob: User, marta: User, size: Any, colours: Any
) -> None:
    line = make_shop()
    talk = write(line, 1, "Is it still on? I have been waiting since yesterday, and nobody answers.")
    write(line, 2, "Hello")
    desk.label(talk, labels=[desk.make_label(name=f"A label {tone}", tone=tone) for tone in ("bad", "good")], user=bob)
    desk.assign(talk, to=marta, user=bob)
    desk.prioritise(talk, priority=2, user=bob)
    desk.note(talk, text="Knows the owner", user=marta)
    inbox.note_campaign(account_id=talk.account_id, phone_key=talk.phone_key, label="Spring sale", url="/campaigns/1/")
    canned.save(name="hours", body="9 to 18")
    Conversation.objects.update(waiting_since=timezone.now())
    bob_page.set_viewport_size(size)
    bob_page.emulate_media(color_scheme=colours)
    for path in ("inbox/", "inbox/?folder=mine", "inbox/?folder=snoozed", f"inbox/{talk.pk}/", "canned-replies/"):
        bob_page.goto(f"{live_server.url}/{path}")
        assert barriers(bob_page) == [], path
        assert bob_page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    bob_page.goto(f"{live_server.url}/inbox/{talk.pk}/")
    for name in ("Hand over", "Labels", "Snooze", "Note", "Emoji"):
        bob_page.get_by_role("button", name=name).first.click()
        assert barriers(bob_page) == [], name
        bob_page.keyboard.press("Escape")
