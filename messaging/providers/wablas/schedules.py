"""Messages for later, once or again and again. Times are local to `timezone`. docs/endpoints.md 3.2 rows 29–32, 42–45, 53–55."""

from collections.abc import Sequence
from typing import Any, Literal, Required, TypedDict

from messaging.providers.wablas.judge import Answer
from messaging.providers.wablas.session import Session, segment

Category = Literal["text", "image", "video", "document", "audio", "template", "button", "location"]


class ScheduleItem(TypedDict, total=False):
    """scheduled_at: Y-m-d H:i:s. text: a text, or the parts of a template, button or location. url: of the file."""

    category: Required[Category]
    phone: Required[str]
    scheduled_at: Required[str]
    text: str | dict[str, Any]
    url: str
    random: bool


class Schedules(Session):
    """Scheduled messages."""

    def schedule(
        self,
        *,
        phone: str,
        message: str,
        date: str,
        time: str,
        timezone: str = "Asia/Jakarta",
        is_group: bool = False,
        random: bool = False,
    ) -> Answer:
        """A text later. phone: one or several, comma. date: yyyy-mm-dd. time: hh:mm:ss. `messages`: one row a phone."""
        # 3.2 row 29
        form = _schedule_form(phone, message, date, time, timezone, is_group, random)
        return self._call("POST", "/api/schedule", form=form)

    def update_schedule(
        self,
        *,
        schedule_id: str,
        phone: str,
        message: str,
        date: str,
        time: str,
        timezone: str = "Asia/Jakarta",
        is_group: bool = False,
        random: bool = False,
    ) -> Answer:
        """Change one. `messages` in the answer is the text."""
        # 3.2 row 30
        form = _schedule_form(phone, message, date, time, timezone, is_group, random)
        return self._call("PUT", f"/api/schedule/{segment(schedule_id)}", form=form)

    def cancel_schedule(self, *, schedule_id: str) -> Answer:
        """Keep it, but do not send it."""
        # 3.2 row 31
        return self._call("PUT", f"/api/schedule-cancel/{segment(schedule_id)}")

    def delete_schedule(self, *, schedule_id: str) -> Answer:
        """Remove one."""
        # 3.2 row 32
        return self._call("DELETE", f"/api/schedule/{segment(schedule_id)}")

    def schedule_many(self, items: Sequence[ScheduleItem]) -> Answer:
        """Up to 100 of any category. `data.messages`: id, phone, messages, file, timezone, schedule_at."""
        # 3.2 row 53
        return self._batch("/api/v2/schedule", items)

    def delete_schedules(self, *, id: str) -> Answer:
        """id: one or several, comma."""
        # 3.2 row 54
        return self._call("DELETE", "/api/v2/delete-schedule", query={"id": id})

    def update_scheduled(self, *, schedule_id: str, item: ScheduleItem) -> Answer:
        """Change one of any category; the answer is flat."""
        # 3.2 row 55
        return self._batch(f"/api/v2/schedule/{segment(schedule_id)}", [item], method="PUT")


class Reminders(Session):
    """Messages that come again."""

    def create_reminder(
        self,
        *,
        phone: str,
        message: str,
        start_date: str,
        periode: Literal["daily", "monthly", "yearly", "custom"],
        custom_day: int | None = None,
        title: str = "",
    ) -> Answer:
        """start_date: yyyy-mm-dd hh:mm:ss. custom_day: every so many days (1 to 1000), for periode custom."""
        # 3.2 row 42
        form = {
            "phone": phone,
            "message": message,
            "start_date": start_date,
            "periode": periode,
            "custom_day": custom_day,
            "title": title,
        }
        return self._call("POST", "/api/reminder", form=form)

    def update_reminder(self, *, id: str, phone: str, message: str, start_date: str, title: str = "") -> Answer:
        """Change one; its rhythm stays."""
        # 3.2 row 43
        form = {"phone": phone, "message": message, "start_date": start_date, "title": title}
        return self._call("POST", f"/api/reminder/{segment(id)}", form=form)

    def reminder_info(self, *, id: str) -> Answer:
        """One reminder in `data` (the sentence says "updated"; nothing was)."""
        # 3.2 row 44
        return self._call("GET", f"/api/reminder/info/{segment(id)}")

    def delete_reminder(self, *, id: str) -> Answer:
        """Remove one."""
        # 3.2 row 45
        return self._call("DELETE", f"/api/reminder/{segment(id)}")


def _schedule_form(
    phone: str, message: str, date: str, time: str, timezone: str, is_group: bool, random: bool
) -> dict[str, Any]:
    return {
        "phone": phone,
        "message": message,
        "date": date,
        "time": time,
        "timezone": timezone,
        "isGroup": is_group,
        "random": random,
    }
