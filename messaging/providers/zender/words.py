"""Zender's rows in our words (docs/wire.md 1.3)."""

import mimetypes
from datetime import UTC, datetime
from typing import Any

from messaging.providers.errors import Reason
from messaging.providers.shapes import Channel, Incoming, Status, StatusReport
from messaging.providers.zender.calls import Row
from messaging.providers.zender.paging import number

# The two channels use the same words in opposite order: an SMS is queued, then pending; a chat is pending, then queued.
_STATUSES: dict[Channel, dict[str, Status]] = {
    "sms": {"queued": "accepted", "pending": "accepted", "sent": "sent", "failed": "failed"},
    "whatsapp": {"pending": "accepted", "queued": "accepted", "sent": "sent", "failed": "failed"},
}
# Only a message that waits for the gateway can be dropped: the next word means that the phone has it.
WAITING: dict[Channel, str] = {"sms": "queued", "whatsapp": "pending"}

_MEDIA_KINDS = {"image", "audio", "video"}


def report(channel: Channel, row: Row) -> StatusReport | None:
    """What a row of sent, pending or message says; None for a word we do not know, which changes nothing."""
    word = str(row.get("status") or WAITING[channel]).lower()  # the pending lists show no status
    status = _STATUSES[channel].get(word)
    if status is None:
        return None
    code = str(row.get("status_code") or "")
    if status == "sent" and code == "SMS_DELIVERED":
        status = "delivered"
    if status == "sent" and code == "DELIVERY_FAILED":
        status = "failed"
    return StatusReport(
        status=status,
        remote_id=str(row.get("id")),
        reason=Reason.NOT_DELIVERED if status == "failed" else None,
        note=code,
        is_last=channel == "whatsapp" and status == "sent",  # it tells neither delivery nor reading there
        at=changed_at(row),
        raw=row,
    )


def incoming(channel: Channel, row: Row) -> Incoming:
    """A row of get/wa.received, get/sms.received, or the data of a callback (where the sender is `phone`)."""
    is_whatsapp = channel == "whatsapp"
    sender = str(row.get("phone") or row.get("recipient" if is_whatsapp else "sender") or "")
    attachment = media_url(row.get("attachment"))
    return Incoming(
        channel=channel,
        sender=sender,
        body=str(row.get("message") or ""),
        at=changed_at(row) or datetime.now(UTC),
        remote_id=f"{'wa' if is_whatsapp else 'sms'}:{row['id']}" if row.get("id") else "",
        line_hint=str(row.get("wid") or row.get("account" if is_whatsapp else "device") or ""),
        media_url=attachment,
        media_kind=media_kind(attachment),
        is_group=sender.endswith("@g.us"),
        raw=row,
    )


def changed_at(row: Row) -> datetime | None:
    """`created` (rewritten at every change of status, 1.6.5) or a callback's `timestamp`, unix seconds."""
    seconds = number(row.get("created") or row.get("timestamp"))
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds else None
    except (OverflowError, OSError, ValueError):
        return None


def media_url(value: Any) -> str:
    """An attachment's URL; false, 0 and empty all mean none."""
    return value if isinstance(value, str) and "://" in value else ""


def media_kind(url: str) -> str:
    """image, audio, video or document, by the name's ending; "" without a URL."""
    if not url:
        return ""
    kind = (mimetypes.guess_type(url.partition("?")[0])[0] or "").partition("/")[0]
    return kind if kind in _MEDIA_KINDS else "document"


def is_same_number(one: str, other: str) -> bool:
    """Loosely: digits only, and a Mexican mobile with or without WhatsApp's extra 1 (1.6.7)."""
    return bare_number(one) == bare_number(other) != ""


def bare_number(phone: str) -> str:
    """Its digits, without WhatsApp's extra 1 in Mexican mobiles; a group's id as it is."""
    if phone.endswith("@g.us"):
        return phone
    digits = "".join(c for c in phone.partition("@")[0] if c.isdigit())
    return "52" + digits[3:] if digits.startswith("521") and len(digits) == 13 else digits


def is_same_text(one: str, other: str) -> bool:
    """Ignoring the line ends and outer blanks that forms change on the way."""
    return _plain(one) == _plain(other)


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()
