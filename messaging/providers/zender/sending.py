"""An Outgoing as the parameters of send/whatsapp or send/sms (docs/endpoints.md 1.2 rows 43 and 21)."""

from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from messaging.providers.errors import MessageRejected, Reason
from messaging.providers.shapes import Media, Outgoing
from messaging.providers.zender.calls import Row
from messaging.providers.zender.client import ZenderClient

NOW, QUEUED = 1, 2  # WhatsApp's priorities
HIGH, NORMAL = 1, 2  # and those of SMS
DOCUMENT_TYPES = ("pdf", "xml", "xls", "xlsx", "doc", "docx")


def send(client: ZenderClient, message: Outgoing) -> Row:
    """Hand one message over and return the gateway's data: messageId."""
    return send_chat(client, message) if message.route.kind == "whatsapp" else send_sms(client, message)


def send_chat(client: ZenderClient, message: Outgoing) -> Row:
    """Over a linked WhatsApp number."""
    return client.send_whatsapp(
        account=message.route.address,
        recipient=message.to,
        message=message.body,
        priority=NOW if message.is_urgent else QUEUED,
        **_attached(message),
    )


def send_sms(client: ZenderClient, message: Outgoing) -> Row:
    """Over a SIM of a phone, or over a paid gateway."""
    if message.attachment is not None or message.is_group:
        raise MessageRejected(Reason.NOT_SUPPORTED, "an SMS is text to one person")
    if message.route.kind == "paid":
        return client.send_sms(mode="credits", phone=message.to, message=message.body, gateway=message.route.address)
    return client.send_sms(
        mode="devices",
        phone=message.to,
        message=message.body,
        device=message.route.address,
        sim=message.route.slot or 1,
        priority=HIGH if message.is_urgent else NORMAL,
    )


def _attached(message: Outgoing) -> dict[str, Any]:
    media = message.attachment
    if media is None:
        return {"type": "text"}
    if not isinstance(media, Media):
        raise MessageRejected(Reason.NOT_SUPPORTED, f"no {type(media).__name__.lower()} over this gateway")
    if not (media.url or media.content):
        raise MessageRejected(Reason.MEDIA_INVALID, "no file")
    name = media.filename or PurePosixPath(urlsplit(media.url).path).name
    stem = "document" if media.kind == "document" else "media"
    source: dict[str, Any] = (
        {f"{stem}_url": media.url}
        if media.url
        else {f"{stem}_file": (name or stem, media.content, media.mime_type or "application/octet-stream")}
    )
    if media.kind != "document":
        return {"type": "media", "media_type": media.kind, **source}
    ending = PurePosixPath(name).suffix.lower().lstrip(".")
    if ending not in DOCUMENT_TYPES:
        raise MessageRejected(Reason.MEDIA_INVALID, f"documents are {', '.join(DOCUMENT_TYPES)}")
    return {"type": "document", "document_name": name, "document_type": ending, **source}
