"""What came in: WhatsApp has to be activated, synchronised and only then read (docs/endpoints.md 2.2 rows 3 and 4, docs/wire.md 2.6.7)."""

import json
import re
import time
from datetime import UTC, datetime
from typing import Any

from messaging.sandbox.records import Message
from messaging.sandbox.server import Response
from messaging.sandbox.smsmobileapi.call import Call, Endpoint, wrong

WINDOW = 900  # seconds for which a synchronisation lasts
AUDIO = (".mp3", ".ogg", ".opus", ".m4a")
_COMMA_BEFORE_RESPONSE = re.compile(r',(?="response":)')


def activate(call: Call) -> Response:
    """1 on, 0 off, x asks. Off until somebody switches it on."""
    wanted = call.text("statut")
    if wanted not in {"1", "0", "x"}:
        wrong("statut")
    if wanted != "x":
        call.account.settings["retrieval"] = wanted
    return Response.json({"error": "0", "statut": call.account.settings.get("retrieval", "0")})


def synchronise(call: Call) -> Response:
    """Row 3, with the vendor's trailing comma and the key that ends in a blank."""
    if call.account.settings.get("retrieval") != "1":
        return _not_now("not_active", "Activate the retrieval of WhatsApp messages first")
    until = int(time.time()) + WINDOW
    call.account.settings["window_until"] = until
    local = f"{datetime.fromtimestamp(until, UTC):%Y-%m-%d %H:%M:%S}"
    return _as_printed(
        f'{{\n"error": "0",\n"messages": "synchronized",\n"expire_at ": "{local}",\n"expire_at_unix": "{until}",\n}}'
    )


def whatsapp(call: Call) -> Response:
    """Row 4: one message comes as an object, several as a list; a comma is missing in each, as the vendor prints it."""
    if call.account.settings.get("window_until", 0) < time.time():
        return _not_now("not_synchronized", "Synchronize first")
    kind, date, before = call.optional("message_type"), call.optional("date"), call.number("before")
    if kind not in {"", "text", "audio"}:
        wrong("message_type")
    messages = [
        message
        for message in reversed(call.account.folder("whatsapp", "in").values())
        if (before is None or message.created < before)
        and date in ("", f"{_local(message):%Y-%m-%d}")
        and (not kind or (kind == "audio") == is_voice(message))
    ]
    rows = [_COMMA_BEFORE_RESPONSE.sub("", json.dumps(_row(message), separators=(",", ":"))) for message in messages]
    return _as_printed(rows[0] if len(rows) == 1 else f"[{','.join(rows)}]")


def sms(call: Call) -> Response:
    """`result.sms`; reading marks as read."""
    after, sid = call.number("after_timestamp_unix"), call.optional("sIdentifiantPhone")
    read: set[str] = call.account.settings.setdefault("read", set())
    messages = [
        message
        for message in reversed(call.account.folder("sms", "in").values())
        if (after is None or message.created > after)
        and sid in ("", message.line)
        and not (call.optional("onlyunread") == "yes" and message.key in read)
    ]
    read.update(message.key for message in messages)
    rows = [
        {
            "date": f"{_local(message):%Y-%m-%d}",
            "hour": f"{_local(message):%H:%M:%S}",
            "timestamp_unix": str(int(message.created)),
            "number": message.peer,
            "message": message.text,
            "guid": message.key,
            "sIdentifiantPhone": message.line,
        }
        for message in messages
    ]
    return Response.json({"result": {"error": 0, "sms": rows}})


ENDPOINTS = {
    "getwa/active": Endpoint(answer=activate, methods=("GET",)),
    "getwa/synchronisation": Endpoint(answer=synchronise, methods=("GET",)),
    "getwa": Endpoint(answer=whatsapp, methods=("GET",)),
    "getsms": Endpoint(answer=sms, methods=("GET",)),
}


def is_voice(message: Message) -> bool:
    return message.attachment.lower().endswith(AUDIO)


def _row(message: Message) -> dict[str, Any]:
    """Numbers are strings, date and hour have no zone: only `timestamp` can be relied on (2.6)."""
    return {
        "date": f"{_local(message):%Y-%m-%d}",
        "hour": f"{_local(message):%H:%M:%S}",
        "timestamp": str(int(message.created)),
        "number": message.peer.removeprefix("+"),
        "contact": "",
        "message": message.text,
        "guid": message.key,
        "more": {"auto_reply": "0", "transfert_to_email": "0", "chatgpt_reply": "0"},
        "chatgpt": {"prompt_tokens": "0", "completion_tokens": "0", "total_tokens_cost": "0", "response": ""},
    }


def _local(message: Message) -> datetime:
    return datetime.fromtimestamp(message.created, UTC)


def _not_now(error: str, words: str) -> Response:
    return Response.json({"error": error, "message": words})


def _as_printed(text: str) -> Response:
    return Response(text, content_type="application/json")
