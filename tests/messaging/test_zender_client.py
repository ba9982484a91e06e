"""Every endpoint of Zender over real HTTP: the request that leaves, what a yes gives, what each documented no means.

The answers follow the shapes of providers.md 1.2; numbers and texts are our own.
"""

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
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
from tests.recorded_gateway import RecordedGateway

SECRET = "our0key0at0the0gateway"
PHONE = "+5215555010001"
PAGED = {"limit": "2", "page": "3"}
ROW = {"id": 7, "name": "Taller"}

Call = Callable[[ZenderClient], Any]


@pytest.fixture
def gateway() -> Iterator[RecordedGateway]:
    with RecordedGateway() as running:
        yield running


@pytest.fixture
def exchanges() -> list[ExchangeRecord]:
    return []


@pytest.fixture
def client(gateway: RecordedGateway, exchanges: list[ExchangeRecord]) -> Iterator[ZenderClient]:
    http = Http(secrets=(SECRET,), record=exchanges.append)
    yield ZenderClient(base_url=gateway.url, secret=SECRET, http=http)
    http.close()


@dataclass(frozen=True)
class Endpoint:
    """A row of providers.md 1.2: the call, the request it makes, the `data` answered, and what the method returns."""

    row: int
    call: Call
    request: str
    fields: dict[str, str] = field(default_factory=dict)
    data: Any = False
    returns: Any = None


ENDPOINTS = [
    Endpoint(1, lambda c: c.get_subscription(), "GET get/subscription", {}, {"name": "Pro"}, {"name": "Pro"}),
    Endpoint(
        2,
        lambda c: c.create_contact(phone=PHONE, name="Ana", groups=[1, 2]),
        "POST create/contact",
        {"phone": PHONE, "name": "Ana", "groups": "1,2"},
    ),
    Endpoint(3, lambda c: c.create_group(name="VIP"), "POST create/group", {"name": "VIP"}),
    Endpoint(4, lambda c: c.delete_contact(id=9), "GET delete/contact", {"id": "9"}),
    Endpoint(5, lambda c: c.delete_group(id=9), "GET delete/group", {"id": "9"}),
    Endpoint(6, lambda c: c.delete_unsubscribed(id=9), "GET delete/unsubscribed", {"id": "9"}),
    Endpoint(7, lambda c: c.get_contacts(limit=2, page=3), "GET get/contacts", PAGED, [ROW], [ROW]),
    Endpoint(8, lambda c: c.get_groups(limit=2, page=3), "GET get/groups", PAGED, [ROW], [ROW]),
    Endpoint(9, lambda c: c.get_unsubscribed(limit=2, page=3), "GET get/unsubscribed", PAGED, [ROW], [ROW]),
    Endpoint(
        10,
        lambda c: c.send_otp(
            type="sms", message="{{otp}} abre", phone=PHONE, expire=60, mode="devices", device="d", sim=2
        ),
        "POST send/otp",
        {
            "type": "sms",
            "message": "{{otp}} abre",
            "phone": PHONE,
            "expire": "60",
            "mode": "devices",
            "device": "d",
            "sim": "2",
        },
        {"phone": PHONE, "message": "481516 abre", "messageId": 5, "otp": 481516},
        {"phone": PHONE, "message": "481516 abre", "messageId": 5, "otp": 481516},
    ),
    Endpoint(11, lambda c: c.get_otp(otp="481516"), "GET get/otp", {"otp": "481516"}),
    Endpoint(12, lambda c: c.delete_sms_received(id=9), "GET delete/sms.received", {"id": "9"}),
    Endpoint(13, lambda c: c.delete_sms_campaign(id=9), "GET delete/sms.campaign", {"id": "9", "campaign": "9"}),
    Endpoint(14, lambda c: c.delete_sms_sent(id=9), "GET delete/sms.sent", {"id": "9"}),
    Endpoint(15, lambda c: c.get_sms_pending(limit=2, page=3), "GET get/sms.pending", PAGED, [ROW], [ROW]),
    Endpoint(16, lambda c: c.get_sms_received(limit=2, page=3), "GET get/sms.received", PAGED, [ROW], [ROW]),
    Endpoint(17, lambda c: c.get_sms_campaigns(limit=2, page=3), "GET get/sms.campaigns", PAGED, [ROW], [ROW]),
    Endpoint(
        18,
        lambda c: c.get_sms_message(id=7, type="sent"),
        "GET get/sms.message",
        {"id": "7", "type": "sent"},
        ROW,
        ROW,
    ),
    Endpoint(19, lambda c: c.get_sms_sent(limit=2, page=3), "GET get/sms.sent", PAGED, [ROW], [ROW]),
    Endpoint(
        20,
        lambda c: c.send_sms_bulk(
            mode="devices", campaign="Enero", message="Hola", numbers=[PHONE, "+5215555010002"], device="d", sim=1
        ),
        "POST send/sms.bulk",
        {
            "mode": "devices",
            "campaign": "Enero",
            "message": "Hola",
            "numbers": f"{PHONE},+5215555010002",
            "device": "d",
            "sim": "1",
        },
        False,
        {},
    ),
    Endpoint(
        21,
        lambda c: c.send_sms(mode="credits", phone=PHONE, message="Hola", gateway="4", shortener=3),
        "POST send/sms",
        {"mode": "credits", "phone": PHONE, "message": "Hola", "gateway": "4", "shortener": "3"},
        {"messageId": 12},
        {"messageId": 12},
    ),
    Endpoint(22, lambda c: c.remote_start_sms(campaign=9), "GET remote/start.sms", {"campaign": "9"}),
    Endpoint(23, lambda c: c.remote_stop_sms(campaign=9), "GET remote/stop.sms", {"campaign": "9"}),
    Endpoint(24, lambda c: c.get_rates(), "GET get/rates", {}, {"gateways": []}, {"gateways": []}),
    Endpoint(25, lambda c: c.delete_wa_received(id=9), "GET delete/wa.received", {"id": "9"}),
    Endpoint(26, lambda c: c.delete_wa_sent(id=9), "GET delete/wa.sent", {"id": "9"}),
    Endpoint(27, lambda c: c.delete_wa_account(unique="u"), "GET delete/wa.account", {"unique": "u"}),
    Endpoint(28, lambda c: c.delete_wa_campaign(id=9), "GET delete/wa.campaign", {"id": "9", "campaign": "9"}),
    Endpoint(29, lambda c: c.get_wa_accounts(limit=2, page=3), "GET get/wa.accounts", PAGED, [ROW], [ROW]),
    Endpoint(30, lambda c: c.get_wa_pending(limit=2, page=3), "GET get/wa.pending", PAGED, [ROW], [ROW]),
    Endpoint(31, lambda c: c.get_wa_received(limit=2, page=3), "GET get/wa.received", PAGED, [ROW], [ROW]),
    Endpoint(
        32,
        lambda c: c.get_wa_message(id=7, type="received"),
        "GET get/wa.message",
        {"id": "7", "type": "received"},
        ROW,
        ROW,
    ),
    Endpoint(33, lambda c: c.get_wa_sent(limit=2, page=3), "GET get/wa.sent", PAGED, [ROW], [ROW]),
    Endpoint(34, lambda c: c.get_wa_campaigns(limit=2, page=3), "GET get/wa.campaigns", PAGED, [ROW], [ROW]),
    Endpoint(
        35,
        lambda c: c.get_wa_group_contacts(unique="u", gid="1203@g.us"),
        "GET get/wa.group.contacts",
        {"unique": "u", "gid": "1203@g.us"},
        [{"phone": PHONE}],
        [{"phone": PHONE}],
    ),
    Endpoint(36, lambda c: c.get_wa_groups(unique="u"), "GET get/wa.groups", {"unique": "u"}, [ROW], [ROW]),
    Endpoint(38, lambda c: c.get_wa_servers(), "GET get/wa.servers", {}, [ROW], [ROW]),
    Endpoint(
        40, lambda c: c.create_wa_link(sid=3), "GET create/wa.link", {"sid": "3"}, {"qrstring": "q"}, {"qrstring": "q"}
    ),
    Endpoint(
        41,
        lambda c: c.create_wa_relink(unique="u"),
        "GET create/wa.relink",
        {"unique": "u"},
        {"qrstring": "q"},
        {"qrstring": "q"},
    ),
    Endpoint(
        42,
        lambda c: c.send_whatsapp_bulk(
            account="u",
            campaign="Enero",
            message="Hola",
            groups=[1, 2],
            type="media",
            media_url="https://example.com/a.png",
            media_type="image",
        ),
        "POST send/whatsapp.bulk",
        {
            "account": "u",
            "campaign": "Enero",
            "message": "Hola",
            "groups": "1,2",
            "type": "media",
            "media_url": "https://example.com/a.png",
            "media_type": "image",
        },
        {"campaignId": 3, "messageIds": [4, 5]},
        {"campaignId": 3, "messageIds": [4, 5]},
    ),
    Endpoint(
        43,
        lambda c: c.send_whatsapp(account="u", recipient=PHONE, message="Hola", priority=1),
        "POST send/whatsapp",
        {"account": "u", "recipient": PHONE, "message": "Hola", "type": "text", "priority": "1"},
        {"messageId": 12},
        {"messageId": 12},
    ),
    Endpoint(44, lambda c: c.remote_start_chats(campaign=9), "GET remote/start.chats", {"campaign": "9"}),
    Endpoint(45, lambda c: c.remote_stop_chats(campaign=9), "GET remote/stop.chats", {"campaign": "9"}),
    Endpoint(
        46,
        lambda c: c.validate_whatsapp(unique="u", phone=PHONE),
        "GET validate/whatsapp",
        {"unique": "u", "phone": PHONE},
        {"jid": "x@s.whatsapp.net"},
        {"jid": "x@s.whatsapp.net"},
    ),
    Endpoint(47, lambda c: c.delete_notification(id=9), "GET delete/notification", {"id": "9"}),
    Endpoint(48, lambda c: c.get_devices(limit=2, page=3), "GET get/devices", PAGED, [ROW], [ROW]),
    Endpoint(49, lambda c: c.delete_ussd(id=9), "GET delete/ussd", {"id": "9"}),
    Endpoint(50, lambda c: c.get_ussd(limit=2, page=3), "GET get/ussd", PAGED, [ROW], [ROW]),
    Endpoint(
        51,
        lambda c: c.send_ussd(code="*133#", sim=1, device="d"),
        "POST send/ussd",
        {"code": "*133#", "sim": "1", "device": "d"},
    ),
    Endpoint(52, lambda c: c.get_shorteners(), "GET get/shorteners", {}, [ROW], [ROW]),
    Endpoint(0, lambda c: c.get_credits(), "GET get/credits", {}, {"credits": "798.634"}, {"credits": "798.634"}),
]
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


@dataclass(frozen=True)
class No:
    """A documented error of an endpoint, and what it means."""

    rows: tuple[int, ...]
    status: int
    message: str
    means: type[ProviderError]
    reason: Reason
    is_line: bool = False


DELETIONS = (4, 5, 6, 12, 14, 25, 26, 47, 49)
NOES = [
    No((1,), 403, "Account is not subscribed to any premium package!", AccountRejected, Reason.SUBSCRIPTION_EXPIRED),
    No((2, 10, 21, 43), 400, "Invalid phone number!", MessageRejected, Reason.INVALID_NUMBER),
    No((2,), 400, "Contact name is too short!", MessageRejected, Reason.REJECTED),
    No((2,), 400, "Group #8 is invalid!", MessageRejected, Reason.REJECTED),
    No((2,), 400, "Phone number already exist in your contact book!", MessageRejected, Reason.REJECTED),
    No((2,), 400, "You have reached the maximum allowed contacts!", AccountRejected, Reason.QUOTA_REACHED),
    No((3,), 400, "Group name is too short!", MessageRejected, Reason.REJECTED),
    No(DELETIONS, 500, "Something went wrong!", OutcomeUnknown, Reason.GATEWAY_ERROR),
    No((10,), 400, "OTP message is too short!", MessageRejected, Reason.TEXT_EMPTY),
    No((10,), 400, "OTP message is too long!", MessageRejected, Reason.TEXT_TOO_LONG),
    No((10, 43), 403, "You have reached the maximum number of allowed chats!", AccountRejected, Reason.QUOTA_REACHED),
    No(
        (10, 27, 35, 36, 41, 42, 43, 46),
        404,
        "WhatsApp account doesn't exist!",
        AccountRejected,
        Reason.LINE_MISSING,
        True,
    ),
    No((10, 20, 21, 51), 404, "Device doesn't exist!", AccountRejected, Reason.LINE_MISSING, True),
    No((10, 20, 21), 404, "Specified gateway doesn't exist!", AccountRejected, Reason.LINE_MISSING, True),
    No((10, 43), 500, "WhatsApp account is disconnected!", AccountRejected, Reason.LINE_DISCONNECTED, True),
    No((10, 36, 42), 500, "Unable to connect to WhatsApp servers!", OutcomeUnknown, Reason.GATEWAY_ERROR),
    No((11,), 403, "OTP is invalid or expired!", MessageRejected, Reason.REJECTED),
    No((13, 22, 23, 28, 44, 45), 400, "Invalid Parameters!", MessageRejected, Reason.REJECTED),
    No((18, 32), 404, "Message doesn't exist!", MessageRejected, Reason.REJECTED),
    No((20, 21), 400, "Message is too short!", MessageRejected, Reason.TEXT_EMPTY),
    No((20, 21), 400, "Message is too long!", MessageRejected, Reason.TEXT_TOO_LONG),
    No((20, 21), 400, "Sim parameter must be an integer value!", MessageRejected, Reason.REJECTED),
    No(
        (20, 21),
        403,
        "Maximum allowed number of sent messages has been reached!",
        AccountRejected,
        Reason.QUOTA_REACHED,
    ),
    No((20, 21), 403, "Not enough credits to send this message!", AccountRejected, Reason.NO_CREDIT),
    No((20, 21), 404, "Shortener doesn't exist!", MessageRejected, Reason.REJECTED),
    No((21,), 403, "Device is not available!", AccountRejected, Reason.LINE_DISCONNECTED, True),
    No((21,), 500, "Gateway was unable to send your message!", OutcomeUnknown, Reason.GATEWAY_ERROR),
    No((22, 23), 200, "Action is not supported in this campaign!", MessageRejected, Reason.NOT_SUPPORTED),
    No((35,), 500, "Unable to fetch group contacts!", OutcomeUnknown, Reason.GATEWAY_ERROR),
    No((38,), 404, "No WhatsApp servers available for your subscription!", MessageRejected, Reason.REJECTED),
    No(
        (40,),
        400,
        "You have reached the maximum allowed WhatsApp accounts for your package!",
        AccountRejected,
        Reason.QUOTA_REACHED,
    ),
    No((40, 41), 400, "WhatsApp server is not available!", MessageRejected, Reason.REJECTED),
    No((40, 41), 500, "Unable to generate WhatsApp QRCode!", OutcomeUnknown, Reason.GATEWAY_ERROR),
    No((42, 43), 400, "Please declare the media type!", MessageRejected, Reason.MEDIA_INVALID),
    No((42, 43), 400, "You provided an invalid media url!", MessageRejected, Reason.MEDIA_INVALID),
    No((42, 43), 400, "Invalid media file!", MessageRejected, Reason.MEDIA_INVALID),
    No((42, 43), 400, "Please declare the document type!", MessageRejected, Reason.MEDIA_INVALID),
    No((42, 43), 400, "You provided an invalid document url!", MessageRejected, Reason.MEDIA_INVALID),
    No((42, 43), 400, "Invalid Document File!", MessageRejected, Reason.MEDIA_INVALID),
    No((42, 43), 400, "Invalid Document Type!", MessageRejected, Reason.MEDIA_INVALID),
    No((42, 43), 400, "We detected inappropriate content in your media!", MessageRejected, Reason.CONTENT_REFUSED),
    No((42,), 500, "WhatsApp account is not connected!", AccountRejected, Reason.LINE_DISCONNECTED, True),
    No((42,), 500, "Campaign name is too short!", MessageRejected, Reason.REJECTED),
    No(
        (42,),
        500,
        "No chats were queued. Please check the sending limit of your package!",
        AccountRejected,
        Reason.QUOTA_REACHED,
    ),
    No((43,), 400, "Chat message is too short!", MessageRejected, Reason.TEXT_EMPTY),
    No((43,), 400, "Chat message is too long!", MessageRejected, Reason.TEXT_TOO_LONG),
    No((43,), 400, "Priority parameter must be an integer value!", MessageRejected, Reason.REJECTED),
    No((43,), 500, "Failed sending priority WhatsApp chat!", OutcomeUnknown, Reason.GATEWAY_ERROR),
    No((46,), 404, "WhatsApp phone number does not exist!", MessageRejected, Reason.NOT_ON_WHATSAPP),
    No(
        (51,),
        403,
        "Subscription has no permission to use Android USSD service!",
        AccountRejected,
        Reason.SUBSCRIPTION_EXPIRED,
    ),
    No((51,), 403, "Maximum number of USSD requests has been reached!", AccountRejected, Reason.QUOTA_REACHED),
]
# Every endpoint may give these (E in providers.md 1.2).
COMMON = [
    No((), 400, "Invalid Parameters!", MessageRejected, Reason.REJECTED),
    No((), 401, "Invalid API secret supplied!", AccountRejected, Reason.BAD_CREDENTIALS),
    No(
        (),
        403,
        "This API key doesn't have permission to use this endpoint!",
        AccountRejected,
        Reason.NO_PERMISSION,
    ),
    No((), 403, "Insufficient Permissions!", AccountRejected, Reason.NO_PERMISSION),
    No(
        (),
        403,
        "Subscription has no permission to use WhatsApp services!",
        AccountRejected,
        Reason.SUBSCRIPTION_EXPIRED,
    ),
    No((), 400, "Invalid API Endpoint!", AccountRejected, Reason.WRONG_ADDRESS),
    No((), 500, "Invalid API Endpoint!", AccountRejected, Reason.WRONG_ADDRESS),
    No((), 429, "Slow down!", NotSent, Reason.THROTTLED),
]
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
def test_it_takes_the_address_with_and_without_api(gateway: RecordedGateway, ending: str) -> None:
    client = ZenderClient(base_url=gateway.url + ending, secret=SECRET, http=Http())
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
