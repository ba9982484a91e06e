"""Messages for later: schedules and reminders (docs/endpoints.md 3.2 rows 29-32, 42-45, 53-55).

A plan is a message whose turn has not come; its id is the message's.
"""

import time
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from messaging.sandbox.records import Message
from messaging.sandbox.server import Response
from messaging.sandbox.wablas.call import BAD_PARAM, BAD_PHONE, JAKARTA, Call, Endpoint, csv_of, ok, phone_of, refuse
from messaging.sandbox.wablas.sending import Content, Draft, checked, take

SAVED = "Scheduled Messages is succesfully saved and waiting to be processed"
CATEGORIES = {"text", "image", "video", "document", "audio", "template", "button", "location"}
PERIODS = {"daily", "monthly", "yearly", "custom"}
LONGEST = 1000  # days between two reminders


def _moment(text: str, zone: str = "Asia/Jakarta") -> float:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=ZoneInfo(zone)).timestamp()
    except (ValueError, ZoneInfoNotFoundError):
        refuse(BAD_PARAM, 400)


def _plan(call: Call, phone: str, content: Content, at: float, plan: dict[str, Any], key: str | None = None) -> Message:
    each = Draft(phone=phone, content=content, peer=f"+{phone}")
    return take(call, each, content, after=max(0.01, at - time.time()), key=key, extra={"plan": plan})


def _digits(phone: object) -> str:
    return phone_of(phone) or refuse(BAD_PHONE, 400)


def _known(call: Call, kind: str) -> Message:
    message = call.account.folder("whatsapp", "out").get(call.name)
    if message is None or (message.extra or {}).get("plan", {}).get("kind") != kind:
        refuse(f"{kind} not found", 404)
    return message


def _shown(message: Message) -> dict[str, Any]:
    shown: dict[str, Any] = (message.extra or {})["plan"]["shown"]
    return {"id": message.key, **shown}


# Schedules, version 1


def _asked(call: Call) -> tuple[list[str], Content, float, dict[str, Any]]:
    zone, text = call.text("timezone"), checked(call.params.get("message"))
    when = f"{call.text('date')} {call.text('time')}"
    phones = [_digits(phone) for phone in csv_of(call.text("phone"))]
    return phones, Content(text=text), _moment(when, zone), {"timezone": zone, "schedule_at": when}


def schedule(call: Call) -> Response:
    call.ready()
    phones, content, at, shown = _asked(call)
    rows = []
    for phone in phones:
        row = {"phone": phone, "message": content.text, "status": True, **shown}
        rows.append(_shown(_plan(call, phone, content, at, {"kind": "schedule", "shown": row})))
    return ok(SAVED, category="text", messages=rows, **{"phones list": csv_of(call.text("phone"))})


def update_schedule(call: Call) -> Response:
    """`messages` is the text here (3.6.2)."""
    old = _known(call, "schedule")
    phones, content, at, shown = _asked(call)
    call.world.delete(old)
    _plan(call, phones[0], content, at, {"kind": "schedule", "shown": shown}, key=old.key)
    device = {"serial": call.number.unique, "name": call.account.name}
    more = {"category": "text", **shown, "device": device, "messages": content.text}
    return ok(SAVED, id=old.key, **more, **{"phones list": csv_of(call.text("phone"))})


def cancel_schedule(call: Call) -> Response:
    call.world.cancel(_known(call, "schedule"))
    return ok("schedule canceled successfully")


def delete_schedule(call: Call) -> Response:
    call.world.delete(_known(call, "schedule"))
    return ok("schedule deleted successfully")


# Schedules, version 2


def _read(item: dict[str, Any]) -> tuple[str, Content, float, dict[str, Any]]:
    category, text, url = item.get("category"), item.get("text"), str(item.get("url") or "")
    if category not in CATEGORIES or not (text or url):
        refuse(BAD_PARAM, 400)
    when, phone = str(item.get("scheduled_at") or ""), _digits(item.get("phone"))
    shown = {"phone": phone, "messages": text, "file": url or None, "timezone": str(JAKARTA), "schedule_at": when}
    content = Content(text=str(text or ""), category=str(category), attachment=url)
    return phone, content, _moment(when), {"kind": "schedule", "shown": shown}


def schedule_many(call: Call) -> Response:
    call.ready()
    plans = [_read(item) for item in call.items()]
    rows = [_shown(_plan(call, *plan)) for plan in plans]
    return ok("Message is pending and waiting to be processed", data={"messages": rows})


def update_scheduled(call: Call) -> Response:
    """The answer is flat."""
    old, item = _known(call, "schedule"), call.items()[0]
    plan = _read(item)
    call.world.delete(old)
    shown = _shown(_plan(call, *plan, key=old.key))
    return ok("Scheduled Messages is succesfully Updated", category=item["category"], **shown)


def delete_schedules(call: Call) -> Response:
    for key in csv_of(call.text("id")):
        message = call.account.folder("whatsapp", "out").get(key)
        if message is not None and (message.extra or {}).get("plan"):
            call.world.delete(message)
    return ok("schedules deleted successfully")


# Reminders


def create_reminder(call: Call) -> Response:
    call.ready()
    period, days = call.text("periode"), call.whole("custom_day", 0)
    if period not in PERIODS or (period == "custom" and not 1 <= days <= LONGEST):
        refuse(BAD_PARAM, 400)
    kind = f"custom: send every {days} days" if period == "custom" else period
    row = _reminder_row(call, kind)
    message = _plan(call, row["phone"], Content(text=row["message"]), _moment(row["start_at"]), _reminder(row))
    return _told("Reminder Messages is succesfully saved and waiting to be processed", message)


def update_reminder(call: Call) -> Response:
    """Its rhythm stays, and is told in other words."""
    old = _known(call, "reminder")
    kind = _shown(old)["reminder_type"].replace(": send every", "").removesuffix(" days")
    row = _reminder_row(call, kind)
    at = _moment(row["start_at"])
    call.world.delete(old)
    message = _plan(call, row["phone"], Content(text=row["message"]), at, _reminder(row), key=old.key)
    return _told("Reminder Messages is succesfully updated", message)


def reminder_info(call: Call) -> Response:
    """It says "updated" here as well (row 44)."""
    return _told("Reminder Messages is succesfully updated", _known(call, "reminder"))


def delete_reminder(call: Call) -> Response:
    call.world.delete(_known(call, "reminder"))
    return ok(f"Reminder {call.name} is succesfully deleted")


def _reminder_row(call: Call, kind: str) -> dict[str, Any]:
    return {
        "phone": _digits(call.text("phone")),
        "title": call.optional("title") or None,
        "message": checked(call.params.get("message")),
        "timezone": str(JAKARTA),
        "start_at": call.text("start_date"),
        "reminder_type": kind,
    }


def _reminder(row: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "reminder", "shown": row}


def _told(sentence: str, message: Message) -> Response:
    return ok(sentence, category="text", data=_shown(message))


ENDPOINTS: dict[str, Endpoint] = {
    "POST api/schedule": schedule,
    "PUT api/schedule/{id}": update_schedule,
    "PUT api/schedule-cancel/{id}": cancel_schedule,
    "DELETE api/schedule/{id}": delete_schedule,
    "POST api/v2/schedule": schedule_many,
    "PUT api/v2/schedule/{id}": update_scheduled,
    "DELETE api/v2/delete-schedule": delete_schedules,
    "POST api/reminder": create_reminder,
    "POST api/reminder/{id}": update_reminder,
    "GET api/reminder/info/{id}": reminder_info,
    "DELETE api/reminder/{id}": delete_reminder,
}
