"""The Wablas client: every call's request and answer, nearly-JSON, and what failures mean."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from messaging.providers import wablas
from messaging.providers.errors import (
    AccountRejected,
    MessageRejected,
    NotSent,
    OutcomeUnknown,
    ProviderError,
    Reason,
)
from messaging.providers.http import ExchangeRecord, Http
from messaging.providers.wablas.client import WablasClient
from messaging.providers.wablas.lenient import parse
from tests.messaging.wablas_calls import FULL, TOKEN, Row
from tests.messaging.wablas_calls_v2 import ROWS
from tests.recorded_gateway import RecordedGateway

SENT_TEXT = next(row for row in ROWS if row.number == 46)


@pytest.fixture
def gateway() -> Iterator[RecordedGateway]:
    with RecordedGateway() as server:
        yield server


@pytest.fixture(scope="module")
def records() -> list[ExchangeRecord]:
    return []


@pytest.fixture(scope="module")
def http(records: list[ExchangeRecord]) -> Iterator[Http]:
    """One session for all tests: opening one costs more than a call."""
    session = Http(secrets=("tok-1", "key-2"), record=records.append)
    yield session
    session.close()


@pytest.fixture
def kept(records: list[ExchangeRecord]) -> list[ExchangeRecord]:
    records.clear()
    return records


@pytest.fixture
def client(gateway: RecordedGateway, http: Http) -> WablasClient:
    return WablasClient(http=http, base_url=gateway.url, token="tok-1", secret_key="key-2")


def each(rows: list[Row]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", rows, ids=lambda row: f"row {row.number}")


@each(ROWS)
def test_it_asks_as_the_table_says(client: WablasClient, gateway: RecordedGateway, row: Row) -> None:
    gateway.answer(row.answer)
    row.call(client)
    request = gateway.last
    shown = TOKEN if row.auth.endswith("token only") else FULL
    in_query = row.auth.startswith("query")
    assert f"{request.method} {request.path}" == row.asks
    assert request.headers.get("authorization") == (None if in_query else shown)
    assert request.query == {**({"token": shown} if in_query else {}), **row.query}
    assert (request.form, request.files) == (row.form, row.files)
    assert row.body is None or request.json() == row.body


@each(ROWS)
def test_it_returns_what_the_gateway_answered(client: WablasClient, gateway: RecordedGateway, row: Row) -> None:
    gateway.answer(row.answer)
    expected = {5: row.answer, 10: "tok-new"}.get(row.number, row.answer)
    assert row.call(client) == expected


@each([row for row in ROWS if row.number != 5])
def test_it_says_that_the_token_is_wrong(client: WablasClient, gateway: RecordedGateway, row: Row) -> None:
    gateway.answer({"status": False, "message": "token invalid or device expired"}, status=500)
    with pytest.raises(AccountRejected, match="wrong server address") as caught:
        row.call(client)
    assert caught.value.reason == Reason.BAD_CREDENTIALS


def test_it_has_one_method_and_one_row_here_for_each_of_the_73_calls() -> None:
    source = "".join(path.read_text() for path in Path(wablas.__file__).parent.glob("*.py"))
    numbers = [int(number) for number in re.findall(r"# 3\.2 row (\d+)\n", source)]
    assert sorted(numbers) == sorted(row.number for row in ROWS) == list(range(1, 74))


@each(ROWS)
def test_it_keeps_no_secret_in_its_records(
    client: WablasClient, gateway: RecordedGateway, kept: list[ExchangeRecord], row: Row
) -> None:
    gateway.answer(row.answer)
    row.call(client)
    assert not re.search("tok-1|key-2|tok-new|a-pass-word", repr(kept))


@pytest.mark.parametrize("suffix", ["", "/", "/api", "/api/"])
def test_it_takes_the_address_with_or_without_api(gateway: RecordedGateway, http: Http, suffix: str) -> None:
    gateway.answer({"status": True, "data": {}})
    WablasClient(http=http, base_url=gateway.url + suffix, token="t").device_info()
    assert gateway.last.path == "/api/device/info"


def test_it_shows_the_token_alone_when_there_is_no_secret_key(gateway: RecordedGateway, http: Http) -> None:
    gateway.answer(SENT_TEXT.answer)
    SENT_TEXT.call(WablasClient(http=http, base_url=gateway.url, token="old-account"))
    assert gateway.last.headers["authorization"] == "old-account"


@pytest.mark.parametrize(
    ("base_url", "asked"),
    [
        ("https://solo.wablas.com", "https://phone.wablas.com"),
        ("https://solo.wablas.com/api", "https://phone.wablas.com"),
        ("https://wablas.example", "https://wablas.example"),
        ("https://notwablas.com/api/", "https://notwablas.com"),
    ],
)
def test_it_checks_numbers_where_the_account_has_them_checked(http: Http, base_url: str, asked: str) -> None:
    assert WablasClient(http=http, base_url=base_url, token="t").number_check_root == asked


def test_it_tells_the_number_check_which_server_the_account_lives_on(
    client: WablasClient, gateway: RecordedGateway
) -> None:
    gateway.answer({"status": "success", "data": []})
    client.check_phone_number(phones="34600111222")
    assert gateway.last.headers["url"] == gateway.url


def test_it_lets_no_id_become_another_path(client: WablasClient, gateway: RecordedGateway) -> None:
    gateway.answer({"status": True})
    client.delete_schedule(schedule_id="../device/delete")
    assert gateway.last.path == "/api/schedule/..%2Fdevice%2Fdelete"


@pytest.mark.parametrize("count", [0, 101])
def test_it_refuses_a_batch_the_gateway_would_not_take(client: WablasClient, count: int) -> None:
    with pytest.raises(ValueError, match="1 to 100"):
        client.send_messages([{"phone": "34600111222", "message": "Hola"}] * count)


NEARLY_JSON = {
    "rows 31, 32, 54, 72: a comma before the end": (
        '{"status": true, "message" : "done",}',
        {"status": True, "message": "done"},
    ),
    "row 41: a comma inside a list's object": (
        '{"data": {"messages": [{"url": "u",}]}}',
        {"data": {"messages": [{"url": "u"}]}},
    ),
    "row 53: a comma after the last row": ('{"messages": [{"id": "a"},]}', {"messages": [{"id": "a"}]}),
    "row 25: no comma before the next key": ('{"ref_id" : "r"\n"date": {"a": 1}}', {"ref_id": "r", "date": {"a": 1}}),
    "rows 50, 60: no comma after nul": ('{"message":"nul"\n"caption": "c"}', {"message": "nul", "caption": "c"}),
    "a bare word as quota": ('{"quota": unlimited, "id": 7}', {"quota": "unlimited", "id": 7}),
    "comments behind values": ('{"active": true, //true or false\n"status": "on"}', {"active": True, "status": "on"}),
    "rows 15, 46: a bracket that nobody closed": (
        '{"data": {"messages": [{"id": 1}, {"message": [{"id": 2}]}}}',
        {"data": {"messages": [{"id": 1}, {"message": [{"id": 2}]}]}},
    ),
    "row 26: the sentence before the list": ('{"message": "today", "message": [1]}', {"message": [1]}),
    "the list before the sentence": ('{"message": [1], "message": "today"}', {"message": [1]}),
    "punctuation inside texts stays": ('{"a": "x,} //\\" [", }', {"a": 'x,} //" ['}),
    "strict JSON is left alone": ('{"a": [1.5e3, null, false]}', {"a": [1500.0, None, False]}),
}


@pytest.mark.parametrize(("text", "value"), NEARLY_JSON.values(), ids=NEARLY_JSON)
def test_it_reads_what_is_nearly_json(text: str, value: Any) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    "text",
    ['{"status": true, "data": [{"id": 1}', '{"a": "b', "<html></html>", "", "}", '{"file": {url image }}', '{"a" 1}'],
)
def test_it_does_not_invent_what_was_cut_off(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        parse(text)


def failed(message: str) -> dict[str, Any]:
    return {"status": False, "message": message}


FAILURES: list[tuple[int, Any, type[ProviderError], Reason]] = [
    (500, failed("token invalid or device expired"), AccountRejected, Reason.BAD_CREDENTIALS),
    (400, failed("token invalid"), AccountRejected, Reason.BAD_CREDENTIALS),
    (200, failed("not authorized, need secret key"), AccountRejected, Reason.BAD_CREDENTIALS),
    (500, failed("secret key invalid"), AccountRejected, Reason.BAD_CREDENTIALS),
    (401, failed("who are you"), AccountRejected, Reason.BAD_CREDENTIALS),
    (500, failed("device disconnected, need to scan qr code again"), AccountRejected, Reason.LINE_DISCONNECTED),
    (500, failed("device not found"), AccountRejected, Reason.LINE_MISSING),
    (200, failed("your subscription has expired"), AccountRejected, Reason.SUBSCRIPTION_EXPIRED),
    (500, failed("your quota is not enough"), AccountRejected, Reason.QUOTA_REACHED),
    (500, {"status": False, "error": "Report generation limit exceeded"}, NotSent, Reason.THROTTLED),
    (429, failed("slow down"), NotSent, Reason.THROTTLED),
    (429, "<html>429</html>", NotSent, Reason.THROTTLED),
    (400, failed("phone invalid"), MessageRejected, Reason.INVALID_NUMBER),
    (400, failed("param invalid"), MessageRejected, Reason.REJECTED),
    (200, failed("we would rather not"), MessageRejected, Reason.REJECTED),
    (404, failed("message not found"), MessageRejected, Reason.REJECTED),
    (404, "<html>404</html>", AccountRejected, Reason.WRONG_ADDRESS),
    (500, "<html>500</html>", OutcomeUnknown, Reason.GATEWAY_ERROR),
    (500, failed("something happened"), OutcomeUnknown, Reason.GATEWAY_ERROR),
    (500, {"status": True, "message": "Hola"}, OutcomeUnknown, Reason.GATEWAY_ERROR),
    (502, {}, OutcomeUnknown, Reason.GATEWAY_ERROR),
    (200, "<html>maintenance</html>", OutcomeUnknown, Reason.UNREADABLE),
    (200, '{"status": true, "data": {"mess', OutcomeUnknown, Reason.UNREADABLE),
    (200, [], OutcomeUnknown, Reason.UNREADABLE),
    (200, {"hello": "world"}, OutcomeUnknown, Reason.UNREADABLE),
]


@pytest.mark.parametrize(("status", "body", "error", "reason"), FAILURES)
def test_it_reads_the_words_before_the_http_status(
    client: WablasClient, gateway: RecordedGateway, status: int, body: Any, error: type[ProviderError], reason: Reason
) -> None:
    gateway.answer(body, status=status)
    with pytest.raises(error) as caught:
        SENT_TEXT.call(client)
    assert (type(caught.value), caught.value.reason) == (error, reason)


def test_it_takes_a_500_that_carries_data_for_what_it_is(client: WablasClient, gateway: RecordedGateway) -> None:
    gateway.answer(SENT_TEXT.answer, status=500)
    assert SENT_TEXT.call(client) == SENT_TEXT.answer


def test_it_says_how_long_the_gateway_wants_to_be_left_alone(client: WablasClient, gateway: RecordedGateway) -> None:
    gateway.answer(failed("Report generation limit exceeded"), status=429, Retry_After="7")
    with pytest.raises(NotSent) as caught:
        client.report_message()
    assert caught.value.retry_after == 7


def test_it_tells_a_disconnected_line_from_a_refused_account(client: WablasClient, gateway: RecordedGateway) -> None:
    gateway.answer(failed("device disconnected, need to scan qr code again"), status=500)
    with pytest.raises(AccountRejected) as caught:
        SENT_TEXT.call(client)
    assert caught.value.is_line


def test_it_never_repeats_a_secret_that_the_gateway_repeats(client: WablasClient, gateway: RecordedGateway) -> None:
    gateway.answer(failed("token invalid: tok-1.key-2"), status=500)
    with pytest.raises(AccountRejected) as caught:
        SENT_TEXT.call(client)
    assert not re.search("tok-1|key-2", repr(caught.value) + caught.value.detail)


def test_it_does_not_call_twice_when_the_line_drops(client: WablasClient, gateway: RecordedGateway) -> None:
    gateway.hang_up()
    with pytest.raises(OutcomeUnknown):
        client.generate_token()
    assert len(gateway.requests) == 1
