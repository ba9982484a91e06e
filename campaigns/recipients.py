"""The people of a campaign: one page of them by state and reason, and all of them as CSV."""

from collections.abc import Iterator

from django.db.models import QuerySet

from campaigns.models import Campaign, Recipient
from campaigns.reports import OPEN
from contacts.csvtext import csv_lines
from contacts.paging import Slice, keyset
from messaging.reasons import sentence

PAGE = 50
_BATCH = 2000


def find_recipients(campaign: Campaign, *, state: str = "", reason: str = "") -> QuerySet[Recipient]:
    """Those in a state ("open" for everybody still to be messaged) and with a reason, where given."""
    people = Recipient.objects.filter(campaign=campaign)
    if state == "open":
        people = people.filter(state__in=OPEN)
    elif state:
        people = people.filter(state=state)
    return people.filter(reason=reason) if reason else people


def with_messages(people: QuerySet[Recipient]) -> QuerySet[Recipient]:
    """With contacts, messages and lines."""
    return people.select_related("contact", "message__line", "first_line")


def list_recipients(
    campaign: Campaign, *, state: str = "", reason: str = "", cursor: str | None = None, size: int = PAGE
) -> Slice[Recipient]:
    """One page with contacts and lines, in one query along the index (campaign, state, id). Refused for a bad cursor."""
    people = with_messages(find_recipients(campaign, state=state, reason=reason))
    return keyset(people, cursor=cursor, size=size, by=("state", "id"))


def recipients_csv(campaign: Campaign, *, state: str = "", reason: str = "") -> Iterator[str]:
    """Lines of CSV for a streaming response; memory does not grow with the number of people."""
    return csv_lines(_rows(find_recipients(campaign, state=state, reason=reason)))


def _rows(people: QuerySet[Recipient]) -> Iterator[list[object]]:
    yield [
        "phone",
        "name",
        "state",
        "reason",
        "detail",
        "note",
        "line",
        "queued_at",
        "changed_at",
        "text",
        "replied_at",
        "first_line",
    ]
    everything = with_messages(people).order_by("state", "id")
    for person in everything.iterator(chunk_size=_BATCH):
        message = person.message
        yield [
            person.phone,
            person.contact.name if person.contact else "",
            person.state,
            person.reason,
            sentence(person.reason),
            message.note if message else "",
            message.line if message and message.line else "",
            message.created_at.isoformat() if message else "",
            message.status_at.isoformat() if message else "",
            message.body if message else "",
            person.replied_at.isoformat() if person.replied_at else "",
            person.first_line or "",
        ]
