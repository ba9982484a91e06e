"""Wablas' odder answers, recorded: which row belongs to which message, and what is left unknown rather than guessed."""

from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from messaging.providers.errors import (
    AccountRejected,
    MessageRejected,
    NotSent,
    OutcomeUnknown,
    ProviderError,
    Reason,
)
from messaging.providers.http import ExchangeRecord, Http
from messaging.providers.shapes import Accepted, CannotTell, Found, Media, NotFound, Outgoing
from messaging.providers.wablas import WablasProvider
from messaging.providers.wablas.qr import PNG
from tests.messaging.wablas_world import LONG_AGO, message, words
from tests.recorded_gateway import RecordedGateway

A, B = "6281230000041", "6281230000042"
TEXTS, IMAGES = "/api/v2/send-message", "/api/v2/send-image"


@pytest.fixture
def gateway() -> Iterator[RecordedGateway]:
    with RecordedGateway() as server:
        yield server


@pytest.fixture(scope="module")
def exchanges() -> list[ExchangeRecord]:
    return []


@pytest.fixture(scope="module")
def http(exchanges: list[ExchangeRecord]) -> Iterator[Http]:
    session = Http(secrets=("tok-1", "key-2"), record=exchanges.append)
    yield session
    session.close()


@pytest.fixture
def provider(gateway: RecordedGateway, http: Http) -> WablasProvider:
    return WablasProvider(base_url=gateway.url, credentials={"token": "tok-1", "secret_key": "key-2"}, http=http)


def row(phone: str, key: str = "", **more: Any) -> dict[str, Any]:
    return {"id": key or f"id-of-{phone}", "phone": phone, "message": "Hola", "status": "pending", **more}


def no(text: str, **more: Any) -> dict[str, Any]:
    return {"message": text, "status": False, **more}


def answer(data: Any) -> dict[str, Any]:
    return {"status": True, "message": "Message is pending", "data": data}


def told(outcomes: list[Any]) -> list[Any]:
    """The id of what was accepted, the reason of what was not."""
    return [
        outcome.reason if isinstance(outcome, ProviderError) else outcome.remote_id
        for outcome in outcomes
        if isinstance(outcome, ProviderError | Accepted)
    ]


TO_A, TO_B = f"id-of-{A}", f"id-of-{B}"
LOST = Reason.UNREADABLE
ROWS: dict[str, tuple[list[str], Any, list[Any]]] = {
    "in order": ([A, B], {"messages": [row(A), row(B)]}, [TO_A, TO_B]),
    "by reference, whatever the order": (
        [A, A],
        {"messages": [row(A, "second", ref_id="2"), row(A, "first", ref_id=1)]},
        ["first", "second"],
    ),
    "by phone when the order is another": ([A, B], {"messages": [row(B), row(A)]}, [TO_A, TO_B]),
    "a local number is the same phone": (
        [A, B],
        {"messages": [row("081230000041"), row(B)]},
        ["id-of-081230000041", TO_B],
    ),
    "a refused row has its place": (
        [A, B],
        {"messages": [no("format phone invalid"), row(B)]},
        [Reason.INVALID_NUMBER, TO_B],
    ),
    "a missing row is unknown": ([A, B], {"messages": [row(B)]}, [LOST, TO_B]),
    "nobody knows which of two is missing": ([A, A, B], {"messages": [row(A), row(B)]}, [LOST, LOST, TO_B]),
    "no rows at all": ([A], {"messages": []}, [LOST]),
    "no data at all": ([A], None, [LOST]),
    "a row without an id": ([A], {"messages": [{"phone": A, "status": "pending"}]}, [LOST]),
    "another message's reference": ([A], {"messages": [row(A, ref_id="77")]}, [LOST]),
    "one object instead of a list": ([A], {"messages": row(A)}, [TO_A]),
    "a list of devices": (
        [A, B],
        [{"device_id": "X", "messages": row(A)}, {"device_id": "Y", "message": row(B)}],
        [TO_A, TO_B],
    ),
    "devices inside the list": ([A, B], {"messages": [row(A), {"device_id": "Y", "message": [row(B)]}]}, [TO_A, TO_B]),
    "the line is down for one": (
        [A],
        {"messages": [no("device disconnected, need to scan qr code again")]},
        [Reason.LINE_DISCONNECTED],
    ),
    "words we do not know": ([A, B], {"messages": [no("we would rather not"), row(B)]}, [Reason.REJECTED, TO_B]),
    "rejected at once": ([A, B], {"messages": [row(A, status="reject"), row(B)]}, [Reason.REJECTED, TO_B]),
}


@pytest.mark.parametrize(("phones", "data", "expected"), ROWS.values(), ids=ROWS)
def test_it_gives_each_message_its_own_row(
    provider: WablasProvider, gateway: RecordedGateway, phones: list[str], data: Any, expected: list[Any]
) -> None:
    gateway.answer(answer(data))
    outcomes = provider.send([message(n, to=f"+{phone}") for n, phone in enumerate(phones, start=1)])
    assert told(outcomes) == expected


def test_it_matches_the_row_of_a_group(provider: WablasProvider, gateway: RecordedGateway) -> None:
    gateway.answer(answer({"messages": [row("1203630001"), row(A)]}))
    outcomes = provider.send([message(1, to="1203630001@g.us", is_group=True), message(2, to=f"+{A}")])
    assert told(outcomes) == ["id-of-1203630001", TO_A]


def test_it_sends_digits_our_reference_and_no_retry(provider: WablasProvider, gateway: RecordedGateway) -> None:
    gateway.answer(answer({"messages": [row(A)]}))
    provider.send([message(41, to=f"+{A}", is_urgent=True)])
    assert gateway.last.json() == {"data": [{"phone": A, "message": "Hola", "ref_id": "41", "priority": "true"}]}


def picture(url: str = "http://f.example/a.png") -> Media:
    return Media(kind="image", url=url)


def mixed() -> list[Outgoing]:
    return [message(1, to=f"+{A}"), message(2, to=f"+{B}", attachment=picture())]


def test_it_keeps_what_was_sent_when_the_next_kind_fails(provider: WablasProvider, gateway: RecordedGateway) -> None:
    gateway.answer(answer({"messages": [row(A)]}))
    gateway.hang_up()
    assert words(provider.send(mixed())) == [Accepted, Reason.GATEWAY_ERROR]


def test_it_goes_on_with_the_next_kind_after_an_unknown_outcome(
    provider: WablasProvider, gateway: RecordedGateway
) -> None:
    gateway.answer("<html>500</html>", status=500)
    gateway.answer(answer({"messages": [row(B)]}))
    first, second = provider.send(mixed())
    assert isinstance(first, OutcomeUnknown)
    assert isinstance(second, Accepted)


def test_it_asks_nothing_more_of_a_gateway_that_refuses_the_account(
    provider: WablasProvider, gateway: RecordedGateway
) -> None:
    gateway.answer({"status": False, "message": "token invalid"}, status=500)
    outcomes = provider.send(mixed())
    assert words(outcomes) == [Reason.BAD_CREDENTIALS] * 2
    assert len(gateway.requests) == 1


def test_it_blames_nobody_when_a_batch_is_refused_as_a_whole(
    provider: WablasProvider, gateway: RecordedGateway
) -> None:
    gateway.answer({"status": False, "message": "phone invalid"}, status=400)
    several = provider.send([message(1, to=f"+{A}"), message(2, to=f"+{B}")])
    assert words(several) == [Reason.REJECTED] * 2
    assert words(provider.send([message(1, to=f"+{A}")])) == [Reason.INVALID_NUMBER]


@pytest.mark.parametrize(
    ("body", "status", "kind", "reason"),
    [
        ("<html>502</html>", 502, NotSent, Reason.GATEWAY_ERROR),
        (answer({"messages": []}), 200, NotSent, Reason.UNREADABLE),
        ({"status": False, "message": "max size"}, 400, MessageRejected, Reason.MEDIA_TOO_LARGE),
        ({"status": False, "message": "token invalid"}, 500, AccountRejected, Reason.BAD_CREDENTIALS),
    ],
)
def test_it_is_sure_that_nothing_left_when_the_upload_fails(
    provider: WablasProvider,
    gateway: RecordedGateway,
    body: Any,
    status: int,
    kind: type[ProviderError],
    reason: Reason,
) -> None:
    gateway.answer(body, status=status)
    file = Media(kind="image", content=repr((body, status)).encode(), filename="a.png")
    (outcome,) = provider.send([message(1, to=f"+{A}", attachment=file)])
    assert (type(outcome), words([outcome])) == (kind, [reason])
    assert [request.path for request in gateway.requests] == ["/api/upload/image"]


def report(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"status": True, "totalData": len(rows), "message": list(rows)}


def test_it_believes_no_report_that_ignored_the_question(provider: WablasProvider, gateway: RecordedGateway) -> None:
    gateway.answer(report({"id": "x", "status": "sent", "ref_id": "999"}))
    assert isinstance(provider.find(message(1, attempted_at=LONG_AGO)), CannotTell)


@pytest.mark.parametrize("body", [{"status": True, "message": "no data"}, {"status": True}])
def test_it_takes_no_odd_answer_for_an_empty_list(
    provider: WablasProvider, gateway: RecordedGateway, body: Any
) -> None:
    gateway.answer(body)
    assert isinstance(provider.find(message(1, attempted_at=LONG_AGO)), CannotTell)


def test_it_waits_twenty_seconds_before_it_is_sure(provider: WablasProvider, gateway: RecordedGateway) -> None:
    gateway.answer(report())
    now = datetime.now(UTC)
    assert isinstance(provider.find(message(1, attempted_at=now - timedelta(seconds=15))), CannotTell)
    assert provider.find(message(1, attempted_at=now - timedelta(seconds=21))) == NotFound()


def test_it_finds_in_a_report_that_comes_with_http_500(provider: WablasProvider, gateway: RecordedGateway) -> None:
    gateway.answer(report({"id": "x", "status": "read", "ref_id": 1}), status=500)
    found = provider.find(message(1, attempted_at=LONG_AGO))
    assert isinstance(found, Found)
    assert (found.remote_id, found.status) == ("x", "read")


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("pending", "accepted"),
        ("sent", "sent"),
        ("received", "delivered"),
        ("delivered", "delivered"),
        ("read", "read"),
        ("cancel", "cancelled"),
        ("revoke", "cancelled"),
        ("reject", "failed"),
        ("rejected", "failed"),
        ("PENDING", "accepted"),
        ("pondering", None),
    ],
)
def test_it_knows_the_gateways_words(
    provider: WablasProvider, gateway: RecordedGateway, word: str, status: str | None
) -> None:
    gateway.answer(report({"id": "x", "status": word, "date": {"updated_at": "2026-03-02 09:10:12"}}))
    reports = provider.fetch_reports([message(1, remote_id="x")])
    assert [(each.status, str(each.at)) for each in reports] == (
        [(status, "2026-03-02 09:10:12+07:00")] if status else []
    )


IMAGE = PNG + b"the picture"
INLINE = f"<html><img src='data:image/png;base64,{b64encode(IMAGE).decode()}'></html>"


@pytest.mark.parametrize(
    "page",
    [
        INLINE,
        '<html><img src="/logo.svg"><img id="q" src="/storage/qr/1.png?a=1&amp;b=2"></html>',
        '<img src="qr.png"/>',
    ],
)
def test_it_takes_the_qr_from_the_page(provider: WablasProvider, gateway: RecordedGateway, page: str) -> None:
    gateway.answer_at("/api/device/scan", page)
    gateway.answer(IMAGE, content_type="image/png")
    assert provider.link().image == IMAGE


@pytest.mark.parametrize(
    "page",
    [
        "<html>linked already</html>",
        '<img src="https://elsewhere.example/qr.png">',
        '<img src="data:image/png;base64,!!">',
    ],
)
def test_it_says_so_when_the_page_shows_no_qr(provider: WablasProvider, gateway: RecordedGateway, page: str) -> None:
    gateway.answer(page)
    with pytest.raises(MessageRejected) as caught:
        provider.relink("S3R1AL")
    assert caught.value.reason is Reason.NOT_SUPPORTED
    assert len(gateway.requests) == 1


def test_it_says_why_there_is_no_page(provider: WablasProvider, gateway: RecordedGateway) -> None:
    gateway.answer({"status": False, "message": "token invalid"}, status=500)
    with pytest.raises(AccountRejected):
        provider.link()


def test_it_wants_to_hear_of_the_number_it_asked_about(provider: WablasProvider, gateway: RecordedGateway) -> None:
    gateway.answer({"status": "success", "data": [{"phone": B, "status": "online"}]})
    with pytest.raises(OutcomeUnknown):
        provider.check_number(message(1).route, f"+{A}")


def test_it_keeps_no_key_in_what_it_records(
    provider: WablasProvider, gateway: RecordedGateway, exchanges: list[ExchangeRecord]
) -> None:
    gateway.answer(f'<img src="/qr.png?token=tok-1"> tok-1.key-2 {INLINE}')
    exchanges.clear()
    provider.link()
    assert exchanges
    assert "tok-1" not in repr(exchanges)
    assert "key-2" not in repr(exchanges)
