"""The SMSGateway24 dialect, from docs/wire.md 4: ten endpoints, getdevicestatus, and three kinds of calls."""

import secrets
import time
from typing import ClassVar

from messaging.sandbox.dialect import Callback, Dialect
from messaging.sandbox.records import Account, fingerprint
from messaging.sandbox.registry import Event
from messaging.sandbox.server import Request, Response
from messaging.sandbox.smsgateway24 import audience, listing, sending
from messaging.sandbox.smsgateway24.call import Call, Refusal, no, refuse, yes
from messaging.sandbox.smsgateway24.webhook import callbacks_for
from messaging.sandbox.world import World

ENDPOINTS = {**audience.ENDPOINTS, **listing.ENDPOINTS, **sending.ENDPOINTS}
DEMO = {"email": "demo@sandbox.example", "password": "sandbox-smsgateway24-password"}
DEMO_SIMS = {1: "+525550005001", 2: "+525550005002"}


class SMSGateway24(Dialect):
    """Mounted at /smsgateway24; the real paths are /smsgateway24/getdata/<method>."""

    slug: ClassVar[str] = "smsgateway24"

    def handle(self, world: World, request: Request, path: str) -> Response:
        if path.startswith("files/"):
            return sending.show_file(world, path.removeprefix("files/"))
        name = path.removeprefix("getdata/")
        try:
            if name == "gettoken":
                return self._token(world, request)
            if name == "smstosend":
                account = _account_by_password(world, request)
                return sending.add_one(_call(world, account, request))
            if name == "addalotofsms":
                params = sending.bulk_fields(request)
                account = _account_by_token(world, str(params.get("token", "")))
                return sending.add_many(_call(world, account, request), params)
            endpoint = ENDPOINTS.get(name)
            if endpoint is None or request.method not in {"GET", "POST"}:
                return Response("<html><body><h1>404 Not Found</h1></body></html>", status=404)
            account = _account_by_token(world, request.params().get("token", ""))
            return endpoint(_call(world, account, request))
        except Refusal as words:
            return no(words)

    def demo(self, world: World) -> Account:
        return self._furnished(world, "Demo", DEMO)

    def create(self, world: World, name: str) -> Account:
        mark = fingerprint("smsgateway24", name)
        return self._furnished(world, name, {"email": f"{mark[:8]}@sandbox.example", "password": mark})

    def callbacks(self, event: Event) -> list[Callback]:
        return callbacks_for(event)

    def _furnished(self, world: World, name: str, credentials: dict[str, str]) -> Account:
        account = world.add_account(dialect=self.slug, name=name, credentials=credentials)
        world.add_device(account, "Sandbox Android", DEMO_SIMS)
        world.add_number(account, "+5215550005001")  # the WhatsApp on that phone
        return account

    def _token(self, world: World, request: Request) -> Response:
        """Row 1. The same token while it lives (`token_seconds`): others who are signed in are not thrown out."""
        account = _account_by_password(world, request)
        if account.settings.get("token_until", 0) < time.time():
            world.set_credential(account, "token", secrets.token_hex(16))
            account.settings["token_until"] = time.time() + world.options.token_seconds
        return yes(token=account.credentials["token"])


def _call(world: World, account: Account, request: Request) -> Call:
    return Call(world=world, account=account, request=request, params=request.params())


def _account_by_password(world: World, request: Request) -> Account:
    params = request.params()
    account = world.account_with(SMSGateway24.slug, "email", params.get("email", ""))
    if account is None or account.credentials["password"] != params.get("pass"):
        refuse("Login or password incorrect")
    return account


def _account_by_token(world: World, token: str) -> Account:
    account = world.account_with(SMSGateway24.slug, "token", token) if token else None
    if account is None or account.settings["token_until"] < time.time():
        refuse("Token is not valid")
    return account
