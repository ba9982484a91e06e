"""Finding our messages among those the gateway lists: by its id, by our reference (`customerid`), or by what they say."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from messaging.providers.shapes import CannotTell, Found, NotFound, Outgoing, StatusReport
from messaging.providers.smsgateway24.reading import INCOMING, STATUSES, moment, number, same_phone

SLACK = timedelta(minutes=15)  # clocks that disagree
QUIET = timedelta(minutes=30)  # a gap between attempts that is worth a question of its own
YOUNG = timedelta(seconds=20)  # the gateway may still be writing a message this young
AROUND = timedelta(minutes=5)  # messages this close to one that is looked for are looked for in the same list


@dataclass(frozen=True, kw_only=True)
class Listed:
    """What the gateway listed for a stretch of time, and when it did."""

    begin: datetime
    end: datetime
    at: datetime
    rows: list[dict[str, Any]]

    def tells_of(self, moment: datetime) -> bool:
        """Whether a message handed over then would be in it."""
        return self.begin <= moment <= self.end and self.at - moment >= YOUNG


def windows(messages: Sequence[Outgoing]) -> list[tuple[datetime, datetime, list[Outgoing]]]:
    """Messages in stretches of time, so that one old message does not make the gateway list days of others."""
    stretches: list[tuple[datetime, datetime, list[Outgoing]]] = []
    for message in sorted(messages, key=handed_over):
        at = handed_over(message)
        if stretches and at - stretches[-1][1] < QUIET:
            begin, _, members = stretches[-1]
            stretches[-1] = (begin, at, [*members, message])
        else:
            stretches.append((at, at, [message]))
    return [(begin - SLACK, end + SLACK, members) for begin, end, members in stretches]


def handed_over(message: Outgoing) -> datetime:
    """When the gateway was given the message, UTC."""
    return (message.attempted_at or datetime.now(UTC)).astimezone(UTC)


def row_of(message: Outgoing, rows: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The gateway's row for a message. A reference counts only with the same phone: another program on the account may
    number its customers as we number messages."""
    for row in rows:
        if number(row.get("status")) == INCOMING:
            continue
        if message.remote_id:
            if str(row.get("id")) == message.remote_id:
                return row
        elif str(row.get("customerid")) == message.reference and same_phone(row.get("sendto"), message.to):
            return row
    return None


def report_of(message: Outgoing, row: Mapping[str, Any]) -> StatusReport | None:
    """None for a status the gateway does not explain (docs/wire.md 4.3)."""
    word = STATUSES.get(number(row.get("status")) or 0)
    if word is None:
        return None
    status, reason = word
    title = str(row.get("statustitle") or row.get("status_description") or "")
    return StatusReport(
        status=status,
        remote_id=message.remote_id or str(row.get("id") or ""),
        reference=message.reference,
        reason=reason,
        note=title[:300] if reason else "",
        at=moment(row.get("senttime")),
        raw=row,
    )


def verdict_on(message: Outgoing, rows: Sequence[Mapping[str, Any]]) -> Found | NotFound | CannotTell:
    """Whether the rows of the hours around the attempt hold the message.

    A row with the same phone and text but without our reference settles nothing: a gateway that drops `customerid` would
    otherwise make us send twice.
    """
    row = row_of(message, rows)
    if row is not None:
        report = report_of(message, row)
        return Found(remote_id=str(row.get("id") or ""), status=report.status if report else "accepted", raw=row)
    alike = [row for row in rows if _is_alike(message, row)]
    if alike:
        return CannotTell(note="the gateway lists a message with this text to this number, without our reference")
    return NotFound()


def _is_alike(message: Outgoing, row: Mapping[str, Any]) -> bool:
    if number(row.get("status")) == INCOMING or row.get("customerid") not in (None, "", 0, "0"):
        return False
    is_same_text = message.attachment is not None or str(row.get("body") or "").strip() == message.body.strip()
    return is_same_text and same_phone(row.get("sendto"), message.to)
