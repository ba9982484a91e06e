"""Where a campaign stands, in numbers that are kept and not counted."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from campaigns import failover, waiting
from campaigns.models import Campaign, CampaignEvent, Recipient
from messaging import tally

S = Campaign.State
R = Recipient.State
OPEN = (R.PLANNED, R.QUEUED)
OUTCOMES = (R.ACCEPTED, R.SENT, R.DELIVERED, R.READ, R.FAILED, R.UNKNOWN, R.CANCELLED, R.EXPIRED)


@dataclass(frozen=True)
class Progress:
    """counts: state → people, adding up to `selected`. waiting_for: why it stands still, "" when it does not.
    rate: messages per minute while it ran. eta: when the last one leaves, None when nobody can say."""

    counts: dict[str, int]
    waiting_for: str
    waiting_until: datetime | None
    rate: float
    eta: datetime | None

    @property
    def handed_over(self) -> int:
        """People whose turn is over, whatever came of it."""
        return self.counts["selected"] - self.counts["excluded"] - self.counts["open"]

    @property
    def to_send(self) -> int:
        return self.counts["selected"] - self.counts["excluded"]

    @property
    def taken(self) -> int:
        """People whose message a gateway took, whatever it reported since; some gateways never report more."""
        return self.counts[R.ACCEPTED] + self.counts[R.SENT] + self.arrived

    @property
    def arrived(self) -> int:
        """People on whose phone it is, read or not."""
        return self.counts[R.DELIVERED] + self.counts[R.READ]

    @property
    def percent(self) -> int:
        return self.handed_over * 100 // self.to_send if self.to_send else 0


def counts_of(totals: dict[str, int]) -> dict[str, int]:
    """From kept counters to the numbers people read. Every state is there; open = planned + queued."""
    states = {state.value: totals.get(state, 0) for state in OUTCOMES}
    excluded, still_open = totals.get("excluded", 0), sum(totals.get(state, 0) for state in OPEN)
    return {
        "selected": excluded + still_open + sum(states.values()),
        "excluded": excluded,
        "open": still_open,
        **states,
    }


def progress(campaign: Campaign) -> Progress:
    """Where a campaign stands now: a handful of rows, whatever its size."""
    counts = counts_of(tally.totals(campaign.tally_scope))
    lines = failover.lines_of(campaign)
    waiting_for, until = waiting.waiting(campaign, lines)
    rate = _rate(campaign, counts, _seconds_running(campaign))
    return Progress(
        counts=counts,
        waiting_for=waiting_for,
        waiting_until=until,
        rate=rate,
        eta=waiting.eta(campaign, lines, count=counts["open"], rate=rate),
    )


def progress_of(campaigns: list[Campaign]) -> dict[int, Progress]:
    """Progress of several campaigns for a list: two queries, no lines and no estimate."""
    totals = tally.totals_of(campaign.tally_scope for campaign in campaigns)
    return {
        campaign.pk: Progress(
            counts=(counts := counts_of(totals[campaign.tally_scope])),
            waiting_for=campaign.reason,
            waiting_until=None,
            rate=_rate(campaign, counts, _seconds_since_start(campaign)),
            eta=None,
        )
        for campaign in campaigns
    }


def _rate(campaign: Campaign, counts: dict[str, int], seconds: float) -> float:
    done = counts["selected"] - counts["excluded"] - counts["open"]
    return done * 60 / seconds if campaign.started_at and seconds > 0 else 0.0


def _seconds_since_start(campaign: Campaign) -> float:
    if campaign.started_at is None:
        return 0.0
    return ((campaign.finished_at or timezone.now()) - campaign.started_at).total_seconds()


def _seconds_running(campaign: Campaign) -> float:
    """How long it has really been running: a night on pause does not make it slow."""
    moves = CampaignEvent.objects.filter(campaign=campaign).order_by("id").values_list("after", "at")
    total, since = 0.0, None
    for after, at in moves:
        if since is not None:
            total += (at - since).total_seconds()
        since = at if after == S.RUNNING else None
    return total + ((timezone.now() - since).total_seconds() if since else 0.0)
