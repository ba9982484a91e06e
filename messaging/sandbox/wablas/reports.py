"""What became of messages, and taking them back (docs/endpoints.md 3.2 rows 25, 26, 37-40)."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from messaging.sandbox.records import OPEN, Message
from messaging.sandbox.server import Response
from messaging.sandbox.wablas.call import JAKARTA, Call, Endpoint, Refusal, csv_of, local, ok, phone_of, refuse

# The report uses the newer documents' words, tracking calls the older ones (3.3): both are met in the wild.
STATUS = {
    "waiting": "pending",
    "handed": "pending",
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "failed": "rejected",
    "cancelled": "cancel",
}
MAX_ROWS = 1000


def status_of(message: Message) -> str:
    return "revoke" if (message.extra or {}).get("is_revoked") else STATUS[message.state]


def shown_phone(message: Message) -> str:
    return message.peer.partition("@")[0].removeprefix("+")


def _outgoing(call: Call, ids: str = "") -> Iterator[Message]:
    """Newest first, or those with these ids: handed over, and not among what is deleted after sending."""
    folder = call.account.folder("whatsapp", "out")
    asked = [folder[key] for key in csv_of(ids) if key in folder] if ids else reversed(folder.values())
    for message in asked:
        is_gone = (message.extra or {}).get("is_secret") and message.state not in OPEN
        if message.started and not is_gone:
            yield message


def report_message(call: Call) -> Response:
    """`message` is the list; page and perPage are strings (3.6.8)."""
    if call.account.settings.get("report_throttled"):
        raise Refusal("Report generation limit exceeded", 429, {"Retry-After": "1"})
    asked = {
        "phone": phone_of(call.optional("phone")) or "",
        "ref_id": call.optional("ref_id"),
        "status": call.optional("status"),
        "date": call.optional("date"),
        "type": call.optional("type"),
        "text": call.optional("text"),
    }
    rows = [
        _report_row(call, message) for message in _outgoing(call, call.optional("message_id")) if _fits(message, asked)
    ]
    page, size = call.whole("page", 1), call.whole("perPage", 100)
    return Response.json(
        {
            "status": True,
            "totalData": len(rows),
            "perPage": str(size),
            "page": str(page),
            "totalPage": _pages(rows, size),
            "message": _cut(rows, page, size),
        }
    )


def _fits(message: Message, asked: dict[str, str]) -> bool:
    if asked["ref_id"] not in ("", message.reference):
        return False
    facts = {
        "phone": shown_phone(message),
        "status": status_of(message),
        "date": local(message.created)[:10],
        "type": (message.extra or {}).get("category", "text"),
        "text": message.text,
    }
    return all(asked[name] in ("", fact) for name, fact in facts.items())


def _report_row(call: Call, message: Message) -> dict[str, Any]:
    row = _common(call, message)
    return {**row, "text": message.text, "URL_file": message.attachment or None, "ref_id": message.reference or None}


def _common(call: Call, message: Message) -> dict[str, Any]:
    return {
        "id": message.key,
        "phone": {"from": call.number.phone.removeprefix("+"), "to": shown_phone(message)},
        "category": (message.extra or {}).get("category", "text"),
        "status": status_of(message),
        "type": "agent",
        "date": {"created_at": local(message.created), "updated_at": local(message.changed)},
    }


def report_realtime(call: Call) -> Response:
    """Today's only. The key `message` stands there twice: a sentence, then the list (row 26)."""
    today = datetime.now(JAKARTA).strftime("%Y-%m-%d")
    rows = [
        {**_common(call, message), "message": message.text, "file": message.attachment or None}
        for message in _outgoing(call, call.optional("message_id"))
        if local(message.created).startswith(today)
    ]
    page, size = call.whole("page", 1), min(call.whole("limit", 10), MAX_ROWS)
    head = {"device_id": call.number.unique, "page": str(page), "totalPage": _pages(rows, size), "totalData": len(rows)}
    first = '{"status":true,"message":"success, report only today",'
    listed = json.dumps(_cut(rows, page, size), ensure_ascii=False)
    return Response(f'{first}{json.dumps(head)[1:-1]},"message":{listed}}}', content_type="application/json")


def _pages(rows: list[Any], size: int) -> int:
    return -(-len(rows) // max(1, size))


def _cut(rows: list[Any], page: int, size: int) -> list[Any]:
    start = (max(1, page) - 1) * size
    return rows[start : start + size]


# Taking back


def _named(call: Call) -> list[Message | None]:
    return [call.account.folder("whatsapp", "out").get(key) for key in csv_of(call.text("id"))]


def _row(message: Message, status: str) -> dict[str, Any]:
    return {"id": message.key, "phone": shown_phone(message), "message": message.text, "status": status}


def cancel_message(call: Call) -> Response:
    """An id that cannot be cancelled any more is a row without an id."""
    rows: list[dict[str, Any]] = []
    for message in _named(call):
        if message is None or message.state not in OPEN:
            rows.append({"message": "Id Invalid or message is not pending anymore", "status": False})
        else:
            call.world.cancel(message)
            rows.append(_row(message, "cancel"))
    return ok("Message is canceled and waiting to be processed", data={"messages": rows})


def cancel_all(call: Call) -> Response:
    """The whole device's, whoever queued them (3.6.10)."""
    pending = list(call.account.pending["whatsapp"].values())
    for message in pending:
        call.world.cancel(message)
    return ok(f"Cancel {len(pending)} pending messages", data={"messages": [{"id": each.key} for each in pending]})


def revoke_message(call: Call) -> Response:
    rows = []
    for message in _named(call):
        if message is not None and message.state not in OPEN:
            message.extra = {**(message.extra or {}), "is_revoked": True}
            call.world.move(message, "cancelled")
            rows.append(_row(message, "revoke"))
    return ok("Message is being deleted and waiting to be processed", data={"messages": rows})


def resend_message(call: Call) -> Response:
    """The same ids once more."""
    call.ready()
    rows = []
    for message in _named(call):
        if message is None:
            refuse("message not found")
        call.world.delete(message)
        taken = call.world.take(
            call.account,
            channel="whatsapp",
            line=message.line,
            to=message.peer,
            text=message.text,
            attachment=message.attachment,
            key=message.key,
            reference=message.reference,
            extra=message.extra,
        )
        rows.append(_row(taken, "pending"))
    data = {"device_id": call.number.unique, "quota": call.quota(), "messages": rows}
    return ok("Resend Message is pending and waiting to be processed", data=data)


ENDPOINTS: dict[str, Endpoint] = {
    "GET api/report/message": report_message,
    "GET api/report-realtime": report_realtime,
    "GET api/resend-message": resend_message,
    "GET api/cancel-message": cancel_message,
    "GET api/cancel-all-message": cancel_all,
    "GET api/revoke-message": revoke_message,
}
