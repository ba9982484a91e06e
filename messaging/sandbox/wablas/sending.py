"""Sending, in both versions: one content per request in v1, one per item in v2 (docs/endpoints.md 3.2 rows 15-24, 46-52, 56-62)."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from messaging.sandbox.records import Message
from messaging.sandbox.server import Response
from messaging.sandbox.stories import TAKEN, Fate
from messaging.sandbox.wablas import uploads
from messaging.sandbox.wablas.call import (
    BAD_PARAM,
    BAD_PHONE,
    MAX_TEXT,
    Call,
    Endpoint,
    Refusal,
    csv_of,
    is_true,
    phone_of,
    refuse,
)

PENDING = "Message is pending and waiting to be processed"
MEDIA = ("image", "document", "video", "audio")
Fields = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Content:
    """What is sent. shown: what the answer's row tells besides id, phone and status."""

    text: str
    category: str = "text"
    attachment: str = ""
    shown: Fields = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """One message before it is taken. error: why it is not."""

    phone: str
    content: Content | None = None
    error: str = ""
    peer: str = ""
    options: Fields = field(default_factory=dict)


def draft(call: Call, phone: object, fields: Fields, read: Callable[[Call, Fields], Content]) -> Draft:
    written = str(phone or "")
    is_group = is_true(fields.get("isGroup"))
    digits = written.partition("@")[0] if is_group else phone_of(written)
    if not digits:
        return Draft(phone=written, error=BAD_PHONE)
    try:
        content = read(call, fields)
    except Refusal as refusal:
        return Draft(phone=digits, error=refusal.message)
    return Draft(phone=digits, content=content, peer=f"{digits}@g.us" if is_group else f"+{digits}", options=fields)


def queue(call: Call, drafts: list[Draft], message: str = PENDING) -> Response:
    """Take what can be taken; each draft becomes one row of the answer, in order."""
    call.ready()
    fates = [call.world.fate(call.account, each.peer) if each.content else Fate.REJECT for each in drafts]
    if Fate.THROTTLE in fates:
        seconds = str(max(1, round(call.world.options.retry_after_seconds)))
        raise Refusal("limit exceeded", 429, {"Retry-After": seconds})
    rows = [_row(call, each, fate) for each, fate in zip(drafts, fates, strict=True)]
    device = {"device_id": call.number.unique, "quota": call.quota()}
    if any(is_true(each.options.get("random")) for each in drafts):
        # With several devices `data` is a list, and the row is one object (3.2, QR).
        data: object = [{**device, "messages": row} for row in rows]
    else:
        data = {**device, "messages": rows}
    answered = [fate for fate in fates if fate is not Fate.REJECT]
    return call.world.answer(answered, Response.json({"status": True, "message": message, "data": data}))


def _row(call: Call, each: Draft, fate: Fate) -> Fields:
    if each.content is None or fate is Fate.REJECT:
        return {"phone": each.phone, "message": each.error or BAD_PHONE, "status": False}
    if fate not in TAKEN:
        return {}  # nobody will see it: the line is closed without an answer
    taken = take(call, each, each.content)
    row = {"id": taken.key, "phone": each.phone, "message": each.content.text or None, **each.content.shown}
    return {**row, "status": "pending", "ref_id": taken.reference or None}


def take(call: Call, each: Draft, content: Content, **more: Any) -> Message:
    quota = call.account.settings.get("quota", "unlimited")
    if isinstance(quota, int):
        call.account.settings["quota"] = max(0, quota - 1)
    text = content.text or str(content.shown.get("caption", ""))
    if is_true(each.options.get("spintax")):
        text = _filled(call, each.phone, text)
    extra = {"category": content.category, "is_secret": is_true(each.options.get("secret")), **more.pop("extra", {})}
    return call.world.take(
        call.account,
        channel="whatsapp",
        line=call.number.unique,
        to=each.peer,
        text=text,
        attachment=content.attachment,
        reference=str(each.options.get("ref_id") or ""),
        extra=extra,
        **more,
    )


def _filled(call: Call, phone: str, text: str) -> str:
    """{name} from the gateway's own contacts."""
    contact = next((row for row in call.account.drawers["contacts"].values() if row["phone"] == phone), None)
    return text.replace("{name}", contact["name"] if contact else "")


# What the fields of each kind mean


def text_of(call: Call, fields: Fields) -> Content:
    return Content(text=checked(fields.get("message")))


def checked(text: object) -> str:
    """A text that is there and short enough."""
    if not isinstance(text, str) or not text.strip():
        refuse(BAD_PARAM, 400)
    return text if len(text) <= MAX_TEXT else refuse("message more than 1024 character", 400)


def media_of(kind: str, *, needs_caption: bool = False) -> Callable[[Call, Fields], Content]:
    def read(call: Call, fields: Fields) -> Content:
        url = str(fields.get(kind) or "")
        uploads.check_address(kind, url)
        return _media(kind, url, str(fields.get("caption") or ""), needs_caption=needs_caption)

    return read


def _media(kind: str, url: str, caption: str, *, needs_caption: bool = False) -> Content:
    if caption or needs_caption:
        checked(caption)
    if kind == "audio":
        caption = "audio"
    return Content(
        text="",
        category=kind,
        attachment=url,
        shown={"caption": caption or None, kind: url.rpartition("/")[2]},
    )


def local_media(kind: str, upload: Callable[[Call, str], str]) -> Endpoint:
    """A file that comes with the request: base64 in a field, or multipart."""

    def send(call: Call) -> Response:
        url = upload(call, kind)
        content = _media(kind, url, call.optional("caption"))
        phones = csv_of(call.text("phone"))
        return queue(call, [draft(call, phone, dict(call.params), lambda call, fields: content) for phone in phones])

    return send


def _nested(fields: Fields, *names: str) -> Fields:
    """The object under `message`, with every named part present and not empty."""
    message = fields.get("message")
    if not isinstance(message, dict) or any(message.get(name) in (None, "", []) for name in names):
        refuse(BAD_PARAM, 400)
    return message


def link_of(call: Call, fields: Fields) -> Content:
    message = _nested(fields, "link")
    uploads.check_address("link", str(message["link"]))
    text = str(message.get("text") or "")
    if text:
        checked(text)
    return Content(text=text, category="link", attachment=str(message["link"]))


def list_of(call: Call, fields: Fields) -> Content:
    message = _nested(fields, "title", "description", "buttonText", "lists", "footer")
    if not all(isinstance(row, dict) and row.get("title") for row in message["lists"]):
        refuse(BAD_PARAM, 400)
    return Content(text=checked(message["description"]), category="list")


def location_of(call: Call, fields: Fields) -> Content:
    """`message` comes back as JSON text."""
    message = _nested(fields, "latitude", "longitude")
    if not all(isinstance(message[name], int | float) for name in ("latitude", "longitude")):
        refuse(BAD_PARAM, 400)
    return Content(text=json.dumps(message, ensure_ascii=False), category="location")


# Endpoints


def version_1(read: Callable[[Call, Fields], Content]) -> Endpoint:
    """One content to the csv of phones; one row a phone."""

    def send(call: Call) -> Response:
        read(call, dict(call.params))  # a wrong content is the whole request's mistake here
        phones = csv_of(call.text("phone"))
        return queue(call, [draft(call, phone, dict(call.params), read) for phone in phones])

    return send


def version_2(read: Callable[[Call, Fields], Content], message: str = PENDING) -> Endpoint:
    def send(call: Call) -> Response:
        return queue(call, [draft(call, item.get("phone"), item, read) for item in call.items()], message)

    return send


def to_group(read: Callable[[Call, Fields], Content]) -> Endpoint:
    """To every member of a group of contacts; one row a member."""

    def send(call: Call) -> Response:
        items: list[Fields] = [dict(call.params)] if call.request.method == "GET" else call.items()
        drafts: list[Draft] = []
        for item in items:
            members = call.account.settings.get("groups", {}).get(str(item.get("group_id") or ""))
            if members is None:
                refuse("group not found")
            drafts += [draft(call, phone, item, read) for phone in members]
        ids = ", ".join(str(item["group_id"]) for item in items)
        return queue(call, drafts, f"Message to Group {ids} is pending and waiting to be processed")

    return send


_LOCAL = {"image": uploads.from_base64, "document": uploads.from_base64}
ENDPOINTS: dict[str, Endpoint] = {
    "GET api/send-message": version_1(text_of),
    "POST api/send-message": version_1(text_of),
    **{f"POST api/send-{kind}": version_1(media_of(kind)) for kind in MEDIA},
    **{f"POST api/send-{kind}-from-local": local_media(kind, _LOCAL.get(kind, uploads.from_part)) for kind in MEDIA},
    "POST api/v2/send-message": version_2(text_of),
    **{f"POST api/v2/send-{kind}": version_2(media_of(kind, needs_caption=kind == "video")) for kind in MEDIA},
    "POST api/v2/send-link": version_2(link_of, f"Link Preview {PENDING}, with error: 0"),
    "POST api/v2/send-list": version_2(list_of),
    "POST api/v2/send-location": version_2(location_of),
    "GET api/v2/group/text": to_group(text_of),
    "POST api/v2/group/text": to_group(text_of),
    **{f"POST api/v2/group/{kind}": to_group(media_of(kind, needs_caption=kind == "video")) for kind in MEDIA},
}
