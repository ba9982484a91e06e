"""Calls from gateways at our address: who is let in, what is kept of them, and that nothing is lost or doubled."""

import hashlib
import hmac
import json
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from contacts.models import ConsentEvent
from contacts.phone import phone_key
from messaging import callbacks, outbox, polling, understanding
from messaging.models import Account, AutoReplyRule, Callback, Conversation, Line, Message
from messaging.providers.redact import mask_call
from messaging.redact import RedactFilter
from tests.sandbox_process import SandboxProcess
from tests.world import make_account as make_sandbox_account
from tests.world import phone

pytestmark = pytest.mark.django_db
SECRET = "a-webhook-secret"
CREDENTIALS: dict[str, dict[str, str]] = {
    "zender": {"secret": "the-api-secret", "webhook_secret": SECRET},
    "smsmobileapi": {"api_key": "the-api-key", "webhook_secret": SECRET},
    "wablas": {"token": "the-token"},
    "smsgateway24": {"email": "shop@example.org", "password": "the-password"},
}
HTML = b"<!doctype html><title>502</title>"


def make_account(slug: str) -> Account:
    account = Account.objects.create(
        name=slug, provider=slug, base_url="https://gateway.example", region="MX", state="ready",
        credentials=CREDENTIALS[slug],
    )  # fmt: skip
    channel = "whatsapp" if slug == "wablas" else "sms"
    kind = "whatsapp" if slug == "wablas" else "sim"
    Line.objects.create(account=account, channel=channel, kind=kind, address="D1", label="Line")
    return account


def signed(body: bytes, *, secret: str = SECRET, age: float = 0) -> dict[str, str]:
    """The headers of SMSMobileAPI's Webhook V2."""
    stamp = str(int(time.time() - age))
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"X-SMSMobileAPI-Timestamp": stamp, "X-SMSMobileAPI-Signature": f"v1={digest}"}


def event(kind: str, data: dict[str, Any], *, identifier: str = "") -> bytes:
    return json.dumps(
        {
            "id": identifier or str(uuid.uuid4()), "type": kind, "api_version": "2026-09-22",
            "created_at": "2026-10-01T10:00:02Z", "occurred_at": "2026-10-01T10:00:00Z", "data": data,
        }
    ).encode()  # fmt: skip


def text_from(slug: str, sender: str, text: str) -> tuple[bytes, str, dict[str, str]]:
    """A person's message as the gateway posts it: body, content type, headers."""
    now = timezone.now()
    if slug == "zender":
        data = {"id": "7", "phone": sender, "message": text, "device": "D1", "timestamp": str(int(now.timestamp()))}
        fields = {"secret": SECRET, "type": "sms"} | {f"data[{name}]": value for name, value in data.items()}
        return urlencode(fields).encode(), "application/x-www-form-urlencoded", {}
    if slug == "smsmobileapi":
        body = event("sms.received", {"guid": "g-7", "from": sender, "message": text, "device_id": "D1"})
        return body, "application/json", signed(body)
    payload: dict[str, Any] = {
        "wablas": {"id": "7", "phone": sender, "message": text, "messageType": "text", "deviceId": "D1", "isFromMe": False},
        "smsgateway24": {"sms_id": 7, "address": sender, "body": text, "device_id": "D1", "sim": 0, "type": "text"},
    }[slug]  # fmt: skip
    return json.dumps(payload).encode(), "application/json", {}


def post(account: Account, body: bytes, kind: str = "application/json", **headers: str) -> HttpResponse:
    return Client().post(callbacks.url_for(account), body, kind, headers=headers)  # type: ignore[return-value]


@pytest.mark.parametrize("slug", CREDENTIALS)
def test_it_takes_a_message_in_and_answers_with_nothing(slug: str) -> None:
    account = make_account(slug)
    body, kind, headers = text_from(slug, phone(1), "Is it open?")
    response = post(account, body, kind, **headers)
    assert (response.status_code, response.content) == (202 if slug == "smsmobileapi" else 200, b"")
    assert response["Content-Length"] == "0"
    assert Callback.objects.get().state == "new"
    understanding.work_waiting()
    assert Callback.objects.get().state == "done"
    message = Message.objects.get()
    assert (message.phone, message.body, message.direction) == (phone(1), "Is it open?", "in")


@pytest.mark.parametrize("sender", ["120363041234567890", "120363041234567890@g.us", "5215512345678-1612345678"])
@pytest.mark.parametrize("text", ["STOP", "open?"])
def test_a_group_is_not_answered_and_opts_nobody_out(sender: str, text: str) -> None:
    account = make_account("smsmobileapi")
    Line.objects.filter(account=account).update(channel="whatsapp", kind="whatsapp")
    AutoReplyRule.objects.create(account=account, name="Any", kind="any", body="Hello", is_on=True)
    body = event("whatsapp.received", {"guid": "g-7", "from": sender, "message": text, "device_id": "D1"})
    post(account, body, **signed(body))
    understanding.work_waiting()
    assert Message.objects.get().direction == "in"
    assert not ConsentEvent.objects.exists()


def test_what_a_gateway_calls_a_group_is_one() -> None:
    account = make_account("smsmobileapi")
    data = {"guid": "g-7", "from": phone(1), "message": "STOP", "device_id": "D1", "is_group": True}
    body = event("whatsapp.received", data)
    post(account, body, **signed(body))
    understanding.work_waiting()
    assert Message.objects.exists()
    assert not ConsentEvent.objects.exists()


@pytest.mark.parametrize("as_text", [True, False])
def test_a_place_that_comes_in_is_a_link_to_a_map(as_text: bool) -> None:
    place = {"name": "Shop", "address": "Calle 1", "degreesLatitude": 19.4326, "degreesLongitude": -99.1332}
    account = make_account("wablas")
    call = {"id": "7", "phone": phone(1), "message": json.dumps(place) if as_text else place, "messageType": "location"}
    post(account, json.dumps(call).encode())
    understanding.work_waiting()
    assert Message.objects.get().body == "Shop\nCalle 1\nhttps://www.openstreetmap.org/?mlat=19.4326&mlon=-99.1332"


@pytest.mark.once
@pytest.mark.parametrize("slug", CREDENTIALS)
def test_it_keeps_no_secret(slug: str) -> None:
    account = make_account(slug)
    body, kind, headers = text_from(slug, phone(1), f"Look: {' '.join(CREDENTIALS[slug].values())}")
    post(account, body, kind, **headers)
    stored = Callback.objects.get()
    kept = stored.body + json.dumps(stored.headers)
    assert not any(secret in kept for secret in CREDENTIALS[slug].values())


def chunked(account: Account, body: bytes, **environ: Any) -> int:
    """A call in pieces, its length not announced, as a web server hands it to us."""
    environ = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": BytesIO(body), **environ}
    url = callbacks.url_for(account)
    return Client().generic("POST", url, content_type="application/json", **environ).status_code


def test_it_reads_a_call_that_comes_in_pieces() -> None:
    account = make_account("wablas")
    body, _kind, _headers = text_from("wablas", phone(1), "Is it open?")
    assert chunked(account, body, **{"wsgi.input_terminated": True}) == 200
    understanding.work_waiting()
    assert Message.objects.get().body == "Is it open?"
    assert chunked(account, b"x" * (callbacks.LIMIT + 1), **{"wsgi.input_terminated": True}) == 413
    assert chunked(account, body) == 411


WRITTEN = [
    '{"password": "x"}', 'my "token": "a\\"b" is', '"pass": 1234 is wrong', "password=hunter2&x=1", "4321", "my code is 4321",
]  # fmt: skip


@pytest.mark.parametrize("slug", CREDENTIALS)
@pytest.mark.parametrize("text", WRITTEN)
def test_what_people_write_stays_theirs_when_it_looks_like_a_key(slug: str, text: str) -> None:
    account = make_account(slug)
    account.credentials = {**account.credentials, "password": "4321"}
    account.save()
    sender = "+522220432199"  # with the password in it
    body, kind, headers = text_from(slug, sender, text)
    post(account, body, kind, **headers)
    understanding.work_waiting()
    assert (Callback.objects.get().state, Message.objects.get().body) == ("done", text)
    assert Message.objects.get().phone == sender


@pytest.mark.parametrize(
    "body",
    [
        '{"phone": "+52", "token": "the-other", "deep": [{"PASS": 4321, "pin": "4321", "a": "x the-token"}]}',
        '{"phone": "+52", "token": "the-other", "pass": 4321, "a": "x the-token",}',
        '{"phone": "+52", "a": "{\\"token\\": \\"the-other\\", \\"pass\\": 4321}", "token": "a\\"the-other",}',
        '{"phone": "+52", "data": "{\\"token\\": \\"the-other\\", \\"pass\\": 4321}"}',
        "phone=%2B52&token=the-other&data%5Bpass%5D=4321&data[secret]=the-other&pin=4321&a=x+the-token",
        "token=the-other&phone=%2B52",
    ],
)
def test_it_keeps_no_secret_whatever_shape_the_call_has(body: str) -> None:
    account = make_account("wablas")
    account.credentials = {"token": "the-token", "pin": "4321"}
    account.save()
    kept = mask_call(body, account.credentials.values())
    assert not any(secret in kept for secret in ("the-token", "the-other", "4321"))
    assert "52" in kept


@pytest.mark.once
@pytest.mark.parametrize("slug", CREDENTIALS)
@pytest.mark.parametrize("secret", ["", "wrong", "wröng", "x" * 400])
def test_it_does_not_know_an_address_with_a_wrong_secret(slug: str, secret: str) -> None:
    account = make_account(slug)
    body, kind, headers = text_from(slug, phone(1), "hello")
    address = callbacks.url_for(account).replace(account.callback_secret, secret or "-")
    response = Client().post(address, body, kind, headers=headers)
    assert (response.status_code, response.content, Callback.objects.count()) == (404, b"", 0)


def test_its_secret_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    account = make_account("wablas")
    post(account, HTML)
    (record,) = [each for each in caplog.records if each.name == "django.request"]
    RedactFilter().filter(record)
    assert account.callback_secret not in record.getMessage()


def test_it_does_not_know_another_gateways_address() -> None:
    account = make_account("wablas")
    address = callbacks.url_for(account).replace("/wablas/", "/zender/")
    assert Client().post(address, b"{}", "application/json").status_code == 404


@pytest.mark.once
@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda headers: {}, 400),
        (lambda headers: {**headers, "X-SMSMobileAPI-Signature": "v1=00"}, 401),
        (lambda headers: signed(b"another body"), 401),
        (lambda headers: {**headers, "X-SMSMobileAPI-Timestamp": str(int(time.time()) + 1)}, 401),
    ],
)
def test_it_turns_a_forged_signature_away(change: Callable[[dict[str, str]], dict[str, str]], status: int) -> None:
    account = make_account("smsmobileapi")
    body, kind, headers = text_from("smsmobileapi", phone(1), "hello")
    response = post(account, body, kind, **change(headers))
    assert (response.status_code, response.content, Callback.objects.count()) == (status, b"", 0)


@pytest.mark.parametrize("age", [320, -320])
def test_it_turns_an_old_call_away(age: int) -> None:
    account = make_account("smsmobileapi")
    body = event("sms.received", {"guid": "g", "from": phone(1), "message": "hello"})
    assert post(account, body, **signed(body, age=age)).status_code == 401
    assert post(account, body, **signed(body, age=age / 2)).status_code == 202


def test_it_turns_a_form_with_another_secret_away() -> None:
    account = make_account("zender")
    body, kind, _headers = text_from("zender", phone(1), "hello")
    for forged in (body.replace(SECRET.encode(), b"another"), body.replace(SECRET.encode(), b"")):
        response = post(account, forged, kind)
        assert (response.status_code, response.content) == (403, b"")
    assert not Callback.objects.exists()


@pytest.mark.once
@pytest.mark.parametrize("slug", CREDENTIALS)
def test_it_takes_no_body_of_five_megabytes(slug: str) -> None:
    account = make_account(slug)
    body, kind, headers = text_from(slug, phone(1), "x" * 5_000_000)
    response = post(account, body, kind, **headers)
    assert (response.status_code, response.content, Callback.objects.count()) == (413, b"", 0)


@pytest.mark.once
@pytest.mark.parametrize("slug", CREDENTIALS)
def test_it_takes_no_page_of_a_proxy(slug: str) -> None:
    account = make_account(slug)
    response = post(account, HTML, "text/html", **signed(HTML))
    assert response.status_code in (400, 403)
    assert (response.content, Callback.objects.count()) == (b"", 0)


@pytest.mark.once
@pytest.mark.parametrize("body", [b'{"hello": "world"}', b'{"event": "typing", "who": {"x": [1]}}', b"{}"])
@pytest.mark.parametrize("slug", ["wablas", "smsgateway24"])
def test_it_answers_what_it_does_not_know_with_an_empty_200(slug: str, body: bytes) -> None:
    account = make_account(slug)
    response = post(account, body)
    assert (response.status_code, response.content) == (200, b"")
    understanding.work_waiting()
    assert Callback.objects.get().state == "done"


def test_it_answers_an_event_that_it_knows_with_200_and_keeps_it_once() -> None:
    account = make_account("smsmobileapi")
    body, kind, headers = text_from("smsmobileapi", phone(1), "hello")
    assert [post(account, body, kind, **headers).status_code for _ in range(3)] == [202, 200, 200]
    assert Callback.objects.count() == 1


@pytest.mark.parametrize("slug", CREDENTIALS)
def test_it_takes_a_repeated_message_once(slug: str) -> None:
    account = make_account(slug)
    body, kind, headers = text_from(slug, phone(1), "hello")
    for _ in range(3):
        post(account, body, kind, **headers)
        understanding.work_waiting()
    assert Message.objects.count() == 1
    assert Conversation.objects.get().unread == 1


def sent_message(account: Account, remote_id: str, status: str = "accepted") -> Message:
    return Message.objects.create(
        account=account, line=account.lines.get(), direction="out", channel="whatsapp", phone=phone(1), phone_key=phone_key(phone(1)),
        body="Hi", status=status, remote_id=remote_id, attempted_at=timezone.now(),
    )  # fmt: skip


def tracking(remote_id: str, status: str) -> bytes:
    return json.dumps({"id": remote_id, "phone": "52", "status": status, "note": "", "deviceId": "D1"}).encode()


@pytest.mark.parametrize("words", [("read", "sent", "delivered"), ("delivered", "delivered", "read", "sent")])
def test_it_takes_statuses_in_any_order(words: tuple[str, ...]) -> None:
    account = make_account("wablas")
    message = sent_message(account, "m-1")
    for word in words:
        post(account, tracking("m-1", word))
    understanding.work_waiting()
    message.refresh_from_db()
    assert message.status == "read"
    assert set(Callback.objects.values_list("state", flat=True)) == {"done"}


def test_it_waits_for_a_message_whose_id_is_not_known_yet() -> None:
    account = make_account("wablas")
    message = sent_message(account, "", "sending")
    post(account, tracking("m-1", "delivered"))
    understanding.work_waiting()
    assert Callback.objects.get().state == "waiting"
    Message.objects.filter(pk=message.pk).update(remote_id="m-1", status="accepted")
    Callback.objects.update(next_attempt_at=timezone.now())
    understanding.work_waiting()
    message.refresh_from_db()
    assert (message.status, Callback.objects.get().state) == ("delivered", "done")


def test_it_lets_go_of_news_about_nothing_of_ours() -> None:
    account = make_account("wablas")
    post(account, tracking("somebody-elses", "delivered"))
    for _ in range(len(understanding.TRY_AGAIN) + 1):
        Callback.objects.update(next_attempt_at=timezone.now())
        understanding.work_waiting()
    assert (Callback.objects.get().state, Callback.objects.get().next_attempt_at) == ("foreign", None)


def test_a_call_that_cannot_be_read_stops_nobody_behind_it_and_can_be_replayed(admin_site: Client) -> None:
    account = make_account("wablas")
    post(account, tracking("m-1", "read"))
    Callback.objects.update(body="[not an object]")
    body, kind, _headers = text_from("wablas", phone(1), "hello")
    post(account, body, kind)
    understanding.work_waiting()
    assert list(Callback.objects.order_by("id").values_list("state", flat=True)) == ["failed", "done"]
    broken = Callback.objects.order_by("id")[0]
    assert broken.problem
    message = sent_message(account, "m-1")
    Callback.objects.filter(pk=broken.pk).update(body=tracking("m-1", "read").decode())
    admin_site.post(
        reverse("admin:messaging_callback_changelist"), {"action": "replay", "_selected_action": [broken.pk]}
    )
    understanding.work_waiting()
    message.refresh_from_db()
    assert message.status == "read"


def test_a_nul_in_a_message_loses_nothing() -> None:
    account = make_account("wablas")
    body, kind, _headers = text_from("wablas", phone(1), "he\x00llo")
    post(account, body, kind)
    understanding.work_waiting()
    assert Message.objects.get().body == "hello"


def test_it_takes_only_so_many_calls_a_minute_from_one_account(settings: Settings) -> None:
    settings.CALLBACKS_PER_MINUTE = 3
    busy, quiet = make_account("wablas"), make_account("smsgateway24")
    wrong = callbacks.url_for(busy).replace(busy.callback_secret, "wrong")
    assert {Client().post(wrong, b"{}", "application/json").status_code for _ in range(5)} == {404}
    answers = [post(busy, b"{}") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert (answers[-1].content, answers[-1].headers["Retry-After"]) == (b"", "60")
    assert post(quiet, b"{}").status_code == 200


def test_it_notes_when_the_last_call_came(alice_client: Client) -> None:
    account = make_account("wablas")
    post(account, b"{}")
    account.refresh_from_db()
    assert account.last_callback_at is not None
    page = alice_client.get(reverse("messaging:account", args=[account.pk])).content.decode()
    assert "The last call came" in page
    assert callbacks.url_for(account) in page


def test_an_echo_of_ours_is_no_news_and_what_was_typed_on_the_phone_is_ours() -> None:
    account = make_account("wablas")
    sent_message(account, "m-1")
    for text in ("Hi", "Typed on the phone"):
        own = {"id": f"echo {text}", "phone": phone(1), "message": text, "messageType": "text", "deviceId": "D1"}
        post(account, json.dumps({**own, "isFromMe": True}).encode())
    understanding.work_waiting()
    assert set(Message.objects.values_list("body", "direction", "status")) == {
        ("Hi", "out", "accepted"),
        ("Typed on the phone", "out", "sent"),
    }
    assert Conversation.objects.get().unread == 0


def test_the_address_is_of_the_public_name_where_there_is_one(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://sms.example.org"
    account = make_account("wablas")
    assert callbacks.url_for(account).startswith(f"https://sms.example.org/callbacks/wablas/{account.callback_id}/")
    assert django_settings.PUBLIC_URL == "https://sms.example.org"


def test_it_tells_wablas_where_to_call_and_says_so(
    sandbox: SandboxProcess, alice_client: Client, marta_client: Client
) -> None:
    account = make_sandbox_account(sandbox, "wablas")
    page = reverse("messaging:account", args=[account.pk])
    assert "Set it at the gateway" in alice_client.get(page).content.decode()
    button = reverse("messaging:set_callbacks", args=[account.pk])
    assert marta_client.post(button).status_code == 403
    assert alice_client.post(button).headers["Location"] == page
    url = f"http://testserver{callbacks.url_for(account)}"
    assert sandbox.account("wablas")["callback_urls"] == {"incoming": url, "tracking": url}
    account.refresh_from_db()
    assert account.callback_set_at is not None


def test_it_gives_a_gateway_no_address_that_it_cannot_reach(alice_client: Client) -> None:
    account = make_account("wablas")
    response = alice_client.post(reverse("messaging:set_callbacks", args=[account.pk]), follow=True)
    assert "Set PUBLIC_URL" in response.content.decode()
    other = make_account("zender")
    response = alice_client.post(reverse("messaging:set_callbacks", args=[other.pk]), follow=True)
    assert "Enter the address in its panel" in response.content.decode()
    assert "Set it at the gateway" not in response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_hundreds_of_calls_while_no_cluster_runs_are_all_read_later_and_each_once() -> None:
    account = make_account("wablas")
    messages = [sent_message(account, f"m-{number}") for number in range(100)]
    bodies = [tracking(f"m-{number}", word) for word in ("read", "delivered") for number in range(100)]
    for number in range(100):
        body, _kind, _headers = text_from("wablas", phone(number), f"text {number}")
        bodies += [body.replace(b'"7"', f'"in-{number}"'.encode())] * 2
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda body: post_and_leave(account, body), bodies))
    assert (set(answers), Callback.objects.filter(state="new").count()) == ({200}, 400)
    readers = [threading.Thread(target=read_and_leave) for _ in range(3)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    understanding.work_waiting()
    assert set(Callback.objects.values_list("state", flat=True)) == {"done"}
    assert Message.objects.filter(pk__in=[m.pk for m in messages], status="read").count() == 100
    received = Message.objects.filter(direction="in").values_list("body", flat=True)
    assert sorted(received) == sorted(f"text {number}" for number in range(100))
    assert sum(Conversation.objects.values_list("unread", flat=True)) == 100


def post_and_leave(account: Account, body: bytes) -> int:
    """A call that a thread of the web server answers."""
    try:
        return post(account, body).status_code
    finally:
        connection.close()


def read_and_leave() -> None:
    """A worker that ends."""
    understanding.work_waiting()
    connection.close()


@pytest.mark.parametrize(
    ("hour", "zone", "pause"),
    [(12, "", polling.IDLE), (3, "", polling.AT_NIGHT), (12, "Asia/Jakarta", polling.IDLE), (20, "Asia/Jakarta", polling.AT_NIGHT)],
)  # fmt: skip
def test_it_asks_seldom_where_it_is_night(hour: int, zone: str, pause: timedelta) -> None:
    account = make_account("zender")
    account.lines.update(time_zone=zone)
    assert polling.pause_for(account, now=datetime(2026, 5, 4, hour, tzinfo=UTC)) == pause


def test_it_asks_often_while_something_is_sent_also_at_night() -> None:
    account = make_account("zender")
    night = timezone.now().replace(hour=3)
    outbox.queue(line=account.lines.get(), to=phone(1), body="Hi")
    assert polling.pause_for(account, now=night + timedelta(days=1)) == polling.BUSY
    Account.objects.update(next_poll_at=timezone.now() + timedelta(minutes=1))
    assert polling.hurry(now=timezone.now()) == 0
    account.lines.update(lease_until=timezone.now() + timedelta(seconds=30))
    assert polling.hurry(now=timezone.now()) == 1
