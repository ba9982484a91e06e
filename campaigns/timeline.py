"""When things happened: messages sent, delivered, read and failed, people who replied and clicked, per stretch of time.

Counted in stretches of five minutes since 1970, which fit every time zone; put together into hours, days or weeks of the
reader's zone when they are shown.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from django.db.models import Count, F, Func, IntegerField, Min, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.formats import date_format

from campaigns.funnel import ARRIVED, LABELS, TAKEN
from campaigns.models import Campaign, Recipient, Reply
from messaging.models import MessageEvent

R = Recipient.State
SLOT = 300  # seconds
SERIES = ("sent", "delivered", "read", "replied", "clicked", "failed")
Slots = dict[str, list[list[int]]]  # series → [stretch, how many]
_SECONDS, _DAYS = {"minutes": SLOT, "hour": 3600}, {"day": 1, "week": 7}


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """bucket: "minutes", "hour", "day" or "week". starts: the beginning of each, in the reader's zone; series: key → how
    many in each."""

    bucket: str
    starts: list[datetime]
    series: dict[str, list[int]]

    @property
    def labels(self) -> list[str]:
        pattern = {"minutes": "H:i", "hour": "j M, H:i"}.get(self.bucket, "j M")
        return [date_format(start, pattern) for start in self.starts]

    @property
    def for_chart(self) -> list[dict[str, object]]:
        """As the chart tag wants it; a series in which nothing happened is left away."""
        return [
            {"label": str(LABELS[key]), "values": self.series[key], "tone": f"series-{key}"}
            for key in SERIES
            if any(self.series[key])
        ]


class Slot(Func):
    """The stretch of five minutes a moment is in."""

    arity = 1
    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        return self.as_sql(
            compiler, connection, template=f"CAST(strftime('%%%%s', %(expressions)s) AS INTEGER) / {SLOT}", **more
        )

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        template = f"CAST(FLOOR(EXTRACT(EPOCH FROM %(expressions)s) / {SLOT}) AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, **more)


def count(campaign: Campaign) -> Slots:
    """How many per stretch. What is counted is what the funnel counts: people, by the message that they have now."""
    people = Recipient.objects.filter(campaign=campaign).order_by()
    left_at = Coalesce("message__attempted_at", "message__created_at")
    said = Reply.objects.filter(campaign=campaign, is_first=True, recipient__isnull=False).order_by()
    return {
        "sent": _per_slot(people.filter(state__in=TAKEN, message__isnull=False).annotate(slot=Slot(left_at))),
        "delivered": _first_news(campaign, ARRIVED),
        "read": _first_news(campaign, (R.READ,)),
        "failed": _per_slot(
            people.filter(state=R.FAILED, message__isnull=False).annotate(slot=Slot(F("message__status_at")))
        ),
        "replied": _per_slot(said.annotate(slot=Slot(F("at")))),
        "clicked": _per_slot(people.filter(clicked_at__isnull=False).annotate(slot=Slot(F("clicked_at")))),
    }


def fold(counted: Mapping[str, list[list[int]]], *, zone: tzinfo | None = None) -> Timeline:
    """Counted stretches in hours, days or weeks of a zone (the current one), without gaps."""
    own = zone or timezone.get_current_timezone()
    slots = [slot for rows in counted.values() for slot, _n in rows]
    if not slots:
        return Timeline(bucket="hour", starts=[], series={key: [] for key in SERIES})
    first, last = (datetime.fromtimestamp(slot * SLOT, own) for slot in (min(slots), max(slots)))
    bucket = bucket_of(last - first)
    begin = _start(first, bucket)
    many = _place(last, begin, bucket) + 1
    series = {}
    for key in SERIES:
        values = [0] * many
        for slot, n in counted.get(key, ()):
            values[_place(datetime.fromtimestamp(slot * SLOT, own), begin, bucket)] += n
        series[key] = values
    return Timeline(bucket=bucket, starts=[_nth(n, begin, bucket) for n in range(many)], series=series)


def bucket_of(span: timedelta) -> str:
    """How long a bar of the chart is, so that there are never too many of them."""
    if span <= timedelta(hours=3):
        return "minutes"
    if span <= timedelta(days=3):
        return "hour"
    return "day" if span <= timedelta(days=120) else "week"


def _per_slot(rows: QuerySet[Any]) -> list[list[int]]:
    counted = rows.values_list("slot").annotate(n=Count("pk")).order_by("slot")
    return [[slot, n] for slot, n in counted]


def _first_news(campaign: Campaign, states: tuple[str, ...]) -> list[list[int]]:
    """When people in these states were first heard to be in one of them."""
    events = MessageEvent.objects.filter(
        message__recipient__campaign=campaign, message__recipient__state__in=states, status__in=states
    )
    rows = events.order_by().values("message_id").annotate(slot=Slot(Min("at"))).values_list("slot", flat=True)
    return [[slot, n] for slot, n in sorted(Counter(rows.iterator(chunk_size=5000)).items())]


def _start(moment: datetime, bucket: str) -> datetime:
    if bucket == "minutes":
        return moment
    if bucket == "hour":
        return moment.replace(minute=0, second=0, microsecond=0)
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return day - timedelta(days=day.weekday()) if bucket == "week" else day


def _place(moment: datetime, begin: datetime, bucket: str) -> int:
    """Which stretch after the beginning. Days go by the calendar; hours by the seconds that passed, so that the hour that a
    clock shows twice is two."""
    if days := _DAYS.get(bucket):
        return (moment.date() - begin.date()).days // days
    return int(moment.timestamp() - begin.timestamp()) // _SECONDS[bucket]


def _nth(n: int, begin: datetime, bucket: str) -> datetime:
    if days := _DAYS.get(bucket):
        return begin + timedelta(days=days * n)
    return datetime.fromtimestamp(begin.timestamp() + _SECONDS[bucket] * n, begin.tzinfo)
