"""What came of stopping everything, per campaign and in total. The numbers are written by whoever asks the gateways."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from campaigns.models import Campaign, GatewayRun, PanicStop, Recipient, Series, TakeBack
from messaging import tally
from messaging.models import Message, Reminder

R = Recipient.State
WORDS = ("stopped", "dropped", "gone", "unconfirmed")


@dataclass(frozen=True, kw_only=True)
class PanicRow:
    """One campaign: its state before, and its people by word of WORDS. note: why it could not be stopped, "" when it was."""

    campaign: Campaign
    was: str
    numbers: dict[str, int]
    note: str


@dataclass(frozen=True, kw_only=True)
class PanicReport:
    """stopped: not sent, and held; dropped: taken back by the gateway; gone: left before that; unconfirmed: nobody knows.
    series, reminders: those that were paused; they are resumed one by one."""

    stop: PanicStop
    rows: list[PanicRow]
    total: dict[str, int]
    series: list[Series]
    reminders: list[Reminder]
    poll_seconds: int


def report(stop: PanicStop) -> PanicReport:
    """As it stands now: four queries, whatever the size."""
    kept = stop.counts.get("campaigns", [])
    numbers = stop.counts.get("numbers", {})
    campaigns = Campaign.objects.in_bulk([row["id"] for row in kept])
    rows = [
        PanicRow(
            campaign=campaigns[row["id"]],
            was=row["was"],
            numbers={word: numbers.get(str(row["id"]), {}).get(word, 0) for word in WORDS},
            note=row["note"],
        )
        for row in kept
        if row["id"] in campaigns
    ]
    total = {word: sum(row.numbers[word] for row in rows) for word in WORDS}
    paused = [row["id"] for row in stop.counts.get("reminders", [])]
    return PanicReport(
        stop=stop,
        rows=rows,
        total=total,
        series=list(Series.objects.filter(pk__in=stop.counts.get("series", [])).select_related("pattern")),
        reminders=list(Reminder.objects.filter(pk__in=paused)),
        poll_seconds=0 if stop.finished_at else 2,
    )


def count(stop: PanicStop) -> dict[str, dict[str, int]]:
    """People of every stopped campaign by word. A campaign that has been resumed keeps its last numbers."""
    ids = [row["id"] for row in stop.counts.get("campaigns", [])]
    campaigns = [each for each in Campaign.objects.filter(pk__in=ids) if _is_kept(stop, each)]
    totals = tally.totals_of(campaign.tally_scope for campaign in campaigns)
    asked, under_way, resting = _asked(stop), _under_way(ids), _resting(ids)
    numbers: dict[str, dict[str, int]] = dict(stop.counts.get("numbers", {}))
    for campaign in campaigns:
        people, pk = Counter(totals[campaign.tally_scope]), campaign.pk
        gone, held = asked[pk, "gone"], resting[pk]
        numbers[str(pk)] = {
            "stopped": people[R.PLANNED] + people[R.QUEUED] - under_way[pk] + held,
            "dropped": asked[pk, "dropped"],
            "gone": people[R.SENT] + people[R.DELIVERED] + people[R.READ] + gone,
            "unconfirmed": people[R.ACCEPTED] + people[R.UNKNOWN] + under_way[pk] - gone - held,
        }
    return numbers


def _is_kept(stop: PanicStop, campaign: Campaign) -> bool:
    resumed = campaign.events.filter(at__gt=stop.at, after=Campaign.State.RUNNING)
    return str(campaign.pk) not in stop.counts.get("numbers", {}) or not resumed.exists()


def _asked(stop: PanicStop) -> Counter[tuple[int, str]]:
    """(campaign, "dropped" or "gone") → people. What the messages say counts: a gateway may say later what it did."""
    found: Counter[tuple[int, str]] = Counter()
    rows: Any = TakeBack.objects.filter(stop=stop).values_list("message__batch__campaign", "outcome", "message__status")
    for campaign_id, outcome, status, people in rows.annotate(people=Count("id")).order_by():
        if status == Message.Status.CANCELLED:
            found[campaign_id, "dropped"] += people
        elif status == Message.Status.ACCEPTED and outcome == TakeBack.Outcome.GONE:
            found[campaign_id, "gone"] += people
    return found


def _under_way(ids: list[int]) -> Counter[int]:
    """Calls that were under way: queued people whose message is just leaving."""
    sending: Any = Message.objects.filter(batch__campaign__in=ids, status=Message.Status.SENDING)
    return Counter(dict(sending.order_by().values_list("batch__campaign").annotate(people=Count("id"))))


def _resting(ids: list[int]) -> Counter[int]:
    """People whose gateway sends by itself, and says that it has stopped."""
    paused: Any = Recipient.objects.filter(
        run__state=GatewayRun.State.PAUSED, run__campaign__in=ids, state=R.ACCEPTED, campaign__in=ids
    )
    return Counter(dict(paused.order_by().values_list("campaign").annotate(people=Count("id"))))
