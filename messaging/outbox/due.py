"""A message on its way out, as the engine holds it: a model instance costs ten times as much."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from messaging.models import Message

_COLUMNS = (
    "id",
    "phone",
    "phone_key",
    "body",
    "attachment",
    "priority",
    "parts",
    "attempts",
    "send_before",
    "remote_id",
    "reason",
)


@dataclass(slots=True)
class Due:
    """A due message, and once it is claimed, what the claim wrote. zone_name, is_known: see `holding.with_facts`.

    is_gone: the person has opted out of the channel. attachment: as `Message` keeps it.
    """

    pk: int
    phone: str
    phone_key: str
    body: str
    attachment: dict[str, Any] | None
    priority: int
    parts: int
    attempts: int
    send_before: datetime | None
    remote_id: str
    reason: str
    is_gone: bool
    zone_name: str | None = None
    is_known: bool = False
    is_first_contact: bool = False
    attempted_at: datetime | None = None
    lease_token: str = ""


def read(rows: QuerySet[Message], *, count: int, has_facts: bool) -> list[Due]:
    """The first `count` rows, annotated with `is_gone`, and with the facts of `holding.with_facts` where it has them."""
    annotated = ("is_gone", "zone_name", "is_known") if has_facts else ("is_gone",)
    return [Due(*row) for row in rows.values_list(*_COLUMNS, *annotated)[:count]]
