"""The Zender dialect (smsenlinea and its siblings), from docs/wire.md 1: 52 endpoints, and the three beyond."""

from collections.abc import Callable
from typing import ClassVar

from messaging.sandbox.dialect import Callback, Dialect
from messaging.sandbox.records import Account, fingerprint
from messaging.sandbox.registry import Event
from messaging.sandbox.server import Request, Response
from messaging.sandbox.world import World
from messaging.sandbox.zender import book, bulk, linking, otp, sms, tools, uploads, whatsapp
from messaging.sandbox.zender.call import Call, Refusal, envelope
from messaging.sandbox.zender.callbacks import callbacks_for
from messaging.sandbox.zender.demo import fill_account

Endpoint = Callable[[Call], Response]

ENDPOINTS: dict[str, Endpoint] = {
    **book.ENDPOINTS,
    **bulk.ENDPOINTS,
    **linking.ENDPOINTS,
    **otp.ENDPOINTS,
    **sms.ENDPOINTS,
    **tools.ENDPOINTS,
    **whatsapp.ENDPOINTS,
}
DEMO_SECRET = "sandbox-zender-secret"  # noqa: S105  the key everybody may know


class Zender(Dialect):
    """Mounted at /zender; the real paths are /zender/api/<verb>/<resource>, /zender/<verb>/<resource> answers as well."""

    slug: ClassVar[str] = "zender"

    def handle(self, world: World, request: Request, path: str) -> Response:
        if path.startswith("uploads/"):
            return uploads.show(world, path.removeprefix("uploads/"))
        path = path.removeprefix("api/")
        try:
            if path in linking.TOKEN_ENDPOINTS:
                return linking.TOKEN_ENDPOINTS[path](world, request)
            endpoint = ENDPOINTS.get(path)
            if endpoint is None:
                # The script's verbs disagree about what an unknown endpoint is (docs/wire.md 1.4).
                status = 500 if path.partition("/")[0] in {"send", "remote", "validate"} else 400
                return envelope(status, "Invalid API Endpoint!")
            params = request.params()
            return endpoint(Call(world=world, account=_account(world, params, path), request=request, params=params))
        except Refusal as refusal:
            return envelope(refusal.status, refusal.message, refusal.data)

    def demo(self, world: World) -> Account:
        account = world.add_account(dialect=self.slug, name="Demo", credentials={"secret": DEMO_SECRET})
        return fill_account(world, account)

    def create(self, world: World, name: str) -> Account:
        credentials = {"secret": fingerprint("zender secret", name)}
        return fill_account(world, world.add_account(dialect=self.slug, name=name, credentials=credentials))

    def callbacks(self, event: Event) -> list[Callback]:
        return callbacks_for(event)


def _account(world: World, params: dict[str, str], path: str) -> Account:
    secret = params.get("secret", "")
    if not secret:
        raise Refusal(400, "Invalid Parameters!")
    account = world.account_with("zender", "secret", secret)
    if account is None:
        raise Refusal(401, "Invalid API secret supplied!")
    if path in account.denied:
        raise Refusal(403, "This API key doesn't have permission to use this endpoint!")
    return account
