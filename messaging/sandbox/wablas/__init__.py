"""The Wablas dialect, from docs/wire.md 3: 73 endpoints and three webhooks. One account is one device."""

from typing import ClassVar

from messaging.sandbox.dialect import Callback, Dialect
from messaging.sandbox.records import Account, Number, fingerprint
from messaging.sandbox.registry import Event
from messaging.sandbox.server import Request, Response
from messaging.sandbox.wablas import book, devices, plans, reports, sending, uploads
from messaging.sandbox.wablas.call import BAD_TOKEN, Call, Endpoint, Refusal, refuse
from messaging.sandbox.wablas.callbacks import callbacks_for
from messaging.sandbox.world import World

ENDPOINTS: dict[str, Endpoint] = {
    **book.ENDPOINTS,
    **devices.ENDPOINTS,
    **plans.ENDPOINTS,
    **reports.ENDPOINTS,
    **sending.ENDPOINTS,
    **uploads.ENDPOINTS,
}
# Which rows show the token elsewhere than as "token.secret_key" in the header (docs/wire.md 3.1).
IN_QUERY = {"GET api/list-server", "GET api/send-message", "GET api/blacklist", "GET api/blacklist/cancel"}
TOKEN_IN_QUERY = {"GET api/device/info", "GET api/device/scan", "GET api/v2/group/text"}
TOKEN_IN_HEADER = {"GET check-phone-number", "POST api/channel/{id}"}

DEMO_TOKEN, DEMO_KEY = "sandboxwablastoken", "sandboxkey"
DEMO_PHONE = "+6281230001001"


class Wablas(Dialect):
    """Mounted at /wablas, which stands for https://<server>.wablas.com (and for phone.wablas.com at the number check)."""

    slug: ClassVar[str] = "wablas"

    def handle(self, world: World, request: Request, path: str) -> Response:
        if request.method == "GET" and (file := uploads.show(world, path)) is not None:
            return file
        route, name = f"{request.method} {path}", ""
        if route not in ENDPOINTS:
            parent, _, name = route.rpartition("/")
            route = f"{parent}/{{id}}"
        endpoint = ENDPOINTS.get(route)
        if endpoint is None:
            return Response("<html><body><h1>404 Not Found</h1></body></html>", status=404)
        try:
            account = _account(world, request, route)
            call = Call(
                world=world,
                account=account,
                number=next(iter(account.numbers.values())),
                request=request,
                params=request.params(),
                name=name,
            )
            response = endpoint(call)
        except Refusal as refusal:
            body = {"status": False, "message": refusal.message}
            return Response.json(body, status=refusal.status, headers=refusal.headers)
        if account.settings.get("broken_json") and response.body.endswith(b"}"):
            response.body = response.body[:-1] + b",}"  # as half of the documents' samples end (3.6.3)
        return response

    def demo(self, world: World) -> Account:
        return _fill(world, "Demo", {"token": DEMO_TOKEN, "secret_key": DEMO_KEY}, DEMO_PHONE)

    def create(self, world: World, name: str) -> Account:
        token, key = fingerprint("wablas token", name, length=64), fingerprint("wablas key", name, length=8)
        phone = f"+62813{int(fingerprint('wablas phone', name, length=8), 16) % 10**8:08d}"
        return _fill(world, name, {"token": token, "secret_key": key}, phone)

    def callbacks(self, event: Event) -> list[Callback]:
        return callbacks_for(event)


def _fill(world: World, name: str, credentials: dict[str, str], phone: str) -> Account:
    """One linked device with two WhatsApp groups, a group of contacts and a contact."""
    account = world.add_account(dialect="wablas", name=name, credentials=credentials, key_of=_uuid)
    serial = fingerprint("wablas serial", name, length=6).upper()
    digits = phone.removeprefix("+")
    account.numbers[serial] = Number(
        id=world.next_id(),
        unique=serial,
        phone=phone,
        groups={
            f"{digits}-1700000001@g.us": ("Neighbours", ("+6281230003001", "+6281230003002")),
            f"{digits}-1700000002@g.us": ("Weekend riders", ("+6281230003003",)),
        },
    )
    account.settings["groups"] = {"Regulars": ["6281230003001", "6281230003002"]}
    moment = {"created": 1_767_200_000.0, "changed": 1_767_200_000.0}
    row = {"id": _uuid(world.next_id()), "phone": "6281230003001", "name": "Rosa Medina", **moment}
    account.drawers["contacts"][world.next_id()] = {**row, "email": None, "address": None, "birth_day": "1990-02-01"}
    return account


def _uuid(number: int) -> str:
    digest = fingerprint("wablas message", number, length=32)
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:]}"


def _account(world: World, request: Request, route: str) -> Account:
    """Who is asking. A wrong server cannot be told from a wrong token (3.1)."""
    is_in_query = route in IN_QUERY or route in TOKEN_IN_QUERY
    shown = request.query.get("token", "") if is_in_query else request.headers.get("authorization", "")
    if not shown:
        refuse("not authorized")
    is_token_alone = route in TOKEN_IN_QUERY or route in TOKEN_IN_HEADER
    token, _, key = (shown, "", "") if is_token_alone else shown.partition(".")
    account = world.account_with("wablas", "token", token) if token else None
    if account is None:
        refuse(BAD_TOKEN)
    wanted = account.credentials.get("secret_key", "")
    if wanted and not is_token_alone and key != wanted:
        refuse("secret key invalid" if key else "need secret key")
    if route.partition(" ")[2] in account.denied:
        refuse("not authorized")
    return account
