"""Every endpoint of Zender over real HTTP: the request that leaves, what a yes gives, what each documented no means.

The answers follow the shapes of docs/wire.md 1.2; numbers and texts are our own.
"""

import inspect
import re
from collections.abc import Iterator
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
from messaging.providers.zender import account, contacts, sms, whatsapp
from messaging.providers.zender.client import ZenderClient
from tests.messaging.zender_endpoints import ENDPOINTS, PHONE, ROW, Call, Endpoint
from tests.messaging.zender_noes import COMMON, NOES, No
from tests.recorded_gateway import RecordedGateway

SECRET = "our0key0at0the0gateway"


@pytest.fixture
def gateway() -> Iterator[RecordedGateway]:
    with RecordedGateway() as running:
        yield running


@pytest.fixture(scope="module")
def session() -> Iterator[tuple[Http, list[ExchangeRecord]]]:
    """One session for all: opening one costs more than all the calls of a test."""
    records: list[ExchangeRecord] = []
    http = Http(secrets=(SECRET,), record=records.append)
    yield http, records
    http.close()


@pytest.fixture
def exchanges(session: tuple[Http, list[ExchangeRecord]]) -> list[ExchangeRecord]:
    session[1].clear()
    return session[1]


@pytest.fixture
def client(gateway: RecordedGateway, session: tuple[Http, list[ExchangeRecord]]) -> ZenderClient:
    return ZenderClient(base_url=gateway.url, secret=SECRET, http=session[0])


BY_TOKEN = {37, 39}  # these take a token in place of the secret: tested below
CALLS = {endpoint.row: endpoint.call for endpoint in ENDPOINTS}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.request)
def test_it_asks_as_the_gateway_wants_and_returns_the_data(
    client: ZenderClient, gateway: RecordedGateway, endpoint: Endpoint
) -> None:
    gateway.answer({"status": 200, "message": "Fine!", "data": endpoint.data})
    returned = endpoint.call(client)
    request = gateway.last
    assert f"{request.method} {request.path}" == endpoint.request.replace(" ", " /api/")
    given = request.query if request.method == "GET" else request.form
    assert given == {"secret": SECRET, **endpoint.fields}
    assert returned == endpoint.returns


def test_it_has_a_numbered_method_and_a_test_for_each_of_the_52_endpoints() -> None:
    source = "".join(inspect.getsource(module) for module in (account, contacts, sms, whatsapp))
    numbered = [int(row) for row in re.findall(r"# 1\.2 row (\d+)\n    def ", source)]
    assert sorted(numbered) == list(range(1, 53))
    assert sorted({*CALLS, *BY_TOKEN} - {0}) == list(range(1, 53))


OWN_NOES = [pytest.param(row, no, id=f"{row}-{no.message}") for no in NOES for row in no.rows]


def refusal_of(call: Call, client: ZenderClient) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        call(client)
    return caught.value


def assert_means(problem: ProviderError, no: No) -> None:
    assert (type(problem), problem.reason) == (no.means, no.reason)
    assert problem.detail == no.message
    if isinstance(problem, AccountRejected):
        assert problem.is_line is no.is_line


@pytest.mark.parametrize(("row", "no"), OWN_NOES)
def test_it_says_what_an_endpoints_own_refusal_means(
    client: ZenderClient, gateway: RecordedGateway, row: int, no: No
) -> None:
    gateway.answer({"status": no.status, "message": no.message, "data": False})
    assert_means(refusal_of(CALLS[row], client), no)


@pytest.mark.parametrize("no", COMMON, ids=lambda no: f"{no.status}-{no.message}")
def test_it_says_what_a_common_refusal_means_at_every_endpoint(
    client: ZenderClient, gateway: RecordedGateway, no: No
) -> None:
    gateway.answer({"status": no.status, "message": no.message, "data": False})
    for call in CALLS.values():
        assert_means(refusal_of(call, client), no)


@pytest.mark.parametrize(
    ("row", "data"),
    [(42, {"campaignId": 3, "messageIds": [4, 5]}), (43, {"messageId": 12}), (21, {"messageId": 12})],
)
def test_it_takes_an_error_with_ids_as_accepted_for_the_rows_exist(
    client: ZenderClient, gateway: RecordedGateway, row: int, data: dict[str, Any]
) -> None:
    gateway.answer({"status": 500, "message": "Unable to connect to WhatsApp servers!", "data": data})
    assert CALLS[row](client) == data


@pytest.mark.parametrize(
    ("status", "body", "means", "reason"),
    [
        (200, "<html>Just a moment…</html>", OutcomeUnknown, Reason.UNREADABLE),
        (200, "", OutcomeUnknown, Reason.UNREADABLE),
        (200, '{"status":200,"mess', OutcomeUnknown, Reason.UNREADABLE),
        (200, [], OutcomeUnknown, Reason.UNREADABLE),
        (500, "<html>Oops</html>", OutcomeUnknown, Reason.GATEWAY_ERROR),
        (502, {"status": 200, "message": "Fine!", "data": {"messageId": 1}}, OutcomeUnknown, Reason.GATEWAY_ERROR),
        (301, "<html>Moved</html>", AccountRejected, Reason.WRONG_ADDRESS),
        (404, "<html>Not here</html>", AccountRejected, Reason.WRONG_ADDRESS),
        (401, "<html>Log in</html>", AccountRejected, Reason.BAD_CREDENTIALS),
        (413, "<html>Too much</html>", MessageRejected, Reason.REJECTED),
        (429, "<html>Slow down</html>", NotSent, Reason.THROTTLED),
        (403, {"status": 403, "message": "Insufficient Permissions!"}, AccountRejected, Reason.NO_PERMISSION),
    ],
)
def test_it_judges_an_answer_that_is_not_the_gateways_by_its_http_code(
    client: ZenderClient, gateway: RecordedGateway, status: int, body: Any, means: type[ProviderError], reason: Reason
) -> None:
    gateway.answer(body, status=status)
    problem = refusal_of(CALLS[43], client)
    assert (type(problem), problem.reason) == (means, reason)


def test_it_does_not_know_the_outcome_when_the_gateway_hangs_up(client: ZenderClient, gateway: RecordedGateway) -> None:
    gateway.hang_up()
    assert type(refusal_of(CALLS[43], client)) is OutcomeUnknown
    assert len(gateway.requests) == 1


def test_it_knows_that_nothing_was_sent_when_nobody_listens(client: ZenderClient) -> None:
    client.root = "http://127.0.0.1:9/api"
    problem = refusal_of(CALLS[43], client)
    assert (type(problem), problem.reason) == (NotSent, Reason.UNREACHABLE)


@pytest.mark.parametrize("ending", ["", "/", "/api", "/api/"])
def test_it_takes_the_address_with_and_without_api(client: ZenderClient, gateway: RecordedGateway, ending: str) -> None:
    client = ZenderClient(base_url=gateway.url + ending, secret=SECRET, http=client.http)
    gateway.answer({"status": 200, "message": "Fine!", "data": []})
    client.get_groups()
    assert gateway.last.path == "/api/get/groups"


def test_it_reads_a_list_that_php_made_an_object(client: ZenderClient, gateway: RecordedGateway) -> None:
    gateway.answer({"status": 200, "message": "Fine!", "data": {"0": ROW, "2": ROW}})
    assert client.get_groups() == [ROW, ROW]


@pytest.mark.parametrize("field_name", ["media_file", "document_file"])
def test_it_uploads_files_as_multipart(client: ZenderClient, gateway: RecordedGateway, field_name: str) -> None:
    gateway.answer({"status": 200, "message": "Fine!", "data": {"messageId": 1}})
    upload: Any = {field_name: ("foto.png", b"\x89PNG", "image/png")}
    client.send_whatsapp(account="u", recipient=PHONE, message="Mira", type="media", **upload)
    assert gateway.last.files == {field_name: b"\x89PNG"}
    assert gateway.last.form["recipient"] == PHONE
    assert gateway.last.form["secret"] == SECRET


def test_it_fetches_the_qr_as_png_by_token_alone(client: ZenderClient, gateway: RecordedGateway) -> None:
    gateway.answer(b"\x89PNG", content_type="image/png")
    assert client.get_wa_qr(token="t0ken") == b"\x89PNG"
    assert (gateway.last.path, gateway.last.query) == ("/api/get/wa.qr", {"token": "t0ken"})


@pytest.mark.parametrize(
    ("body", "means", "reason"),
    [
        ({"status": 401, "message": "Invalid token supplied!"}, AccountRejected, Reason.BAD_CREDENTIALS),
        ({"status": 500, "message": "Something went wrong!"}, OutcomeUnknown, Reason.GATEWAY_ERROR),
        ({"status": 200, "message": "Fine!", "data": False}, OutcomeUnknown, Reason.UNREADABLE),
    ],
)
def test_it_says_why_there_is_no_qr(
    client: ZenderClient, gateway: RecordedGateway, body: Any, means: type[ProviderError], reason: Reason
) -> None:
    gateway.answer(body)
    problem = refusal_of(lambda c: c.get_wa_qr(token="t0ken"), client)
    assert (type(problem), problem.reason) == (means, reason)


def test_it_waits_for_the_scan_without_calling_it_an_error(client: ZenderClient, gateway: RecordedGateway) -> None:
    gateway.answer({"status": 301, "message": "Waiting for WhatsApp information!", "data": False})
    gateway.answer({"status": 200, "message": "WhatsApp Information", "data": {"wid": "1@s", "unique": "u"}})
    assert client.get_wa_info(token="t0ken") is None
    assert client.get_wa_info(token="t0ken") == {"wid": "1@s", "unique": "u"}
    assert gateway.last.query == {"token": "t0ken"}


def test_it_rejects_an_old_token_of_a_link(client: ZenderClient, gateway: RecordedGateway) -> None:
    gateway.answer({"status": 401, "message": "Invalid token supplied!", "data": False})
    assert refusal_of(lambda c: c.get_wa_info(token="t0ken"), client).reason is Reason.BAD_CREDENTIALS


@pytest.mark.parametrize("row", sorted(CALLS))
def test_it_shows_its_key_neither_in_errors_nor_in_records(
    client: ZenderClient, gateway: RecordedGateway, exchanges: list[ExchangeRecord], row: int
) -> None:
    gateway.answer({"status": 400, "message": f"No key {SECRET} in /api?secret={SECRET}", "data": False})
    problem = refusal_of(CALLS[row], client)
    assert SECRET not in f"{problem!r}{problem}{problem.detail}"
    assert exchanges
    assert SECRET not in repr(exchanges)


def test_it_shows_its_key_in_no_error_of_the_transport(client: ZenderClient, gateway: RecordedGateway) -> None:
    gateway.hang_up()
    problem = refusal_of(CALLS[4], client)
    assert SECRET not in f"{problem!r}{problem.__cause__!r}{problem.__suppress_context__ or problem.__context__!r}"


@pytest.mark.parametrize(
    ("row", "data", "hidden"),
    [
        (10, {"message": "481516 abre", "otp": 481516}, "481516"),
        (40, {"qrstring": "2@scan-me", "infolink": "https://x/api/get/wa.info?token=t0ken"}, "2@scan-me"),
        (41, {"qrstring": "2@scan-me", "qrimagelink": "https://x/api/get/wa.qr?token=t0ken"}, "t0ken"),
    ],
)
def test_it_keeps_no_record_of_codes_and_qrs(
    client: ZenderClient,
    gateway: RecordedGateway,
    exchanges: list[ExchangeRecord],
    row: int,
    data: dict[str, Any],
    hidden: str,
) -> None:
    gateway.answer({"status": 200, "message": "Fine!", "data": data})
    CALLS[row](client)
    assert hidden not in exchanges[0].response
