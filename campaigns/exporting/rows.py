"""Everybody in a campaign, one row each, with all that is known: the same for CSV and for Excel."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import chain, islice

from django.db.models import Min, QuerySet

from campaigns.models import Campaign, Recipient, Reply
from campaigns.recipients import find_recipients, with_messages
from contacts.csvtext import csv_lines
from contacts.phone import country
from messaging import rates
from messaging.models import Line, MessageEvent
from messaging.rates import PriceBook
from messaging.reasons import sentence

Cell = str | int | float | datetime | None
Beat = Callable[[int], None]  # called with how many rows are done
BATCH = 2000
# The first twelve are in the order in which they have always been: people have spreadsheets that count columns.
HEADINGS = (
    "phone", "name", "state", "reason", "detail", "note", "line", "queued_at", "changed_at", "text", "replied_at",
    "first_line", "country", "language", "variant", "channel", "parts", "sent_at", "delivered_at", "read_at", "clicked_at",
    "opted_out", "cost", "currency",
)  # fmt: skip
_country = lru_cache(maxsize=50_000)(country)


@dataclass(frozen=True, kw_only=True)
class _News:
    """What is asked once for a batch: first times of arrival and reading by message, who opted out by recipient."""

    delivered: dict[int, datetime]
    read: dict[int, datetime]
    opted_out: set[int]


def person_rows(
    campaign: Campaign, *, state: str = "", reason: str = "", beat: Beat | None = None
) -> Iterator[list[Cell]]:
    """Rows in the order of HEADINGS, without them. Memory does not grow with the number of people.

    cost: of a message that a gateway took, at today's rates; none where nobody knows. beat: called after each batch.
    """
    people = with_messages(find_recipients(campaign, state=state, reason=reason)).order_by("state", "id")
    everybody = people.iterator(chunk_size=BATCH)
    prices = rates.price_book(Line.objects.filter(pk__in=_lines_of(campaign)))
    done = 0
    while some := list(islice(everybody, BATCH)):
        news = _news(some)
        for person in some:
            yield _row(person, news, prices)
        done += len(some)
        if beat is not None:
            beat(done)


def people_csv(campaign: Campaign, *, state: str = "", reason: str = "", beat: Beat | None = None) -> Iterator[str]:
    """The same as lines of CSV, with headings, for a streaming response or a file."""
    rows = person_rows(campaign, state=state, reason=reason, beat=beat)
    return csv_lines(chain([HEADINGS], ([_written(cell) for cell in row] for row in rows)))


def _written(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return cell.isoformat()
    return "" if cell is None else str(cell)


def _lines_of(campaign: Campaign) -> QuerySet[Line, int]:
    """Lines of every account that may have sent something of it: an account's prices are few."""
    used = Line.objects.filter(campaigns=campaign) | Line.objects.filter(pk__in=campaign.sms_lines.values("pk"))
    accounts = used.values("account")
    return Line.objects.filter(account__in=accounts).values_list("pk", flat=True)


def _news(people: Sequence[Recipient]) -> _News:
    messages = [person.message_id for person in people if person.message_id]
    events = MessageEvent.objects.filter(message__in=messages).order_by().values_list("message_id")
    arrived = events.filter(status__in=("delivered", "read")).annotate(first=Min("at"))
    read = events.filter(status="read").annotate(first=Min("at"))
    said = Reply.objects.filter(recipient__in=[person.pk for person in people], is_opt_out=True)
    return _News(
        delivered=dict(arrived), read=dict(read),
        opted_out={pk for pk in said.values_list("recipient_id", flat=True) if pk},
    )  # fmt: skip


def _row(person: Recipient, news: _News, prices: PriceBook) -> list[Cell]:
    message = person.message
    line = message.line if message else None
    where = _country(person.phone)
    price = prices.price(line, where) if line and person.state in ("accepted", "sent", "delivered", "read") else None
    parts = message.parts if message else None
    return [
        person.phone,
        person.contact.name if person.contact else "",
        person.state,
        person.reason,
        sentence(person.reason),
        message.note if message else "",
        str(line) if line else "",
        message.created_at if message else None,
        message.status_at if message else None,
        message.body if message else "",
        person.replied_at,
        str(person.first_line) if person.first_line else "",
        where,
        person.language,
        person.letter,
        message.channel if message else "",
        parts,
        message.attempted_at if message else None,
        news.delivered.get(message.pk) if message else None,
        news.read.get(message.pk) if message else None,
        person.clicked_at,
        "yes" if person.pk in news.opted_out else "",
        float(price.amount * (parts or 1 if line and line.channel == "sms" else 1)) if price else None,
        price.currency if price else "",
    ]
