"""The control API at /control: what tests and demos ask of the fake world. JSON in, JSON out; pages for people besides.

An account is named by its id, or by its dialect's slug for that dialect's demo account. Wrong input is answered with HTTP
400 and {"error": sentence}.

    POST reset         {}                                               everything but options back to the demo accounts
    GET|POST options   {"latency_ms": 20, …}                            read, or change some
    GET  deliveries    ?to=&since=&account=&items=0                     the delivery log, and how many per recipient
    GET|POST accounts  {"dialect", "name", "credentials", "settings"}  list, or create one with lines of its own
    POST incoming      {"account", "from", "text", "line", "channel"}   a phone writes to a line
    POST scan          {"token" or "qr", "phone"}                       a phone scans a link's QR
    POST disconnect    {"account", "number"}                            log a WhatsApp number out (or a device off)
    POST connect       {"account", "number"}                            and back
    POST credit        {"account", "left": false}                       no credit, or credit again
    POST deny          {"account", "endpoints": […]}                    endpoints its key may not use
    POST callbacks     {"account", "url" or "urls", "secret", "on"}     where the gateway calls the product
    GET  callbacks                                                      the calls made
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Never

from messaging.sandbox import pages
from messaging.sandbox.callbacks import CallbackSender
from messaging.sandbox.dialect import Dialect
from messaging.sandbox.records import Account, Device, Message, Number
from messaging.sandbox.server import Request, Response
from messaging.sandbox.world import World

Body = Mapping[str, Any]


class _Wrong(Exception):
    """The caller's mistake, as a sentence."""


def _wrong(sentence: str) -> Never:
    raise _Wrong(sentence)


class Control:
    """`handle` answers everything under /control."""

    def __init__(
        self, world: World, sender: CallbackSender, dialects: Mapping[str, Dialect], *, reset: Callable[[], None]
    ) -> None:
        self._world = world
        self._sender = sender
        self._dialects = dialects
        self._reset = reset
        self._routes: dict[tuple[str, str], Callable[[Request], Response]] = {
            ("GET", ""): self._overview,
            ("GET", "scan"): self._scan_page,
            ("POST", "reset"): self._do_reset,
            ("GET", "options"): self._show_options,
            ("POST", "options"): self._set_options,
            ("GET", "deliveries"): self._show_deliveries,
            ("GET", "accounts"): self._list_accounts,
            ("POST", "accounts"): self._create_account,
            ("POST", "incoming"): self._incoming,
            ("POST", "scan"): self._scan,
            ("POST", "disconnect"): self._disconnect,
            ("POST", "connect"): self._connect,
            ("POST", "credit"): self._credit,
            ("POST", "deny"): self._deny,
            ("GET", "callbacks"): self._show_callbacks,
            ("POST", "callbacks"): self._set_callbacks,
        }

    def handle(self, request: Request, path: str) -> Response:
        route = self._routes.get((request.method, path))
        if route is None:
            return Response.json({"error": f"There is no {request.method} /control/{path}."}, status=404)
        try:
            return route(request)
        except _Wrong as wrong:
            return Response.json({"error": str(wrong)}, status=400)

    # The world as a whole

    def _do_reset(self, request: Request) -> Response:
        self._reset()
        return Response.json({"ok": True})

    def _show_options(self, request: Request) -> Response:
        return Response.json(asdict(self._world.options))

    def _set_options(self, request: Request) -> Response:
        body = _body(request)
        try:
            self._world.options.update(dict(body))
        except ValueError as error:
            _wrong(str(error))
        if "seed" in body:
            self._world.dice.seed(self._world.options.seed)
        return self._show_options(request)

    def _show_deliveries(self, request: Request) -> Response:
        query, log = request.query, self._world.deliveries
        account = self._account(query["account"]).id if query.get("account") else None
        try:
            since = float(query.get("since") or 0)
        except ValueError:
            _wrong("since wants seconds since 1970.")
        wanted = query.get("items") != "0"
        items = log.entries(to=query.get("to", ""), since=since, account=account) if wanted else []
        return Response.json({"items": items, "count": len(items) if wanted else len(log), "recipients": log.counts()})

    # Accounts

    def _list_accounts(self, request: Request) -> Response:
        items = [self._account_row(account, request) for account in self._world.accounts.values()]
        return Response.json({"items": items})

    def _create_account(self, request: Request) -> Response:
        body = _body(request)
        dialect = self._dialects.get(str(body.get("dialect", "")))
        if dialect is None:
            _wrong(f"dialect wants one of: {', '.join(self._dialects)}.")
        name = str(body.get("name") or f"Account {len(self._world.accounts) + 1}")
        if any(each.name == name and each.dialect == dialect.slug for each in self._world.accounts.values()):
            _wrong(f"There is an account {name} already.")
        account = dialect.create(self._world, name)
        for credential, value in body.get("credentials", {}).items():
            self._world.set_credential(account, str(credential), str(value))
        account.settings.update(body.get("settings", {}))
        return Response.json(self._account_row(account, request), status=201)

    def _account_row(self, account: Account, request: Request) -> dict[str, Any]:
        return {
            "id": account.id,
            "dialect": account.dialect,
            "name": account.name,
            "base_url": f"http://{request.host}/{account.dialect}",
            "credentials": account.credentials,
            "callback_urls": account.callback_urls,
            "callback_secret": account.callback_secret,
            "callbacks_on": account.callbacks_on,
            "has_credit": not account.no_credit,
            "numbers": [
                {"id": number.id, "unique": number.unique, "phone": number.phone, "state": number.state}
                for number in account.numbers.values()
            ],
            "devices": [
                {
                    "id": device.id,
                    "unique": device.unique,
                    "name": device.name,
                    "sims": device.sims,
                    "online": device.online,
                }
                for device in account.devices.values()
            ],
        }

    def _account(self, name: object) -> Account:
        accounts = self._world.accounts
        if str(name).isdecimal() and int(str(name)) in accounts:
            return accounts[int(str(name))]
        found = next((account for account in accounts.values() if account.dialect == name), None)
        return found or _wrong("account wants the id of an account, or a dialect for its demo account.")

    def _line(self, account: Account, name: str) -> Number | Device:
        """A line by unique id, phone, device id or device name."""
        for number in account.numbers.values():
            if name in {number.unique, number.phone}:
                return number
        for device in account.devices.values():
            if name in {device.unique, str(device.id), device.name, *device.sims.values()}:
                return device
        return _wrong("line wants the unique id or the phone of one of the account's numbers or devices.")

    def _disconnect(self, request: Request) -> Response:
        return self._set_line_state(request, is_on=False)

    def _connect(self, request: Request) -> Response:
        return self._set_line_state(request, is_on=True)

    def _set_line_state(self, request: Request, *, is_on: bool) -> Response:
        body = _body(request)
        account = self._account(body.get("account"))
        line = self._line(account, str(body.get("number") or body.get("line") or ""))
        if isinstance(line, Device):
            line.online = is_on
        else:
            self._world.set_number_state(account, line, "connected" if is_on else "disconnected")
        return Response.json(self._account_row(account, request))

    def _credit(self, request: Request) -> Response:
        body = _body(request)
        account = self._account(body.get("account"))
        account.no_credit = not body.get("left", False)
        return Response.json(self._account_row(account, request))

    def _deny(self, request: Request) -> Response:
        body = _body(request)
        account = self._account(body.get("account"))
        account.denied = {str(endpoint) for endpoint in body.get("endpoints", [])}
        return Response.json(self._account_row(account, request))

    # Phones

    def _incoming(self, request: Request) -> Response:
        body = _body(request)
        account = self._account(body.get("account"))
        sender = str(body.get("from") or "") or _wrong("from wants the phone that writes.")
        line = self._line(account, str(body["line"])) if body.get("line") else _first_line(account, body)
        message = self._world.receive(
            account,
            channel="sms" if isinstance(line, Device) else "whatsapp",
            line=line.unique,
            sender=sender,
            text=str(body.get("text", "")),
            sim=next(iter(line.sims)) if isinstance(line, Device) else 0,
            attachment=str(body.get("attachment", "")),
        )
        return Response.json(_message_row(message), status=201)

    def _scan(self, request: Request) -> Response:
        """A phone scans: JSON from a test, a form from the scan page."""
        is_form = request.content_type == "application/x-www-form-urlencoded"
        body: Body = request.form() if is_form else _body(request)
        number = self._world.scan(str(body.get("token") or body.get("qr") or ""), str(body.get("phone") or ""))
        if is_form:
            return pages.scanned(number)
        if number is None:
            _wrong("That code is unknown or has expired.")
        return Response.json({"unique": number.unique, "phone": number.phone, "state": number.state})

    # Calls to the product

    def _set_callbacks(self, request: Request) -> Response:
        body = _body(request)
        account = self._account(body.get("account"))
        if "url" in body:
            account.callback_urls = {"": str(body["url"])} if body["url"] else {}
        account.callback_urls.update({str(kind): str(url) for kind, url in body.get("urls", {}).items()})
        account.callback_secret = str(body.get("secret") or account.callback_secret)
        account.callbacks_on = bool(body.get("on", account.callbacks_on))
        return Response.json(self._account_row(account, request))

    def _show_callbacks(self, request: Request) -> Response:
        return Response.json({"items": list(self._sender.calls)})

    # Pages

    def _overview(self, request: Request) -> Response:
        return pages.overview(self._world, request.host)

    def _scan_page(self, request: Request) -> Response:
        return pages.scan(self._world, request.query.get("token", ""))


def _first_line(account: Account, body: Body) -> Number | Device:
    """The account's first line of the wanted channel, WhatsApp unless told or unless there is none."""
    lines: list[Number | Device] = [*account.numbers.values(), *account.devices.values()]
    if body.get("channel") == "sms":
        lines = [*account.devices.values()]
    return lines[0] if lines else _wrong("This account has no line of that channel.")


def _message_row(message: Message) -> dict[str, Any]:
    return {"id": message.key, "line": message.line, "from": message.peer, "text": message.text, "at": message.created}


def _body(request: Request) -> Body:
    try:
        body = request.json()
    except ValueError:
        _wrong("The body is not JSON.")
    if body is None:
        return {}
    return body if isinstance(body, dict) else _wrong("The body wants to be a JSON object.")
