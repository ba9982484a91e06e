"""Writing events down for those who want them, in the transaction of what they tell."""

from collections.abc import Callable, Sequence
from typing import Any

from messaging.models import Webhook, WebhookDelivery

Data = dict[str, Any]


def publish(event: str, tell: Callable[[], Sequence[Data]]) -> int:
    """Write an event per item of tell() for each receiver that wants this kind. Call it inside the transaction that makes
    it true. tell: only called when somebody wants to hear; JSON values and datetimes. Returns how many were written."""
    wanted = [webhook for webhook in Webhook.objects.filter(is_active=True) if event in webhook.events]
    items = tell() if wanted else []
    rows = [WebhookDelivery(webhook=webhook, event=event, data=data) for data in items for webhook in wanted]
    WebhookDelivery.objects.bulk_create(rows, batch_size=500)
    return len(rows)
