"""The books balance: a campaign's kept counters, its people, its messages and what its gateways count tell the same.

Each comparison is one statement, so that it sees one moment even while the campaign runs.
"""

from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns import asking_gateways
from campaigns.models import BookCheck, Campaign, GatewayRun, Recipient
from messaging.clock import enqueue_once
from messaging.models import Message, Tally
from messaging.providers.errors import Reason

S = Campaign.State
R = Recipient.State
M = Message.Status

TAKEN = (M.ACCEPTED, M.SENT, M.DELIVERED, M.READ)
ENDED_UNSENT = (M.FAILED, M.CANCELLED, M.EXPIRED)
NIGHT = range(2, 5)  # hours of the installation's zone in which the clock looks
REST = timedelta(hours=20)  # between two nightly looks at one campaign
NEWS_COMES_FOR = timedelta(days=3)  # after the end; then nothing touches it any more
KEPT = 30  # checks per campaign


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that does not add up. what: one of `_WORDS`; key: the state, the piece or the account it is about."""

    what: str
    key: str = ""
    expected: int = 0
    found: int = 0

    @property
    def sentence(self) -> str:
        """It in words."""
        return _WORDS[self.what]() % asdict(self)


@dataclass(frozen=True, kw_only=True)
class Books:
    """audience: people written down. theirs, ours: people in the gateways' own campaigns, None when none could be asked."""

    audience: int
    findings: list[Finding] = field(default_factory=list)
    theirs: int | None = None
    ours: int | None = None

    @property
    def is_balanced(self) -> bool:
        return not self.findings


def check(campaign: Campaign) -> Books:
    """Compare everything with everything. Reads each of the campaign's rows a few times; writes nothing."""
    counted, wrong_counters = _counters(campaign)
    theirs, ours, drifted = _gateways(campaign)
    findings = [*wrong_counters, *_people(campaign), *_messages(campaign), *drifted]
    return Books(audience=sum(counted.values()), findings=findings, theirs=theirs, ours=ours)


def check_and_keep(campaign_id: int, *, asks: bool = False) -> None:
    """Check, and write down what came of it (a task; thin and safe to run twice). asks: also ask the gateways about their
    messages, which takes its time."""
    campaign = Campaign.objects.get(pk=campaign_id)
    asked = asking_gateways.ask(campaign) if asks else None
    books = check(campaign)
    books.findings.extend(_asked(asked))
    BookCheck.objects.create(
        campaign=campaign, is_balanced=books.is_balanced, audience=books.audience, theirs=books.theirs, ours=books.ours,
        findings=[asdict(finding) for finding in books.findings], asked=asked,
    )  # fmt: skip
    newest = BookCheck.objects.filter(campaign=campaign).order_by("-id").values_list("id", flat=True)[:KEPT]
    BookCheck.objects.filter(campaign=campaign).exclude(id__in=list(newest)).delete()


def ask_and_keep(campaign_id: int) -> None:
    """Check, and ask the gateways too (a task)."""
    check_and_keep(campaign_id, asks=True)


def sweep() -> None:
    """At night, one campaign a turn: the one that was looked at longest ago among those that may have changed since."""
    now = timezone.now()
    if timezone.localtime(now).hour in NIGHT and (campaign := due().first()):
        enqueue_once(f"books:{campaign.pk}", check_and_keep, campaign.pk, seconds=3600)


def due() -> QuerySet[Campaign]:
    """Campaigns that were touched since their last check: they move, or ended so lately that reports still come in."""
    now = timezone.now()
    is_touched = Q(finished_at=None) | Q(finished_at__gt=now - NEWS_COMES_FOR)
    last = BookCheck.objects.filter(campaign=OuterRef("pk")).order_by("-id").values("at")[:1]
    begun = Campaign.objects.filter(is_touched, started_at__isnull=False).annotate(looked_at=Subquery(last))
    is_late = Q(looked_at=None) | Q(looked_at__lt=now - REST)
    return begun.filter(is_late).order_by(F("looked_at").asc(nulls_first=True), "id")


def findings_of(kept: BookCheck) -> list[Finding]:
    """What a kept check found."""
    return [Finding(**each) for each in kept.findings]


def _counters(campaign: Campaign) -> tuple[dict[str, int], list[Finding]]:
    """People by state, and the kept counters that say something else."""
    kept: QuerySet[Any, Any] = Tally.objects.filter(scope=campaign.tally_scope).order_by()
    rows: QuerySet[Any, Any] = Recipient.objects.filter(campaign=campaign).order_by()
    kept = kept.annotate(book=Value("kept")).values_list("book", "key").annotate(n=Sum("count"))
    rows = rows.annotate(book=Value("rows")).values_list("book", "state").annotate(n=Count("id"))
    found: dict[str, dict[str, int]] = {"kept": {}, "rows": {}}
    for book, state, count in kept.union(rows, all=True):
        found[book][state] = count
    wrong = [
        Finding(what="counter", key=state, expected=found["rows"].get(state, 0), found=found["kept"].get(state, 0))
        for state in R.values
        if found["rows"].get(state, 0) != found["kept"].get(state, 0)
    ]
    return found["rows"], wrong


def _people(campaign: Campaign) -> list[Finding]:
    """People whose state is not their message's, and people who count as messaged without a message."""
    status = Case(When(message__status=M.SENDING, then=Value(R.QUEUED.value)), default=F("message__status"))
    people = Recipient.objects.filter(campaign=campaign)
    told = people.filter(message__isnull=False).annotate(told=status).exclude(state=F("told"))
    lost = people.filter(message=None, state__in=TAKEN)
    return _some("state", told.count()) + _some("message", lost.count())


def _messages(campaign: Campaign) -> list[Finding]:
    """Messages that are no person's, and people to whom a gateway took more than one."""
    if campaign.batch_id is None:
        return []
    sent = Message.objects.filter(batch=campaign.batch_id, direction=Message.Direction.OUT).order_by()
    orphans = sent.exclude(status__in=ENDED_UNSENT).filter(recipient=None)
    doubles = sent.filter(status__in=TAKEN).values("phone_key").annotate(n=Count("id")).filter(n__gt=1)
    return _some("person", orphans.count()) + _some("twice", doubles.count())


def _gateways(campaign: Campaign) -> tuple[int | None, int | None, list[Finding]]:
    """What gateways that send by themselves count, as they last told it. Those they dropped without a word may or may not
    be among them. Other gateways have no total of a campaign to ask for."""
    is_ours = Q(recipients__message__isnull=False)
    is_dropped = Q(recipients__message__status=M.FAILED, recipients__message__reason=Reason.REJECTED)
    runs = GatewayRun.objects.filter(campaign=campaign, remote_count__isnull=False).order_by("id")
    counted = runs.annotate(
        ours=Count("recipients", filter=is_ours), dropped=Count("recipients", filter=is_ours & is_dropped)
    )
    rows = list(counted.values_list("number", "remote_count", "ours", "dropped"))
    wrong = [
        Finding(what="gateway", key=str(number), expected=ours, found=theirs)
        for number, theirs, ours, dropped in rows
        if theirs is not None and not ours - dropped <= theirs <= ours
    ]
    if not rows:
        return None, None, []
    return sum(row[1] or 0 for row in rows), sum(row[2] for row in rows), wrong


def _asked(asked: dict[str, Any] | None) -> list[Finding]:
    """What gateways say that cannot be as we have it."""
    rows = asked["rows"] if asked else []
    absent = [Finding(what="absent", key=row["name"], found=row["absent"]) for row in rows if row["absent"]]
    return absent + [
        Finding(what="otherwise", key=row["name"], found=row["otherwise"]) for row in rows if row["otherwise"]
    ]


def _some(what: str, count: int) -> list[Finding]:
    return [Finding(what=what, found=count)] if count else []


_WORDS = {
    "counter": lambda: _("The counter of “%(key)s” says %(found)d, and %(expected)d people are in that state."),
    "state": lambda: _("People whose state is not their message's: %(found)d."),
    "message": lambda: _("People who count as messaged and have no message: %(found)d."),
    "person": lambda: _("Messages that belong to nobody in the campaign: %(found)d."),
    "twice": lambda: _("People to whom a gateway took more than one message: %(found)d."),
    "absent": lambda: _("%(key)s: the gateway does not have %(found)d of the messages that it took."),
    "otherwise": lambda: _(
        "%(key)s: the gateway says that %(found)d messages were not sent, and we count them as sent."
    ),
    "gateway": lambda: _("Part %(key)s: the gateway counts %(found)d people, and we count %(expected)d."),
}
