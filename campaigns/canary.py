"""The first few: only they are written to, then it waits and looks at what came of it, and goes on or asks.

Who they are is drawn at random among those whose turn it is, by a seed of the campaign, and never among the oldest alone.
Nothing is marked: whoever is not `planned` any more is one of them, so it goes on after a pause or a crash where it was.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns import attribution, checks, lifecycle
from campaigns.models import Campaign, Recipient
from contacts.refusal import Refused
from messaging import tally
from messaging.providers.errors import Reason

S = Campaign.State
R = Recipient.State
C = Campaign.Canary
_PROBES = 500  # in one statement
_ROUNDS = 20  # of them, before the rest is taken in order
_POOL = 20_000  # of those who are due, among whom is drawn

_PROBE = (  # a derived table of values has the same column name on both databases
    "SELECT (SELECT person.id FROM campaigns_recipient person WHERE person.campaign_id = %s AND person.state = 'planned'"
    " AND person.id >= probe.column1 ORDER BY person.id LIMIT 1) FROM (VALUES {values}) AS probe"
)


class Verdict(models.TextChoices):
    """What becomes of the others."""

    GO_ON = "go_on", gettext_lazy("go on with everybody")
    STOP = "stop", gettext_lazy("end it; the rest is not sent")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of the first ones. size: how many they are; opted_out: by an answer to it. Percentages of `size`."""

    size: int
    failed: int
    opted_out: int
    most_failed: int
    most_opt_outs: int

    @property
    def has_too_many_failed(self) -> bool:
        return self.failed * 100 > self.most_failed * self.size

    @property
    def has_too_many_opt_outs(self) -> bool:
        return self.opted_out * 100 > self.most_opt_outs * self.size

    @property
    def is_within(self) -> bool:
        return not self.has_too_many_failed and not self.has_too_many_opt_outs

    @property
    def failed_percent(self) -> float:
        return 100 * self.failed / self.size if self.size else 0.0

    @property
    def opted_out_percent(self) -> float:
        return 100 * self.opted_out / self.size if self.size else 0.0


def holds_back(campaign: Campaign) -> bool:
    """Whether only the first ones may be written to."""
    return bool(campaign.canary_size) and campaign.canary != C.PASSED and not campaign.is_gateway_run


def asks(campaign: Campaign) -> bool:
    """Whether a person has to say if it goes on."""
    return campaign.state == S.PAUSED and checks.awaits_verdict(campaign)


def waits_until(campaign: Campaign) -> datetime | None:
    """When it looks at what came of them; None before the last one was sent, and afterwards."""
    if not holds_back(campaign) or campaign.canary_sent_at is None:
        return None
    return campaign.canary_sent_at + timedelta(minutes=campaign.canary_minutes)


def outcome(campaign: Campaign) -> Outcome:
    """From kept counters."""
    counts = tally.totals(campaign.tally_scope)
    answered = tally.totals(attribution.scope_of(campaign))
    return Outcome(
        size=_taken(counts),
        failed=counts.get(R.FAILED, 0),
        opted_out=answered.get("opted_out", 0),
        most_failed=campaign.canary_most_failed,
        most_opt_outs=campaign.canary_most_opt_outs,
    )


def look(campaign: Campaign) -> None:
    """Bring the first ones on: note when the last of them was handed over, and when the wait is over, judge. It may pause
    the campaign. Safe to call at any time."""
    if not holds_back(campaign) or campaign.state != S.RUNNING:
        return
    counts = tally.totals(campaign.tally_scope)
    if not counts.get(R.PLANNED, 0):  # everybody is one of the first
        return
    if _taken(counts) < (campaign.canary_size or 0) or counts.get(R.QUEUED, 0):
        _note(campaign, canary=C.OUT)
    elif campaign.canary_sent_at is None:
        _note(campaign, canary=C.OUT, canary_sent_at=timezone.now())
    elif (until := waits_until(campaign)) and until <= timezone.now():
        _judge(campaign)


def draw(campaign: Campaign, most: int) -> list[int]:
    """Recipients to write to now, at most so many; none once all of the first ones were drawn. By chance, but the same
    ones when it is asked again. Call with the campaign locked."""
    taken = _taken(tally.totals(campaign.tally_scope))
    size = min(most, max(0, (campaign.canary_size or 0) - taken))
    if size <= 0:
        return []
    chance = random.Random(f"canary:{campaign.pk}:{taken}")  # noqa: S311  # a sample, not a secret
    planned = Recipient.objects.filter(campaign=campaign, state__is=R.PLANNED)
    if campaign.local_time is not None:
        due = planned.filter(due_at__lte=timezone.now()).order_by("due_at", "id").values_list("id", flat=True)
        pool = list(due[:_POOL])
        return chance.sample(pool, min(size, len(pool)))
    ends = planned.aggregate(low=models.Min("id"), high=models.Max("id"))
    found: dict[int, None] = {}
    for _round in range(_ROUNDS if ends["low"] is not None else 0):
        found |= dict.fromkeys(_probe(campaign, [chance.randint(ends["low"], ends["high"]) for _ in range(_PROBES)]))
        if len(found) >= size:
            return list(found)[:size]
    rest = planned.exclude(pk__in=found).order_by("id").values_list("id", flat=True)
    return [*found, *rest[: size - len(found)]]


def decide(campaign: Campaign, *, verdict: str, user: User | None) -> Campaign:
    """A person's word after the first ones: everybody else gets it too, or nobody does. Refused(field="verdict")."""
    if verdict not in Verdict.values:
        raise Refused(_("Say whether it goes on or is ended."), field="verdict")
    if not asks(campaign):
        raise Refused(_("This campaign does not ask whether it may go on, or it has ended."))
    if verdict == Verdict.STOP:
        return lifecycle.cancel(campaign, user=user)
    with transaction.atomic():
        Campaign.objects.filter(pk=campaign.pk).update(canary=C.PASSED)
        return lifecycle.transition(campaign, S.RUNNING, user=user, note=_("it goes on after the first ones"))


def _judge(campaign: Campaign) -> None:
    found = outcome(campaign)
    note = _("the first %(size)s: %(failed)s failed, %(out)s opted out") % {
        "size": found.size, "failed": found.failed, "out": found.opted_out,
    }  # fmt: skip
    with transaction.atomic():
        current = Campaign.objects.select_for_update().get(pk=campaign.pk)
        if current.state != S.RUNNING or not holds_back(current):
            return
        if found.is_within and not campaign.canary_asks:
            _note(campaign, canary=C.PASSED)
            campaign.events.create(before=S.RUNNING, after=S.RUNNING, note=note)
            return
        if not found.is_within:
            _note(campaign, canary=C.FAILED)
        reason = Reason.CANARY_ASKS if found.is_within else Reason.CANARY_FAILED
        lifecycle.transition(campaign, S.PAUSED, reason=reason, note=note)


def _note(campaign: Campaign, *, canary: str, canary_sent_at: datetime | None = None) -> None:
    """Write down how far the first ones are; nothing where that is known."""
    if campaign.canary == canary and canary_sent_at is None:
        return
    campaign.canary = canary
    campaign.canary_sent_at = canary_sent_at or campaign.canary_sent_at
    campaign.save(update_fields=["canary", "canary_sent_at"])


def _taken(counts: dict[str, int]) -> int:
    """How many were written to, whatever came of it."""
    return sum(counts.values()) - counts.get(R.PLANNED, 0) - counts.get(R.EXCLUDED, 0)


def _probe(campaign: Campaign, numbers: Sequence[int]) -> list[int]:
    """For each number the first planned person whose id is not below it: one walk down an index each."""
    values = ", ".join(["(%s)"] * len(numbers))
    with connection.cursor() as cursor:
        cursor.execute(_PROBE.format(values=values), [campaign.pk, *numbers])
        return [pk for (pk,) in cursor.fetchall() if pk is not None]
