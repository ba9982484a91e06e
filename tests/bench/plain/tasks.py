"""The task."""

import os

import httpx
from django.utils import timezone

from tests.bench.plain.models import PlainMessage

GATEWAY_URL = os.environ.get("PLAIN_GATEWAY", "")
GATEWAY_FIELDS = {
    "secret": os.environ.get("PLAIN_SECRET", ""),
    "account": os.environ.get("PLAIN_ACCOUNT", ""),
    "type": "text",
    "priority": "2",
}
_client = httpx.Client(timeout=30)  # kept by each worker; a new one per call would take ten times as long


def send(message_id: int) -> None:
    """Send one message, once per delivery of its task."""
    message = PlainMessage.objects.get(pk=message_id)
    fields = {**GATEWAY_FIELDS, "recipient": message.phone, "message": message.body}
    answer = _client.post(GATEWAY_URL, data=fields).json()
    message.status = "sent" if answer["status"] == 200 else "failed"
    message.remote_id = str(answer["data"]["messageId"])
    message.sent_at = timezone.now()
    message.save()
