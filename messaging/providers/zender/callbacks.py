"""Zender's webhook: a form in PHP's nesting, told as ours by a field `secret` (docs/wire.md 1.5)."""

import hmac
import json
import re
from typing import Any
from urllib.parse import parse_qsl

from messaging.providers.errors import CallbackRejected, Reason
from messaging.providers.shapes import Callback, Incoming
from messaging.providers.zender.words import incoming

_NESTED = re.compile(r"^data\[([^\[\]]+)\]$")


def verify(callback: Callback, webhook_secret: str) -> None:
    """Raise CallbackRejected unless the body carries webhook_secret; "" accepts, as our address is secret itself."""
    fields = read(callback)
    given = str(fields.get("secret") or "")
    if webhook_secret and not hmac.compare_digest(given.encode(), webhook_secret.encode()):
        raise CallbackRejected(Reason.BAD_CREDENTIALS, "the secret in the body is not this account's")


def parse(callback: Callback) -> list[Incoming]:
    """Received messages; nothing for ussd and notification(s), which the mirror reads."""
    fields = read(callback)
    data = fields.get("data")
    kind = str(fields.get("type") or "").lower()
    if not isinstance(data, dict) or kind not in ("sms", "whatsapp"):
        return []
    return [incoming("sms" if kind == "sms" else "whatsapp", data)]


def read(callback: Callback) -> dict[str, Any]:
    """secret, type and data (a dict), from a form or from JSON of the same shape."""
    try:
        if callback.body.lstrip().startswith(b"{"):
            body = json.loads(callback.body)
            return body if isinstance(body, dict) else {}
        pairs = parse_qsl(callback.body.decode("utf-8"), keep_blank_values=True)
    except ValueError as error:
        raise CallbackRejected(Reason.UNREADABLE, "neither a form nor JSON", status=400) from error
    nested = {found[1]: value for name, value in pairs if (found := _NESTED.match(name))}
    return {**dict(pairs), "data": nested}
