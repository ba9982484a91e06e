"""Scheduled messages, reminders, agents and automatic replies at Wablas. docs/endpoints.md 3.2 rows 27, 29–32, 42–45, 53, 55, 63, 64.

It lists the replies alone. Times go out as Jakarta's, which is what it takes one without a zone for (3.6.7).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from messaging.providers.errors import MessageRejected, OutcomeUnknown, Reason
from messaging.providers.kept import Kept, Values
from messaging.providers.redact import mask_fields
from messaging.providers.wablas.client import WablasClient
from messaging.providers.wablas.judge import Answer, rows_in
from messaging.providers.wablas.kinds import FILES
from messaging.providers.wablas.schedules import ScheduleItem
from messaging.providers.wablas.words import JAKARTA, local_time, phone_key, to_phone


def make(client: WablasClient, kind: str, values: Values) -> Kept:
    """One more; OutcomeUnknown also when the answer names no id."""
    return _MAKE[kind](client, values)


def change(client: WablasClient, kind: str, remote_id: str, values: Values) -> Kept:
    """Other values for one; it keeps its id."""
    return _CHANGE[kind](client, remote_id, values)


def end(client: WablasClient, kind: str, remote_id: str, deed: str) -> None:
    """cancel: keep it, but do not send it. delete: remove it."""
    _END[kind, deed](client, remote_id)


def look(client: WablasClient, kind: str, remote_id: str) -> Kept | None:
    """How the gateway has it now; None when it says that it has none. The answer says "updated"; nothing was (row 44)."""
    if kind != "reminder":
        raise ValueError(f"Wablas cannot be asked about a {kind}")
    try:
        found = _kept(client.reminder_info(id=remote_id).get("data"), remote_id)
    except MessageRejected as problem:
        if "not found" in problem.detail.lower():
            return None
        raise
    at, phone = local_time(found.raw.get("start_at")), phone_key(found.raw.get("phone"))
    told = {
        "title": str(found.raw.get("title") or ""),
        "phone": f"+{phone}" if phone else "",
        "text": str(found.raw.get("message") or ""),
        "at": at,
    }
    return replace(found, values={name: value for name, value in told.items() if value})


def _make_reply(client: WablasClient, values: Values) -> Kept:
    return _kept(
        client.create_autoreply(keyword=_text(values, "keyword"), response=_text(values, "response")).get("data")
    )


def _change_reply(client: WablasClient, remote_id: str, values: Values) -> Kept:
    answer = client.update_autoreply(id=remote_id, keyword=_text(values, "keyword"), response=_text(values, "response"))
    return _kept(answer.get("data"), remote_id)


def _make_schedule(client: WablasClient, values: Values) -> Kept:
    if _is_file(values):
        answer = client.schedule_many([_item(values)])
        data = answer.get("data")
        rows = rows_in(data.get("messages")) if isinstance(data, dict) else []
    else:
        rows = rows_in(client.schedule(**_schedule(values)).get("messages"))
    row = rows[0] if rows else {}
    if row.get("status") is False:
        raise MessageRejected(Reason.REJECTED, str(row.get("message") or "no explanation"))
    return _kept(row)


def _change_schedule(client: WablasClient, remote_id: str, values: Values) -> Kept:
    """Both answers are flat (rows 30, 55)."""
    if _is_file(values):
        answer = client.update_scheduled(schedule_id=remote_id, item=_item(values))
    else:
        answer = client.update_schedule(schedule_id=remote_id, **_schedule(values))
    return _kept({name: value for name, value in answer.items() if name != "status"}, remote_id)


def _make_reminder(client: WablasClient, values: Values) -> Kept:
    answer = client.create_reminder(
        **_reminder(values), periode=cast(Any, values["period"]), custom_day=cast("int | None", values.get("days"))
    )
    return _kept(answer.get("data"))


def _change_reminder(client: WablasClient, remote_id: str, values: Values) -> Kept:
    return _kept(client.update_reminder(id=remote_id, **_reminder(values)).get("data"), remote_id)


def _make_agent(client: WablasClient, values: Values) -> Kept:
    """An agent has no id; the e-mail is what assign-agent names one by (row 28)."""
    client.http.add_secret(_text(values, "password"))
    names = ("name", "email", "password")
    answer = client.create_agent(
        phone=to_phone(_text(values, "phone")), **{name: _text(values, name) for name in names}
    )
    told = next(iter(rows_in(answer.get("Info Agent"))), {})
    slots = answer.get("data")
    return _kept({**told, **(slots if isinstance(slots, dict) else {})}, _text(values, "email"))


def _schedule(values: Values) -> dict[str, Any]:
    at = _local(values)
    date, time = f"{at:%Y-%m-%d}", f"{at:%H:%M:%S}"
    phone = to_phone(_text(values, "phone"))
    return {"phone": phone, "message": _text(values, "text"), "date": date, "time": time, "timezone": str(JAKARTA)}


def _item(values: Values) -> ScheduleItem:
    item: ScheduleItem = {
        "category": cast(Any, values["category"]),
        "phone": to_phone(_text(values, "phone")),
        "scheduled_at": f"{_local(values):%Y-%m-%d %H:%M:%S}",
        "url": _text(values, "url"),
    }
    if values.get("text"):
        item["text"] = _text(values, "text")
    return item


def _reminder(values: Values) -> dict[str, str]:
    return {
        "phone": to_phone(_text(values, "phone")),
        "message": _text(values, "text"),
        "start_date": f"{_local(values):%Y-%m-%d %H:%M:%S}",
        "title": _text(values, "title"),
    }


def _is_file(values: Values) -> bool:
    return values.get("category") in FILES


def _text(values: Values, name: str) -> str:
    return str(values.get(name) or "")


def _local(values: Values) -> datetime:
    return cast(datetime, values["at"]).astimezone(JAKARTA)


def _kept(row: Any, remote_id: str = "") -> Kept:
    raw: Answer = mask_fields(row) if isinstance(row, dict) else {}
    remote_id = remote_id or str(raw.get("id") or "")
    if not remote_id:
        raise OutcomeUnknown(Reason.UNREADABLE, "the answer names no id")
    return Kept(remote_id=remote_id, raw=raw)


_MAKE: Mapping[str, Callable[[WablasClient, Values], Kept]] = {
    "autoreply": _make_reply,
    "schedule": _make_schedule,
    "reminder": _make_reminder,
    "agent": _make_agent,
}
_CHANGE: Mapping[str, Callable[[WablasClient, str, Values], Kept]] = {
    "autoreply": _change_reply,
    "schedule": _change_schedule,
    "reminder": _change_reminder,
}
_END: Mapping[tuple[str, str], Callable[[WablasClient, str], Any]] = {
    ("schedule", "cancel"): lambda client, remote_id: client.cancel_schedule(schedule_id=remote_id),
    ("schedule", "delete"): lambda client, remote_id: client.delete_schedule(schedule_id=remote_id),
    ("reminder", "delete"): lambda client, remote_id: client.delete_reminder(id=remote_id),
}
