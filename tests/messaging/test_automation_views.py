"""The pages about automatic messages in the test client: who may, what is kept, what is refused."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from contacts import consent
from contacts.models import Group
from messaging.automation import doubts, firing, words
from messaging.models import Account, AutoReplyRule, ConsentWords, Message, Reminder, ReminderFire
from tests.messaging.mirror_world import panel
from tests.messaging.talking import answers, make_shop, says
from tests.sandbox_process import SandboxProcess
from tests.world import make_account, make_people, phone

pytestmark = pytest.mark.django_db
RULE = {
    "name": "Prices", "kind": "keyword", "words": "Price\nprecio", "windows": "", "time_zone": "", "body": "From 10",
    "language": "", "position": "100", "rest_minutes": "60", "per_day": "3", "is_on": "on",
}  # fmt: skip


@pytest.fixture
def shop() -> Account:
    return make_shop()


def url(name: str, *args: object) -> str:
    return reverse(f"messaging:{name}", args=args)


def reminder_form(shop: Account, **changes: Any) -> dict[str, Any]:
    make_people(2)
    return {
        "name": "Rent", "line": shop.lines.get().pk, "group": Group.objects.get(name="VIP").pk, "phone": "", "body": "Hi",
        "repeat": "monthly", "starts_on": "2026-01-31", "ends_on": "", "at": "09:00", "time_zone": "Asia/Jakarta",
        "every": "1", "field": "", "offset_days": "0", "is_yearly": "on", "is_day_first": "on", **changes,
    }  # fmt: skip


@pytest.mark.once
@pytest.mark.parametrize(
    ("name", "args"), [("words_edit", ["en"]), ("words_add", []), ("auto_reply_add", []), ("reminder_add", [])]
)
def test_a_viewer_may_look_and_change_nothing(charlie_client: Client, name: str, args: list[str]) -> None:
    for page in ("reminders", "auto_replies", "words", "doubts"):
        assert charlie_client.get(url(page)).status_code == 200
    assert charlie_client.get(url(name, *args)).status_code == 403
    assert charlie_client.post(url(name, *args), {}).status_code == 403


@pytest.mark.once
@pytest.mark.parametrize("name", ["reminders", "auto_replies", "words", "doubts"])
def test_strangers_sign_in_first(client: Client, name: str) -> None:
    assert client.get(url(name)).status_code == 302


def test_rules_and_words_are_a_managers_and_reminders_a_marketers(marta_client: Client) -> None:
    assert marta_client.get(url("words_edit", "en")).status_code == 403
    assert marta_client.get(url("auto_reply_add")).status_code == 403
    assert marta_client.get(url("reminder_add")).status_code == 200


# Words


def test_a_manager_changes_the_words_of_a_language(alice_client: Client, shop: Account) -> None:
    form = {"code": "xx", "clear": "Ya no\nbasta", "alone": "", "back": "vuelvo", "out_text": "Adiós", "in_text": ""}
    assert alice_client.post(url("words_edit", "es"), form).status_code == 302
    assert ConsentWords.objects.get().language == "es"
    page = alice_client.get(url("words")).text
    assert "ya no" in page
    assert "changed by you" in page
    says(shop, "¡Basta!")
    assert answers() == ["Adiós"]
    alice_client.post(url("words_forget", "es"))
    assert words.language("es").is_ours


def test_a_refused_word_stays_in_the_form(alice_client: Client) -> None:
    response = alice_client.post(url("words_add"), {"code": "pt", "back": "stop", "clear": "", "alone": ""})
    assert response.status_code == 422
    assert "cannot both end and bring back" in response.text


# Doubts


def test_an_agent_decides_with_one_click(bob_client: Client, shop: Account) -> None:
    says(shop, "STOP this bill")
    says(shop, "why would I stop now, I like it", number=2)
    page = bob_client.get(url("doubts")).text
    assert "STOP this bill" in page
    first, second = doubts.open_doubts()
    bob_client.post(url("doubt_decide", first.pk), {"verdict": "keep"})
    bob_client.post(url("doubt_decide", second.pk), {"verdict": "out"})
    assert "Nothing is doubtful" in bob_client.get(url("doubts")).text
    stands = consent.states([phone(1)[1:], phone(2)[1:]])
    assert [set(stands[phone(number)[1:]].values()) for number in (1, 2)] == [{"opted-out"}, {"unknown"}]
    assert "already" in bob_client.post(url("doubt_decide", first.pk), {"verdict": "out"}, follow=True).text


def test_a_viewer_decides_nothing(charlie_client: Client, shop: Account) -> None:
    says(shop, "STOP this bill")
    assert (
        charlie_client.post(url("doubt_decide", doubts.open_doubts().get().pk), {"verdict": "out"}).status_code == 403
    )
    assert doubts.count_open() == 1


def test_it_leads_to_the_conversation_and_the_first_page_tells(bob_client: Client, shop: Account) -> None:
    says(shop, "STOP this bill")
    doubt = doubts.open_doubts().get()
    assert "/inbox/" in bob_client.get(url("doubt_talk", doubt.pk)).url  # type: ignore[attr-defined]
    assert "1 reply may be an opt-out" in bob_client.get("/").text


def test_the_list_of_doubts_asks_as_much_for_many_as_for_few(bob_client: Client, shop: Account) -> None:
    counts = []
    for numbers in (range(1, 3), range(3, 30)):
        for number in numbers:
            says(shop, "STOP this bill", number=number)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            bob_client.get(url("doubts"))
        counts.append(len(queries))
    assert counts[0] >= counts[1]


# Auto-replies


def test_a_manager_makes_changes_and_deletes_a_rule(alice_client: Client, shop: Account) -> None:
    assert alice_client.post(url("auto_reply_add"), {**RULE, "account": shop.pk}).status_code == 302
    rule = AutoReplyRule.objects.get()
    assert rule.words == ["price", "precio"]
    says(shop, "What PRICE?")
    page = alice_client.get(url("auto_replies")).text
    assert "From 10" in page
    assert "What PRICE?" in page
    alice_client.post(url("auto_reply_edit", rule.pk), {**RULE, "account": shop.pk, "body": "From 12"})
    alice_client.post(url("auto_reply_switch", rule.pk), {"on": "0"})
    rule.refresh_from_db()
    assert (rule.body, rule.is_on) == ("From 12", False)
    alice_client.post(url("auto_reply_delete", rule.pk))
    assert not AutoReplyRule.objects.exists()
    assert Message.objects.filter(body="From 10").exists()


def test_hours_are_read_as_people_write_them(alice_client: Client, shop: Account) -> None:
    form = {**RULE, "account": shop.pk, "kind": "outside", "windows": "Mon-Fri 9:00-18:00", "words": ""}
    alice_client.post(url("auto_reply_add"), form)
    rule = AutoReplyRule.objects.get()
    assert rule.windows == [{"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "18:00"}]
    assert "9:00" in alice_client.get(url("auto_reply_edit", rule.pk)).text
    assert alice_client.post(url("auto_reply_add"), {**form, "windows": "always"}).status_code == 422


def test_it_shows_what_would_answer(charlie_client: Client, alice_client: Client, shop: Account) -> None:
    alice_client.post(url("auto_reply_add"), {**RULE, "account": shop.pk})
    ask: dict[str, str | int] = {"account": shop.pk, "text": "price?", "language": ""}
    part = charlie_client.get(url("auto_replies"), ask, headers={"HX-Request": "true", "HX-Target": "trial"}).text
    assert "From 10" in part
    assert "<html" not in part
    assert "This is an opt-out" in charlie_client.get(url("auto_replies"), {**ask, "text": "baja"}).text
    assert "No rule answers this" in charlie_client.get(url("auto_replies"), {**ask, "text": "hm"}).text
    assert answers() == []


def test_the_page_says_what_the_gateway_answers_and_takes_it_back(
    alice_client: Client, sandbox: SandboxProcess
) -> None:
    account = make_account(sandbox, "wablas")
    form = {**RULE, "account": account.pk}
    alice_client.post(url("auto_reply_add"), form)
    rule = AutoReplyRule.objects.get()
    assert "answers by itself" not in alice_client.get(url("auto_reply_edit", rule.pk)).text
    assert "answers to 2 words" in alice_client.post(url("auto_reply_push", rule.pk), follow=True).text
    changed = alice_client.post(url("auto_reply_edit", rule.pk), {**form, "body": "From 12", "is_on": ""}, follow=True)
    assert "does not answer as this rule does" in changed.text
    alice_client.post(url("auto_reply_push", rule.pk))
    assert "does not answer as" not in alice_client.get(url("auto_reply_edit", rule.pk)).text
    assert "get two answers" in alice_client.post(url("auto_reply_switch", rule.pk), {"on": "1"}, follow=True).text
    assert "no more" in alice_client.post(url("auto_reply_take_back", rule.pk), follow=True).text
    with panel(account) as provider:
        assert provider.client.get_autoreplies()["data"] == []


def test_a_viewer_takes_nothing_back_from_a_gateway(charlie_client: Client) -> None:
    assert charlie_client.post(url("auto_reply_take_back", 1)).status_code == 403


# Reminders


def test_a_marketer_makes_a_reminder_and_sees_what_comes(marta_client: Client, shop: Account) -> None:
    response = marta_client.post(url("reminder_add"), reminder_form(shop), follow=True)
    reminder = Reminder.objects.get()
    assert reminder.created_by is not None
    assert "09:00 Asia/Jakarta" in response.text
    assert "Rent" in marta_client.get(url("reminders")).text
    assert 'value="09:00"' in marta_client.get(url("reminder_edit", reminder.pk)).text


def test_a_reminder_to_one_person_needs_a_contact(marta_client: Client, shop: Account) -> None:
    form = reminder_form(shop, group="", phone="+52 55 0000 0000")
    refused = marta_client.post(url("reminder_add"), form)
    assert (refused.status_code, "Nobody among your contacts" in refused.text) == (422, True)
    marta_client.post(url("reminder_add"), {**form, "phone": phone(1)})
    assert Reminder.objects.get().contact is not None


def test_it_is_paused_resumed_and_deleted(marta_client: Client, charlie_client: Client, shop: Account) -> None:
    marta_client.post(url("reminder_add"), reminder_form(shop))
    pk = Reminder.objects.get().pk
    assert charlie_client.post(url("reminder_pause", pk)).status_code == 403
    assert "Paused" in marta_client.post(url("reminder_pause", pk), follow=True).text
    assert Reminder.objects.get().is_paused
    marta_client.post(url("reminder_pause", pk), {"on": "1"})
    assert not Reminder.objects.get().is_paused
    marta_client.post(url("reminder_delete", pk))
    assert not Reminder.objects.exists()


def test_what_was_missed_is_decided_on_the_page(marta_client: Client, shop: Account) -> None:
    marta_client.post(url("reminder_add"), reminder_form(shop, repeat="daily"))
    Reminder.objects.update(next_fire_at=timezone.now() - timedelta(hours=2))
    firing.work()
    assert "did not go out at its time" in marta_client.get("/").text
    assert "Send it now" in marta_client.get(url("reminders")).text
    marta_client.post(url("reminder_decide", ReminderFire.objects.get().pk), {"verdict": "send"})
    firing.work()
    page = marta_client.get(url("reminder", Reminder.objects.get().pk)).text
    assert Message.objects.filter(direction="out").count() == 2
    assert "marta" in page


@pytest.mark.parametrize(
    "model",
    [
        "consentwords",
        "consentreply",
        "optoutdoubt",
        "autoreplyrule",
        "autoreply",
        "reminder",
        "reminderfire",
        "remindersending",
    ],
)
def test_the_admin_has_every_record(admin_site: Client, shop: Account, model: str) -> None:
    assert admin_site.get(reverse(f"admin:messaging_{model}_changelist")).status_code == 200
