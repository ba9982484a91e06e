"""From our messages to v2 items, and what Wablas would turn away anyhow. docs/endpoints.md 3.2 rows 46–52, 56."""

import re
from typing import Any

from messaging.providers.errors import MessageRejected, Reason
from messaging.providers.shapes import Link, Location, Media, Menu, Outgoing
from messaging.providers.wablas.words import to_phone

TEXT_LIMIT = 1024  # characters, captions too
MEDIA_LIMIT = 2 * 1024 * 1024
_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)  # Wablas would read a local number as an Indonesian one

Item = dict[str, Any]


def kind_of(message: Outgoing) -> str:
    """The kind of v2 call that carries the message."""
    attachment = message.attachment
    if isinstance(attachment, Media):
        return attachment.kind
    return {Location: "location", Link: "link", Menu: "list"}.get(type(attachment), "text")


def item_of(message: Outgoing, media_url: str = "") -> Item:
    """The v2 item. media_url: of an uploaded file. Without `retry`: only our engine decides on sending again."""
    item: Item = {"phone": to_phone(message.to), "ref_id": message.reference}
    if message.is_group:
        item["isGroup"] = True
    if message.is_urgent:
        item["priority"] = True
    return item | _content_of(message, media_url)


def _content_of(message: Outgoing, media_url: str) -> Item:
    match message.attachment:
        case Media(kind=kind, url=url):
            caption = {} if kind == "audio" or not message.body else {"caption": message.body}
            return {kind: media_url or url, **caption}
        case Location(latitude=latitude, longitude=longitude, name=name, address=address):
            return {"message": {"name": name, "address": address, "latitude": latitude, "longitude": longitude}}
        case Link(url=url):
            return {"message": {"text": message.body, "link": url}}
        case Menu(title=title, button=button, items=items, footer=footer):
            rows = [{"title": name, "description": description} for name, description in items]
            content = {"title": title, "description": message.body, "buttonText": button, "lists": rows}
            return {"message": {**content, "footer": footer}}
    return {"message": message.body}


def objection_to(message: Outgoing) -> MessageRejected | None:
    """Why Wablas would certainly turn this message away: said before the call, so that a batch is not lost for one."""
    attachment, text = message.attachment, message.body.strip()
    if not (to_phone(message.to) if message.is_group else _E164.fullmatch(message.to)):
        return MessageRejected(Reason.INVALID_NUMBER, "no group" if message.is_group else "not an international number")
    if len(message.body) > TEXT_LIMIT:
        return MessageRejected(Reason.TEXT_TOO_LONG, f"{len(message.body)} of {TEXT_LIMIT} characters")
    if isinstance(attachment, Media) and not (attachment.url or attachment.content):
        return MessageRejected(Reason.MEDIA_INVALID, "no file")
    if isinstance(attachment, Media) and len(attachment.content) > MEDIA_LIMIT:
        return MessageRejected(Reason.MEDIA_TOO_LARGE, f"{len(attachment.content)} of {MEDIA_LIMIT} bytes")
    kind = kind_of(message)
    if kind in ("text", "video", "list") and not text:
        return MessageRejected(Reason.TEXT_EMPTY, f"a {kind} message needs a text")
    if isinstance(attachment, Menu) and not (attachment.title and attachment.button and attachment.footer):
        return MessageRejected(Reason.TEXT_EMPTY, "a list message needs a title, a button and a footer")
    if kind in ("audio", "location") and text:
        return MessageRejected(Reason.NOT_SUPPORTED, f"a {kind} message carries no text")
    return None
