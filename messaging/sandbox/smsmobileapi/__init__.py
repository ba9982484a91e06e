"""The SMSMobileAPI dialect, from docs/wire.md 2: five endpoints, the vendor's further ones, Webhook V2."""

import time
from typing import ClassVar

from messaging.sandbox.dialect import Callback, Dialect
from messaging.sandbox.records import Account, fingerprint
from messaging.sandbox.registry import Event
from messaging.sandbox.server import Request, Response
from messaging.sandbox.smsmobileapi import inbox, outbox
from messaging.sandbox.smsmobileapi.access import account_of, issue_token
from messaging.sandbox.smsmobileapi.call import Call, Refusal, refusal
from messaging.sandbox.smsmobileapi.webhook import callbacks_for
from messaging.sandbox.world import World

ENDPOINTS = {**outbox.ENDPOINTS, **inbox.ENDPOINTS}
DEMO = {
    "api_key": "sandbox-smsmobileapi-key",
    "client_id": "sandbox-client",
    "client_secret": "sandbox-client-secret",
}
DEMO_SIMS = {1: "+525550004001", 2: "+525550004002"}


class SMSMobileAPI(Dialect):
    """Mounted at /smsmobileapi. One phone sends everything: SMS by its SIM cards, WhatsApp by its own number."""

    slug: ClassVar[str] = "smsmobileapi"

    def handle(self, world: World, request: Request, path: str) -> Response:
        try:
            if path == "oauth2/token":
                return issue_token(world, request)
            endpoint = ENDPOINTS.get(path)
            if endpoint is None:
                return Response("<html><body><h1>404 Not Found</h1></body></html>", status=404)
            if request.method not in endpoint.methods:
                return refusal(Refusal(405, "method", "This method is not allowed here"))
            account = account_of(world, request)
            if path in account.denied:
                return outbox.denied(path)
            return endpoint.answer(Call(world=world, account=account, params=request.params()))
        except Refusal as no:
            return refusal(no)

    def demo(self, world: World) -> Account:
        return self._furnished(world, "Demo", DEMO)

    def create(self, world: World, name: str) -> Account:
        return self._furnished(world, name, {key: fingerprint("smsmobileapi", key, name) for key in DEMO})

    def callbacks(self, event: Event) -> list[Callback]:
        return callbacks_for(event, now=time.time())

    def _furnished(self, world: World, name: str, credentials: dict[str, str]) -> Account:
        account = world.add_account(dialect=self.slug, name=name, credentials=credentials, key_of=_guid)
        world.add_device(account, "Sandbox Mobile", DEMO_SIMS)
        world.add_number(account, "+5215550004001")
        return account


def _guid(number: int) -> str:
    """40 hex digits, as `result.id`."""
    return fingerprint("smsmobileapi message", number)
