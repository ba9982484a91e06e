"""Messages whose outcome only a person can tell: grouping them, and carrying out what was decided."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from contacts.refusal import Refused
from messaging import reconcile, threads
from messaging.models import Batch, Line, Message
from messaging.outbox.queueing import confirm_sent, drop
from messaging.reasons import sentence

AT_ONCE = 500  # messages decided in one request
S = Message.Status


class Verdict(models.TextChoices):
    """What a person says about a message nobody knows the outcome of."""

    ARRIVED = "arrived", _("it arrived")
    AGAIN = "again", _("send again")
    DROP = "drop", _("do not send")


@dataclass(frozen=True, kw_only=True)
class Alike:
    """Undecided messages of one line, one origin and one reason. key: names the group in a form."""

    key: str
    line: Line
    batch: Batch | None
    sentence: str
    count: int


@dataclass(kw_only=True)
class Decided:
    """What came of a decision. settled: somebody else, or news from the gateway, was first."""

    done: int = 0
    settled: int = 0
    refused: list[str] = field(default_factory=list)
    left: int = 0


def looked_into() -> QuerySet[Message]:
    """Unknown messages the gateway is still being asked about."""
    return Message.objects.filter(status=S.UNKNOWN, ask_at__isnull=False)


def alike() -> list[Alike]:
    """Undecided messages by line, origin and reason, most first: four queries, whatever their number."""
    rows = list(
        reconcile.undecided().order_by().values("line_id", "batch_id", "reason").annotate(n=Count("id")).order_by("-n")[:50]
    )  # fmt: skip
    lines = Line.objects.select_related("account").in_bulk([row["line_id"] for row in rows])
    batches = Batch.objects.in_bulk([row["batch_id"] for row in rows if row["batch_id"]])
    return [
        Alike(
            key=f"{row['line_id']}:{row['batch_id'] or ''}:{row['reason']}",
            line=lines[row["line_id"]],
            batch=batches.get(row["batch_id"]),
            sentence=sentence(row["reason"]),
            count=row["n"],
        )
        for row in rows
    ]


def undecided_like(key: str) -> QuerySet[Message]:
    """The undecided messages of a group; none for a key that is not one."""
    parts = key.split(":")
    if len(parts) != 3 or not parts[0].isdecimal() or (parts[1] and not parts[1].isdecimal()):
        return Message.objects.none()
    wanted: dict[str, Any] = {"line_id": int(parts[0]), "batch_id": int(parts[1]) if parts[1] else None}
    return reconcile.undecided().filter(reason=parts[2], **wanted)


def decide(messages: QuerySet[Message], *, verdict: str, user: User) -> Decided:
    """Carry a verdict out on the oldest AT_ONCE of these messages that still have an unknown outcome."""
    found = messages.filter(status=S.UNKNOWN).order_by("id")
    ids = list(found.values_list("id", flat=True)[: AT_ONCE + 1])
    decided = decide_each(ids[:AT_ONCE], verdict=verdict, user=user)
    decided.left = found.filter(id__gt=ids[AT_ONCE - 1]).count() if len(ids) > AT_ONCE else 0
    return decided


def decide_each(ids: Iterable[int], *, verdict: str, user: User) -> Decided:
    """Each in a transaction of its own, with its row locked: what was settled meanwhile is left as it is."""
    decided = Decided()
    for pk in ids:
        try:
            is_done = _decide_one(pk, verdict=verdict, user=user)
        except Refused as refused:
            decided.refused.append(refused.sentence)
            continue
        decided.done += is_done
        decided.settled += not is_done
    return decided


def _decide_one(pk: int, *, verdict: str, user: User) -> bool:
    with transaction.atomic():
        locked = Message.objects.select_for_update(of=("self",)).select_related("line__account", "batch")
        message = locked.filter(pk=pk, status=S.UNKNOWN).first()
        if message is None:
            return False
        if verdict == Verdict.AGAIN:
            threads.send_again(message, user=user)
        elif verdict == Verdict.ARRIVED:
            confirm_sent(message, user=user)
        else:
            drop(message, user=user)
    return True
