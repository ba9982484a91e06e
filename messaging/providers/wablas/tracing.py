"""What became of messages: the two reports, the search by our reference, taking back. docs/endpoints.md 3.2 rows 25, 26, 38."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from messaging.providers.errors import MessageRejected, ProviderError, Reason
from messaging.providers.shapes import Accepted, CannotTell, Found, NotFound, Outcome, Outgoing, StatusReport
from messaging.providers.wablas.client import WablasClient
from messaging.providers.wablas.judge import Answer, listed, rows_in
from messaging.providers.wablas.matching import rows_of
from messaging.providers.wablas.words import JAKARTA, STATUSES, report_of

SETTLED_AFTER = timedelta(seconds=20)  # a message younger than this may still be on its way into the report
PAGE = 100


def fetch_reports(client: WablasClient, messages: Sequence[Outgoing]) -> list[StatusReport]:
    """Today's by id in one call per hundred; the others one by one, until the gateway asks us to slow down."""
    today = datetime.now(JAKARTA).date()
    recent = [
        message.remote_id
        for message in messages
        if message.remote_id
        and (message.attempted_at is None or message.attempted_at.astimezone(JAKARTA).date() == today)
    ]
    rows: dict[str, Answer] = {}
    for start in range(0, len(recent), PAGE):
        answer = client.report_realtime(message_id=",".join(recent[start : start + PAGE]))
        rows |= {str(row.get("id") or ""): row for row in listed(answer)}
    asked = {message.remote_id for message in messages} - {""}
    found = [report for key, row in rows.items() if key in asked and (report := report_of(row))]
    for message in messages:
        if message.remote_id and message.remote_id in rows:
            continue
        try:
            found += _report_of_one(client, message)
        except ProviderError:
            if not found:
                raise
            break  # the report is throttled (429) or failing: the rest is asked for next time
    return found


def _report_of_one(client: WablasClient, message: Outgoing) -> list[StatusReport]:
    if message.remote_id:
        answer = client.report_message(message_id=message.remote_id)
        rows = [row for row in listed(answer) if str(row.get("id")) == message.remote_id]
    else:
        rows = _with_reference(listed(client.report_message(ref_id=message.reference)), message.reference)
    return [report for row in rows if (report := report_of(row))]


def find(client: WablasClient, message: Outgoing) -> Found | NotFound | CannotTell:
    """By our reference, exactly. Not found counts only for a message old enough to have reached the report. A report that
    cannot be had now (an outage, 429) is raised: it can be asked for again."""
    try:
        rows = client.report_message(ref_id=message.reference).get("message")
    except MessageRejected as refusal:
        return CannotTell(str(refusal))
    if not isinstance(rows, list):
        return CannotTell("the report has no list")
    ours = _with_reference(rows_in(rows), message.reference)
    if ours:
        row = ours[0]
        status = STATUSES.get(str(row.get("status")).lower(), "accepted")
        return Found(remote_id=str(row.get("id") or ""), status=status, raw=row)
    if rows:
        return CannotTell("the report shows other messages than the one asked for")
    if message.attempted_at is None or datetime.now(UTC) - message.attempted_at < SETTLED_AFTER:
        return CannotTell("too early: the report may not show it yet")
    return NotFound()


def cancel(client: WablasClient, messages: Sequence[Outgoing]) -> list[Outcome]:
    dropped: dict[str, Answer] = {}
    failures: dict[str, ProviderError] = {}
    ids = [message.remote_id for message in messages if message.remote_id]
    for start in range(0, len(ids), PAGE):
        some = ids[start : start + PAGE]
        try:
            rows = rows_of(client.cancel_message(id=",".join(some)).get("data"))
            dropped |= {str(row["id"]): row for row in rows if row.get("status") == "cancel" and row.get("id")}
        except ProviderError as error:
            failures |= dict.fromkeys(some, error)
    late = MessageRejected(Reason.REJECTED, "not pending any more")
    return [
        Accepted(remote_id=message.remote_id, raw=dropped[message.remote_id])
        if message.remote_id in dropped
        else failures.get(message.remote_id, late)
        for message in messages
    ]


def revoke(client: WablasClient, message: Outgoing) -> None:
    """One that cannot be revoked any more is missing in the answer's list."""
    if not message.remote_id:
        raise MessageRejected(Reason.NOT_SUPPORTED, "the gateway gave this message no id")
    rows = rows_of(client.revoke_message(id=message.remote_id).get("data"))
    if not any(str(row.get("id")) == message.remote_id and row.get("status") == "revoke" for row in rows):
        raise MessageRejected(Reason.REJECTED, "too late to take it back")


def _with_reference(rows: list[Answer], reference: str) -> list[Answer]:
    return [row for row in rows if str(row.get("ref_id") or "") == reference]
