"""Scheduled messages, reminders, agents and automatic replies, made at Wablas from the pages: what leaves, what is kept."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contacts import consent
from messaging import accounts, credential_words, keeping, kept_words
from messaging.models import Account, Exchange, KeptObject, MirroredObject
from messaging.providers import PROVIDERS
from tests.messaging.mirror_world import panel, sync
from tests.recorded_gateway import RecordedGateway
from tests.sandbox_process import SandboxProcess, eventually
from tests.world import make_account

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = "+6281230000042"
LATER = "2035-05-20T13:20"
SCHEDULE = {"phone": PHONE, "category": "text", "text": "See you at one", "at": LATER, "key": "k1"}
REMINDER = {
    "title": "Rent",
    "phone": PHONE,
    "text": "The rent is due",
    "at": LATER,
    "period": "custom",
    "days": "5",
    "key": "k1",
}
AGENT = {"name": "Sri", "phone": PHONE, "email": "sri@example.org", "password": "hers-alone", "key": "k1"}
REPLY = {"keyword": "hours", "response": "From nine to two", "key": "k1"}
FORMS = {"schedule": SCHEDULE, "reminder": REMINDER, "agent": AGENT, "autoreply": REPLY}


@pytest.fixture
def account(sandbox: SandboxProcess) -> Account:
    return make_account(sandbox, "wablas")


@pytest.fixture
def gateway() -> Iterator[RecordedGateway]:
    with RecordedGateway() as recorded:
        yield recorded


@pytest.fixture
def recorded(gateway: RecordedGateway) -> Account:
    """An account at a gateway that answers with recordings."""
    return accounts.create_account(
        provider="wablas", name="Recorded", base_url=gateway.url, credentials={"token": "t0ken-of-ours"}, region="MX"
    )


def moment() -> datetime:
    """LATER, as the service takes it."""
    return datetime.fromisoformat(LATER).replace(tzinfo=UTC)


def add(client: Client, account: Account, kind: str, **changes: str) -> Any:
    return client.post(reverse("messaging:kept_add", args=[account.pk, kind]), {**FORMS[kind], **changes}, follow=True)


def do(client: Client, one: KeptObject, deed: str) -> str:
    return client.post(reverse("messaging:kept_do", args=[one.pk, deed]), follow=True).content.decode()


def listing(client: Client, account: Account, kind: str) -> str:
    return client.get(reverse("messaging:kept", args=[account.pk, kind]), follow=True).content.decode()


def made(client: Client, account: Account, kind: str, **changes: str) -> KeptObject:
    """One that the gateway has."""
    add(client, account, kind, **changes)
    one = KeptObject.objects.get()
    assert (one.state, one.doubt) == ("there", "")
    return one


def info(account: Account, one: KeptObject) -> dict[str, Any]:
    """A reminder as the gateway has it."""
    with panel(account) as provider:
        found: dict[str, Any] = provider.client.reminder_info(id=one.remote_id)["data"]
        return found


def test_a_manager_schedules_a_message(alice_client: Client, alice: User, account: Account) -> None:
    one = made(alice_client, account, "schedule")
    assert (one.name, one.phone, one.created_by) == ("See you at one", PHONE, alice)
    assert one.due_at == moment()
    assert one.raw["schedule_at"] == "2035-05-20 20:20:00"  # the same moment in Jakarta
    page = listing(alice_client, account, "schedule")
    assert all(words in page for words in ("See you at one", "at the gateway", "no call that lists these"))


def test_the_gateway_sends_it_at_its_time(account: Account, sandbox: SandboxProcess) -> None:
    kind = keeping.kind_of(account, "schedule")
    assert kind is not None
    at = timezone.now() + timedelta(seconds=2)
    keeping.make(account, kind, values={**SCHEDULE, "at": at}, key="k1")
    (delivery,) = eventually(lambda: sandbox.deliveries(to=PHONE), within=8)
    assert delivery["at"] >= at.timestamp() - 1


def test_a_file_is_scheduled_with_its_address(alice_client: Client, account: Account) -> None:
    one = made(alice_client, account, "schedule", category="image", url="https://files.example.org/a.png")
    assert one.raw["file"] == "https://files.example.org/a.png"


def test_a_scheduled_message_is_changed_cancelled_and_deleted(alice_client: Client, account: Account) -> None:
    one = made(alice_client, account, "schedule")
    url = reverse("messaging:kept_change", args=[one.pk])
    assert "See you at one" in alice_client.get(url).content.decode()
    page = alice_client.post(url, {**SCHEDULE, "text": "See you at two"}, follow=True).content.decode()
    assert "Changed at the gateway." in page
    one.refresh_from_db()
    assert (one.name, one.raw["messages"]) == ("See you at two", "See you at two")
    assert "Cancelled at the gateway." in do(alice_client, one, "cancel")
    assert "cannot be done now" in do(alice_client, one, "cancel")
    assert "Deleted at the gateway." in do(alice_client, one, "delete")
    one.refresh_from_db()
    assert one.state == "deleted"


def test_a_reminder_comes_every_so_many_days(alice_client: Client, account: Account) -> None:
    one = made(alice_client, account, "reminder")
    found = info(account, one)
    assert (found["title"], found["reminder_type"]) == ("Rent", "custom: send every 5 days")


def test_a_changed_reminder_keeps_its_rhythm(alice_client: Client, account: Account) -> None:
    one = made(alice_client, account, "reminder")
    url = reverse("messaging:kept_change", args=[one.pk])
    assert "Every so many days" in alice_client.get(url).content.decode()
    alice_client.post(url, {"title": "Water", "phone": PHONE, "text": "Water too", "at": LATER})
    found = info(account, one)
    assert (found["title"], found["message"], found["reminder_type"]) == ("Water", "Water too", "custom 5")


def test_the_gateway_is_asked_how_it_has_a_reminder(alice_client: Client, account: Account) -> None:
    one = made(alice_client, account, "reminder")
    with panel(account) as provider:
        provider.client.update_reminder(
            id=one.remote_id,
            phone="6281230000042",
            message="Changed there",
            start_date="2036-01-01 07:00:00",
            title="Panel",
        )
    KeptObject.objects.update(doubt="change")
    assert "This is how the gateway has it." in do(alice_client, one, "look")
    one.refresh_from_db()
    assert (one.name, one.values["text"], one.doubt) == ("Panel", "Changed there", "")
    assert one.due_at == datetime(2036, 1, 1, 0, 0, tzinfo=UTC)


def test_a_reminder_deleted_in_the_panel_is_seen_when_asked(alice_client: Client, account: Account) -> None:
    one = made(alice_client, account, "reminder")
    with panel(account) as provider:
        provider.client.delete_reminder(id=one.remote_id)
    do(alice_client, one, "look")
    one.refresh_from_db()
    assert one.state == "deleted"


def test_an_agents_password_is_handed_on_and_kept_nowhere(alice_client: Client, account: Account) -> None:
    one = made(alice_client, account, "agent")
    assert (one.remote_id, one.raw["Total Agent"]) == ("sri@example.org", 1)
    kept = [str(list(rows.values())) for rows in (KeptObject.objects, Exchange.objects, LogEntry.objects)]
    assert "hers-alone" not in "".join(kept)
    page = listing(alice_client, account, "agent")
    assert "no call that changes or deletes one" in page
    assert "hers-alone" not in page


def test_an_automatic_reply_stands_in_the_gateways_list_at_once(alice_client: Client, account: Account) -> None:
    page = add(alice_client, account, "autoreply").content.decode()
    assert all(words in page for words in ("hours", "From nine to two", "Change"))
    sync(account)
    assert MirroredObject.objects.get(kind="autoreply", gone_at=None).name == "hours"


def test_an_automatic_reply_is_changed(alice_client: Client, account: Account) -> None:
    add(alice_client, account, "autoreply")
    item = MirroredObject.objects.get(kind="autoreply")
    url = reverse("messaging:listed_change", args=[item.pk])
    assert "From nine to two" in alice_client.get(url).content.decode()
    page = alice_client.post(url, {"keyword": "hours", "response": "From nine to three"}, follow=True).content.decode()
    assert "Changed at the gateway." in page
    with panel(account) as provider:
        (there,) = provider.client.get_autoreplies()["data"]
    item.refresh_from_db()
    assert (there["response"], item.raw["response"]) == ("From nine to three", "From nine to three")


def test_a_reply_that_is_no_text_is_not_changed(alice_client: Client, account: Account) -> None:
    item = MirroredObject.objects.create(account=account, kind="autoreply", remote_id="x", raw={"category": "image"})
    response = alice_client.post(reverse("messaging:listed_change", args=[item.pk]), {"keyword": "a", "response": "b"})
    assert (response.status_code, "changes this one" in response.content.decode()) == (422, True)


@pytest.mark.once
@pytest.mark.parametrize(
    ("kind", "field", "changes"),
    [
        ("schedule", "text", {"text": "x" * 1025}),
        ("schedule", "text", {"text": " "}),
        ("schedule", "phone", {"phone": "12"}),
        ("schedule", "at", {"at": "2020-01-01T10:00"}),
        ("schedule", "url", {"category": "image", "url": ""}),
        ("schedule", "url", {"url": "https://files.example.org/a.png"}),
        ("schedule", "url", {"category": "image", "url": "ftp://files.example.org/a.png"}),
        ("schedule", "category", {"category": "sticker"}),
        ("reminder", "days", {"days": ""}),
        ("reminder", "days", {"days": "1001"}),
        ("reminder", "days", {"period": "daily"}),
        ("agent", "email", {"email": "sri"}),
        ("autoreply", "keyword", {"keyword": "k" * 201}),
    ],
)
def test_what_may_not_be_asked_is_said_at_its_field(
    alice_client: Client, account: Account, kind: str, field: str, changes: dict[str, str]
) -> None:
    response = add(alice_client, account, kind, **changes)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert KeptObject.objects.count() == 0
    kept = {name: value for name, value in {**FORMS[kind], **changes}.items() if name != "password"}
    assert all(response.context["form"][name].value() == value for name, value in kept.items())


def test_nobody_who_opted_out_is_scheduled(alice_client: Client, account: Account) -> None:
    consent.opt_out(phone_key=PHONE.removeprefix("+"), source="staff")
    response = add(alice_client, account, "schedule")
    assert "opted out" in str(response.context["form"].errors["phone"])


def test_the_gateways_no_is_a_sentence_and_nothing_typed_is_lost(
    alice_client: Client, account: Account, sandbox: SandboxProcess
) -> None:
    sandbox.control("disconnect", {"account": "wablas", "number": sandbox.account("wablas")["numbers"][0]["unique"]})
    response = add(alice_client, account, "schedule")
    page = response.content.decode()
    assert "disconnected at the gateway" in page
    assert "See you at one" in page
    assert KeptObject.objects.count() == 0
    sandbox.control("connect", {"account": "wablas", "number": sandbox.account("wablas")["numbers"][0]["unique"]})
    assert made(alice_client, account, "schedule").remote_id


def test_the_gateways_no_to_a_change_leaves_all_as_it_was(alice_client: Client, account: Account) -> None:
    one = made(alice_client, account, "schedule")
    with panel(account) as provider:
        provider.client.delete_schedule(schedule_id=one.remote_id)
    url = reverse("messaging:kept_change", args=[one.pk])
    response = alice_client.post(url, {**SCHEDULE, "text": "Another"})
    assert "schedule not found" in response.content.decode()
    one.refresh_from_db()
    assert (one.name, one.doubt, one.asked_at) == ("See you at one", "", None)


def test_pressing_twice_makes_one(alice_client: Client, recorded: Account, gateway: RecordedGateway) -> None:
    gateway.answer({"status": True, "messages": [{"id": "s1", "status": True}]})
    add(alice_client, recorded, "schedule")
    add(alice_client, recorded, "schedule")
    assert (KeptObject.objects.count(), len(gateway.requests)) == (1, 1)


def test_a_lost_answer_is_a_doubt_and_nothing_is_asked_again(
    alice_client: Client, recorded: Account, gateway: RecordedGateway
) -> None:
    gateway.hang_up()
    assert "The answer got lost" in add(alice_client, recorded, "schedule").content.decode()
    page = add(alice_client, recorded, "schedule").content.decode()
    assert all(words in page for words in ("unknown outcome", "Take off this list"))
    assert len(gateway.requests) == 1
    assert "Taken off this list." in do(alice_client, KeptObject.objects.get(), "forget")
    assert KeptObject.objects.count() == 0


def test_a_lost_answer_to_a_change_keeps_what_is_known(
    alice_client: Client, recorded: Account, gateway: RecordedGateway
) -> None:
    gateway.answer({"status": True, "messages": [{"id": "s1", "status": True}]})
    one = made(alice_client, recorded, "schedule")
    gateway.hang_up()
    alice_client.post(reverse("messaging:kept_change", args=[one.pk]), {**SCHEDULE, "text": "Another"})
    one.refresh_from_db()
    assert (one.name, one.state, one.doubt) == ("See you at one", "there", "change")
    gateway.answer({"status": True, "message": "deleted"})
    assert "Deleted at the gateway." in do(alice_client, one, "delete")


def test_an_answer_without_an_id_is_a_doubt(alice_client: Client, recorded: Account, gateway: RecordedGateway) -> None:
    gateway.answer({"status": True, "message": "saved"})
    add(alice_client, recorded, "schedule")
    assert KeptObject.objects.get().doubt == "make"


def test_a_reply_whose_answer_got_lost_is_shown_beside_the_list(
    alice_client: Client, recorded: Account, gateway: RecordedGateway
) -> None:
    gateway.hang_up()
    add(alice_client, recorded, "autoreply")
    assert "if one is on the list below" in listing(alice_client, recorded, "autoreply")


@pytest.mark.parametrize(("age", "words"), [(5, "sending"), (300, "unknown outcome")])
def test_a_call_whose_process_died_becomes_a_doubt(
    alice_client: Client, account: Account, age: int, words: str
) -> None:
    one = made(alice_client, account, "schedule")
    KeptObject.objects.update(doubt="cancel", asked_at=timezone.now() - timedelta(seconds=age))
    assert words in listing(alice_client, account, "schedule")
    page = do(alice_client, one, "forget")
    assert KeptObject.objects.exists() is ("asked right now" in page) is (age == 5)


def test_the_audit_trail_says_who_made_it(alice_client: Client, alice: User, account: Account) -> None:
    one = made(alice_client, account, "schedule")
    entry = LogEntry.objects.get(object_pk=str(one.pk), content_type__model="keptobject", action=LogEntry.Action.CREATE)
    assert entry.actor == alice


@pytest.mark.once
def test_a_viewer_looks_and_does_nothing(charlie_client: Client, alice_client: Client, account: Account) -> None:
    one = made(alice_client, account, "schedule")
    assert "Delete there" not in listing(charlie_client, account, "schedule")
    assert add(charlie_client, account, "schedule").status_code == 403
    for name, args in (("kept_change", [one.pk]), ("kept_do", [one.pk, "delete"])):
        assert charlie_client.post(reverse(f"messaging:{name}", args=args)).status_code == 403


def test_a_gateway_without_such_calls_has_no_such_page(alice_client: Client, sandbox: SandboxProcess) -> None:
    zender = make_account(sandbox)
    assert alice_client.get(reverse("messaging:kept", args=[zender.pk, "schedule"])).status_code == 404
    assert "Made from here" not in alice_client.get(reverse("messaging:account", args=[zender.pk])).content.decode()


@pytest.mark.once
def test_strangers_are_sent_to_sign_in(client: Client, account: Account) -> None:
    assert client.get(reverse("messaging:kept", args=[account.pk, "schedule"])).status_code == 302


@pytest.mark.once
@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=lambda provider: provider.slug)
def test_every_word_of_the_tables_can_be_translated(provider: Any) -> None:
    fields = [field for kind in provider.capabilities.keeps for field in kind.fields]
    words = {
        words for f in fields for words in (f.label, f.help_text, *(label for _value, label in f.choices)) if words
    }
    assert words <= {*kept_words.WORDS, *credential_words.WORDS}
