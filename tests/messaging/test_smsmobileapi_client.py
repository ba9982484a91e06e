"""Every endpoint of SMSMobileAPI over real HTTP: the request that leaves, and what each documented answer means.

Answers follow the shapes of docs/wire.md 2.2; numbers, texts and ids are our own.
"""

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from messaging.providers.errors import AccountRejected, MessageRejected, NotSent, OutcomeUnknown, ProviderError, Reason
from messaging.providers.http import ExchangeRecord, Http
from messaging.providers.smsmobileapi import client as client_module
from messaging.providers.smsmobileapi.client import Client
from messaging.providers.smsmobileapi.reading import parse, rows_in
from tests.recorded_gateway import RecordedGateway
from tests.sandbox_process import eventually

KEY = "key0of0the0shop0owner"
SECRET = "client0secret0of0the0shop"
GUID = "5e9d30b1c7a24f8896d0e1b2c3d4e5f60718293a"
TAKEN = {"result": {"error": 0, "sent": "1", "id": GUID, "note": "sent by mobile", "port": None}}

Call = Callable[[Client], Any]


@pytest.fixture
def gateway() -> Iterator[RecordedGateway]:
    with RecordedGateway() as running:
        yield running


@pytest.fixture
def exchanges() -> list[ExchangeRecord]:
    return []


@pytest.fixture
def client(gateway: RecordedGateway, exchanges: list[ExchangeRecord]) -> Iterator[Client]:
    http = Http(secrets=(KEY,), record=exchanges.append)
    yield Client(base_url=gateway.url, http=http, api_key=KEY)
    http.close()


@pytest.fixture
def oauth(gateway: RecordedGateway, exchanges: list[ExchangeRecord]) -> Iterator[Client]:
    http = Http(secrets=(SECRET,), record=exchanges.append)
    yield Client(base_url=gateway.url, http=http, client_id="shop", client_secret=SECRET)
    http.close()


def send(client: Client) -> Any:
    return client.sendsms(recipients="5215550100010", message="Hola Ana")


@dataclass(frozen=True)
class Endpoint:
    """A row of docs/wire.md 2.2 (0: beyond its table): the call, the request it makes, the answer, what comes back."""

    row: int
    call: Call
    request: str
    fields: dict[str, str] = field(default_factory=dict)
    answer: Any = field(default_factory=dict)
    returns: Any = None
    takes_key: bool = True


ENDPOINTS = [
    Endpoint(
        1,
        lambda c: c.sendsms(
            recipients="5215550100010",
            message="Hola *Ana*",
            waonly=True,
            url_media="https://shop.example/menu.pdf",
            pdf_with_image=True,
            url_media_shorted=True,
            s_identifiant="phone-1",
            port=2,
            shorturl=True,
            schedule_timestamp=1_900_000_000,
        ),
        "POST /sendsms/",
        {
            "recipients": "5215550100010",
            "message": "Hola *Ana*",
            "waonly": "yes",
            "url_media": "https://shop.example/menu.pdf",
            "pdf_with_image": "yes",
            "url_media_shorted": "yes",
            "sIdentifiant": "phone-1",
            "port": "2",
            "shorturl": "1",
            "schedule_timestamp": "1900000000",
        },
        TAKEN,
        TAKEN["result"],
    ),
    Endpoint(2, lambda c: c.resendwa(guid=GUID), "POST /resendwa/", {"guid": GUID}, TAKEN, TAKEN["result"]),
    Endpoint(
        3,
        lambda c: c.getwa_synchronisation(),
        "GET /getwa/synchronisation/",
        {},
        '{"error": "0", "messages": "synchronized", "expire_at ": "2025-03-11 12:27:00", "expire_at_unix": "1741692420",}',
        {
            "error": "0",
            "messages": "synchronized",
            "expire_at": "2025-03-11 12:27:00",
            "expire_at_unix": "1741692420",
        },
    ),
    Endpoint(
        4,
        lambda c: c.getwa(before=1_741_692_420, date="2025-03-11", message_type="audio"),
        "GET /getwa/",
        {"before": "1741692420", "date": "2025-03-11", "message_type": "audio"},
        '{"guid": "a-1", "chatgpt": {"total_tokens_cost": "0.182"\n"response": "Mañana, [a las 9], {creo}"}}',
        {"guid": "a-1", "chatgpt": {"total_tokens_cost": "0.182", "response": "Mañana, [a las 9], {creo}"}},
    ),
    Endpoint(
        5,
        lambda c: c.oauth2_token(client_id="shop", client_secret=SECRET),
        "POST /oauth2/token",
        {"grant_type": "client_credentials", "client_id": "shop", "client_secret": SECRET},
        {"access_token": "a0token0for0an0hour", "expires_in": 3600},
        {"access_token": "a0token0for0an0hour", "expires_in": 3600},
        takes_key=False,
    ),
    Endpoint(0, lambda c: c.getwa_active(statut="1"), "GET /getwa/active/", {"statut": "1"}),
    Endpoint(
        0,
        lambda c: c.whatsapp_checknumber(recipients="5215550100010"),
        "GET /whatsapp/checknumber/",
        {"recipients": "5215550100010"},
    ),
    Endpoint(
        0,
        lambda c: c.log_sent_sms(guid_message=GUID, keyword="Ana", error_api=True, error_mobile=True),
        "GET /log/sent/sms/",
        {"guid_message": GUID, "keyword": "Ana", "error_api": "1", "error_mobile": "1"},
    ),
    Endpoint(
        0,
        lambda c: c.getsms(after_timestamp_unix=1_741_692_420, s_identifiant_phone="phone-1", onlyunread=True),
        "GET /getsms/",
        {"after_timestamp_unix": "1741692420", "sIdentifiantPhone": "phone-1", "onlyunread": "yes"},
    ),
    Endpoint(
        0,
        lambda c: c.gateway_mobile_list(sid="phone-1", search="shop"),
        "GET /gateway/mobile/list/",
        {"sid": "phone-1", "search": "shop"},
    ),
]


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.request)
def test_it_asks_as_documented_and_reads_the_answer(
    client: Client, gateway: RecordedGateway, endpoint: Endpoint
) -> None:
    gateway.answer(endpoint.answer)
    result = endpoint.call(client)
    request = gateway.last
    assert f"{request.method} {request.path}" == endpoint.request
    sent = request.form if request.method == "POST" else request.query
    assert sent == endpoint.fields | ({"apikey": KEY} if endpoint.takes_key else {})
    assert result == ({} if endpoint.returns is None else endpoint.returns)


def test_it_has_a_method_and_a_case_for_every_row() -> None:
    numbered = {int(row) for row in re.findall(r"# 2\.2 row (\d+)", inspect.getsource(client_module))}
    assert numbered == {endpoint.row for endpoint in ENDPOINTS} - {0} == set(range(1, 6))


ERRORS: list[tuple[str, int, Any, type[ProviderError], Reason]] = [
    ("unauthorized key", 200, {"result": {"error": "1", "sent": "0"}}, AccountRejected, Reason.BAD_CREDENTIALS),
    ("phone offline", 200, {"result": {"error": 2}}, AccountRejected, Reason.LINE_DISCONNECTED),
    (
        "subscription over",
        200,
        {"result": {"error": "subscription_expire"}},
        AccountRejected,
        Reason.SUBSCRIPTION_EXPIRED,
    ),
    ("another refusal", 200, {"result": {"error": 7, "note": "no"}}, MessageRejected, Reason.REJECTED),
    ("a refusal that says sent", 200, {"result": {"error": 7, "sent": "1"}}, OutcomeUnknown, Reason.GATEWAY_ERROR),
    ("an error without result", 200, {"error": "x", "message": "y"}, OutcomeUnknown, Reason.GATEWAY_ERROR),
    ("bad parameter", 400, {"error": 1, "message": "recipients missing"}, MessageRejected, Reason.REJECTED),
    ("bad key", 403, {"error": "forbidden", "message": "key expired"}, AccountRejected, Reason.BAD_CREDENTIALS),
    ("too many", 429, {"error": "rate"}, NotSent, Reason.THROTTLED),
    ("server error", 500, "<html>oops</html>", OutcomeUnknown, Reason.GATEWAY_ERROR),
    ("moved", 301, "", AccountRejected, Reason.WRONG_ADDRESS),
    ("no such path", 404, "<html>", AccountRejected, Reason.WRONG_ADDRESS),
    ("plain text", 200, "Message sent!", OutcomeUnknown, Reason.UNREADABLE),
    ("a page", 200, "<html>Sign in</html>", OutcomeUnknown, Reason.UNREADABLE),
    ("an older answer", 200, {"success": True, "message": "ok"}, OutcomeUnknown, Reason.UNREADABLE),
    ("no id", 200, {"result": {"error": 0, "sent": "1"}}, OutcomeUnknown, Reason.UNREADABLE),
    ("not sent, no error", 200, {"result": {"error": 0, "sent": "0", "id": GUID}}, OutcomeUnknown, Reason.UNREADABLE),
]


@pytest.mark.parametrize(
    ("status", "body", "kind", "reason"), [case[1:] for case in ERRORS], ids=[c[0] for c in ERRORS]
)
@pytest.mark.parametrize("call", [send, lambda c: c.resendwa(guid=GUID)], ids=["send", "resend"])
def test_it_names_what_went_wrong_with_a_send(
    client: Client,
    gateway: RecordedGateway,
    call: Call,
    status: int,
    body: Any,
    kind: type[ProviderError],
    reason: Reason,
) -> None:
    gateway.answer(body, status=status, Retry_After="7")
    with pytest.raises(kind) as caught:
        call(client)
    assert caught.value.reason == reason
    assert isinstance(caught.value, NotSent) is (status == 429)
    assert len(gateway.requests) == 1


@pytest.mark.parametrize("endpoint", ENDPOINTS[2:4] + ENDPOINTS[5:], ids=lambda endpoint: endpoint.request)
def test_it_names_a_key_that_a_read_is_refused_for(
    client: Client, gateway: RecordedGateway, endpoint: Endpoint
) -> None:
    gateway.answer({"error": "forbidden", "message": f"{KEY} is not active"}, status=403)
    with pytest.raises(AccountRejected) as caught:
        endpoint.call(client)
    assert caught.value.reason == Reason.BAD_CREDENTIALS
    assert KEY not in str(caught.value)


def test_it_tells_how_long_to_wait(client: Client, gateway: RecordedGateway) -> None:
    gateway.answer({"error": "rate", "message": "slow down"}, status=429, Retry_After="7")
    with pytest.raises(NotSent) as caught:
        send(client)
    assert caught.value.retry_after == 7


def test_it_does_not_know_after_a_dropped_line(client: Client, gateway: RecordedGateway) -> None:
    gateway.hang_up()
    with pytest.raises(OutcomeUnknown):
        send(client)
    assert len(gateway.requests) == 1


def test_it_keeps_the_key_out_of_records_and_errors(
    client: Client, gateway: RecordedGateway, exchanges: list[ExchangeRecord]
) -> None:
    gateway.answer({"result": {"error": 7, "note": f"the key {KEY} may not"}})
    with pytest.raises(MessageRejected) as caught:
        send(client)
    gateway.answer({})
    client.gateway_mobile_list()
    assert KEY not in f"{caught.value} {exchanges}"


def test_it_reads_a_log_whose_entry_is_not_there_yet(client: Client, gateway: RecordedGateway) -> None:
    gateway.answer({"result": {"error": "1", "sms": []}})
    assert rows_in(client.log_sent_sms(guid_message=GUID)) == []


# OAuth2


def test_it_fetches_one_token_and_keeps_it(oauth: Client, gateway: RecordedGateway) -> None:
    gateway.answer_at("/oauth2/token", {"access_token": "token-one", "expires_in": 3600})
    gateway.answer_at("/sendsms/", TAKEN)
    send(oauth)
    send(oauth)
    assert [request.path for request in gateway.requests] == ["/oauth2/token", "/sendsms/", "/sendsms/"]
    assert gateway.last.headers["authorization"] == "Bearer token-one"
    assert "apikey" not in gateway.last.form


def test_it_renews_a_refused_token_once(oauth: Client, gateway: RecordedGateway) -> None:
    gateway.answer_at("/oauth2/token", {"access_token": "token-one"})
    gateway.answer_at("/oauth2/token", {"access_token": "token-two"})
    gateway.answer_at("/sendsms/", {"error": "expired"}, status=401)
    gateway.answer_at("/sendsms/", TAKEN)
    assert send(oauth)["id"] == GUID
    assert [request.path for request in gateway.requests] == ["/oauth2/token", "/sendsms/"] * 2
    assert gateway.last.headers["authorization"] == "Bearer token-two"


def test_it_gives_up_when_the_fresh_token_is_refused_too(oauth: Client, gateway: RecordedGateway) -> None:
    gateway.answer_at("/oauth2/token", {"access_token": "token-one"})
    gateway.answer_at("/sendsms/", {"error": "expired"}, status=403)
    with pytest.raises(AccountRejected):
        send(oauth)
    assert len(gateway.requests) == 4


def test_it_fetches_a_new_token_when_the_old_one_is_over(oauth: Client, gateway: RecordedGateway) -> None:
    gateway.answer_at("/oauth2/token", {"access_token": "token-one", "expires_in": 1})
    gateway.answer_at("/oauth2/token", {"access_token": "token-two", "expires_in": 3600})
    gateway.answer_at("/sendsms/", TAKEN)
    eventually(lambda: send(oauth) and gateway.last.headers["authorization"] == "Bearer token-two")
    assert [request.path for request in gateway.requests].count("/oauth2/token") == 2


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": "invalid_client"}, AccountRejected),
        (401, {"error": "invalid_client"}, AccountRejected),
        (200, {"error": "invalid_client"}, AccountRejected),
        (429, {}, NotSent),
        (500, "<html>", NotSent),
        (200, "<html>", NotSent),
    ],
)
def test_it_sends_nothing_without_a_token(
    oauth: Client, gateway: RecordedGateway, status: int, body: Any, kind: type[ProviderError]
) -> None:
    gateway.answer(body, status=status)
    with pytest.raises(kind):
        send(oauth)
    assert [request.path for request in gateway.requests] == ["/oauth2/token"]


def test_it_keeps_the_client_secret_and_the_token_out_of_records(
    oauth: Client, gateway: RecordedGateway, exchanges: list[ExchangeRecord]
) -> None:
    gateway.answer_at("/oauth2/token", {"access_token": "token-one-of-many"})
    gateway.answer_at("/sendsms/", {"result": {"error": 7, "note": "token-one-of-many may not"}})
    with pytest.raises(MessageRejected) as caught:
        send(oauth)
    assert SECRET not in str(exchanges)
    assert "token-one-of-many" not in f"{caught.value} {exchanges}"


# Reading


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        ('{"guid": "a"}', [{"guid": "a"}]),
        ('[{"guid": "a"}, {"guid": "b"}]', [{"guid": "a"}, {"guid": "b"}]),
        ('{"result": {"error": 0, "sms": [{"number": "1"}]}}', [{"number": "1"}]),
        ('{"phones": {"a": {"sid": "a"}, "b": {"sid": "b"}}}', [{"sid": "a"}, {"sid": "b"}]),
        ('{"filters": {"sid": "", "search": ""}, "items": [{"sid": "a"}]}', [{"sid": "a"}]),
        ('{"result": {"error": 0, "messages": []}}', []),
        ("[]", []),
        ("null", []),
    ],
)
def test_it_finds_the_rows_wherever_they_hide(body: str, rows: list[dict[str, str]]) -> None:
    assert rows_in(parse(body.encode())) == rows


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"OK", b"\xff\xfe", b'{"a": }'])
def test_it_does_not_make_json_out_of_anything(body: bytes) -> None:
    assert parse(body) is None
