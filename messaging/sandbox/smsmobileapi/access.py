"""Who is calling: `apikey` in query or form, or a Bearer token from /oauth2/token (docs/wire.md 2.1)."""

import secrets
import time

from messaging.sandbox.records import Account
from messaging.sandbox.server import Request, Response
from messaging.sandbox.smsmobileapi.call import Refusal, wrong
from messaging.sandbox.world import World

SLUG = "smsmobileapi"


def issue_token(world: World, request: Request) -> Response:
    """Row 5. The newest token is the only one that works, for `token_seconds`."""
    form = request.form()
    if request.method != "POST" or form.get("grant_type") != "client_credentials":
        wrong("grant_type")
    account = world.account_with(SLUG, "client_id", form.get("client_id", ""))
    if account is None or account.credentials["client_secret"] != form.get("client_secret"):
        raise Refusal(401, "invalid_client", "Client id or secret is wrong")
    token = secrets.token_hex(20)
    world.set_credential(account, "access_token", token)
    account.settings["token_until"] = time.time() + world.options.token_seconds
    return Response.json(
        {"access_token": token, "token_type": "Bearer", "expires_in": int(world.options.token_seconds)}
    )


def account_of(world: World, request: Request) -> Account:
    """The caller."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        account = world.account_with(SLUG, "access_token", token.strip())
        if account is None or account.settings.get("token_until", 0) < time.time():
            raise Refusal(403, "unauthorized", "The access token is invalid or has expired")
    else:
        account = world.account_with(SLUG, "api_key", request.params().get("apikey") or wrong("apikey"))
        if account is None:
            raise Refusal(403, "unauthorized", "The API key is invalid")
    return account
