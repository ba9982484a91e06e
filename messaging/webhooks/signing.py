"""How a receiver knows that a call is ours, and when it was made: docs/webhooks.md."""

import hashlib
import hmac
import json
from collections.abc import Mapping

from django.core.serializers.json import DjangoJSONEncoder

from messaging.models import WebhookDelivery


def body_of(delivery: WebhookDelivery) -> bytes:
    """The call's body: id (the same in every attempt), type, created_at, data."""
    event = {
        "id": str(delivery.event_id),
        "type": delivery.event,
        "created_at": delivery.created_at,
        "data": delivery.data,
    }
    return json.dumps(event, cls=DjangoJSONEncoder, ensure_ascii=False).encode()


def headers_of(delivery: WebhookDelivery, body: bytes, *, secret: str, now: float) -> Mapping[str, str]:
    """now: unix seconds of this attempt."""
    return {
        "Content-Type": "application/json",
        "X-Carillon-Event": delivery.event,
        "X-Carillon-Id": str(delivery.event_id),
        "X-Carillon-Signature": f"t={int(now)},v1={signature(body, secret=secret, at=int(now))}",
    }


def signature(body: bytes, *, secret: str, at: int) -> str:
    """Hex of HMAC-SHA256 over "<seconds>.<body>"."""
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
