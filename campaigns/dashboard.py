"""The first page: what is running, what needs somebody, how the last ones did. A fixed number of queries."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from campaigns import live, reports
from campaigns.models import Campaign
from campaigns.reports import Progress
from contacts.models import Contact
from messaging import standing, tally
from messaging.models import Account, Conversation, Incident, Line, Message
from messaging.providers import PROVIDERS

S = Campaign.State
DAYS = 30
UNDER_WAY = (S.SCHEDULED, S.PREPARING, S.RUNNING, S.PAUSED, S.BLOCKED, S.STOPPING)
_CAMPAIGNS, _REPLIES, _ACCOUNTS, _INCIDENTS = 20, 6, 20, 5


@dataclass(frozen=True, kw_only=True)
class CampaignRow:
    campaign: Campaign
    progress: Progress
    waiting: str


@dataclass(frozen=True, kw_only=True)
class UnderWay:
    """poll_seconds: when to look again; 0 where nothing moves or will move by itself."""

    rows: list[CampaignRow]
    poll_seconds: int


@dataclass(frozen=True, kw_only=True)
class Days:
    """The last days' numbers, oldest first; the last one of them, today; and their sum."""

    labels: list[str]
    series: list[dict[str, object]]
    today: dict[str, int]
    total: dict[str, int]
    has_numbers: bool


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One incoming message. conversation_id: None where the thread is gone."""

    message: Message
    conversation_id: int | None


@dataclass(frozen=True, kw_only=True)
class AccountRow:
    """lines: (state, how many) of its lines."""

    account: Account
    gateway: str
    sentence: str
    lines: list[tuple[str, int]]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a new installation. key: which one; is_next: the first that is not done."""

    key: str
    is_done: bool
    is_next: bool


def under_way() -> UnderWay:
    """Campaigns that run, wait or will start, the newest first."""
    campaigns = list(Campaign.objects.filter(state__in=UNDER_WAY).order_by("-id")[:_CAMPAIGNS])
    pauses = [seconds for seconds in map(live.poll_seconds, campaigns) if seconds]
    return UnderWay(rows=rows_of(campaigns), poll_seconds=min(pauses, default=0))


def last_ones(size: int = 5) -> list[CampaignRow]:
    """The campaigns that ended last."""
    ended = Campaign.objects.filter(state__in=[S.FINISHED, S.CANCELLED], started_at__isnull=False)
    return rows_of(list(ended.order_by("-finished_at", "-id")[:size]))


def rows_of(campaigns: list[Campaign]) -> list[CampaignRow]:
    """Campaigns with their numbers: one query for all of them."""
    progress = reports.progress_of(campaigns)
    return [
        CampaignRow(campaign=campaign, progress=progress[campaign.pk], waiting=live.waiting_words(campaign.reason))
        for campaign in campaigns
    ]


def last_days(today: date | None = None) -> Days:
    """Messages per day from the kept counters: one query."""
    last = today or timezone.localdate()
    days = [last - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    kept = tally.totals_of(tally.day_scope(day) for day in days)
    numbers = [kept[tally.day_scope(day)] for day in days]
    shown = (("accepted", _("Sent"), "info"), ("delivered", _("Delivered"), "good"), ("failed", _("Failed"), "bad"))
    series = [*shown, ("received", _("Received"), "read")]
    return Days(
        labels=[date_format(day, "j M") for day in days],
        series=[
            {"label": label, "values": [day.get(key, 0) for day in numbers], "tone": tone}
            for key, label, tone in series
        ],
        has_numbers=any(numbers),
        today={key: numbers[-1].get(key, 0) for key, _label, _tone in series},
        total={key: sum(day.get(key, 0) for day in numbers) for key, _label, _tone in series},
    )


def newest_replies(size: int = _REPLIES) -> list[Reply]:
    """What people wrote last: two queries."""
    newest = Message.objects.filter(direction__is=Message.Direction.IN).select_related("contact", "account")
    messages = list(newest.order_by("-id")[:size])
    threads = Conversation.objects.filter(
        account__in={message.account_id for message in messages}, phone_key__in={m.phone_key for m in messages}
    )
    found = {(account, key): pk for account, key, pk in threads.values_list("account_id", "phone_key", "id")}
    return [Reply(message=m, conversation_id=found.get((m.account_id, m.phone_key))) for m in messages]


def accounts() -> list[AccountRow]:
    """Accounts with the states of their lines: two queries."""
    found = list(Account.objects.all()[:_ACCOUNTS])
    counted = Line.objects.filter(account__in=found).order_by().values_list("account_id", "state")
    lines = [(account_id, state, count) for account_id, state, count in counted.annotate(n=Count("pk"))]
    return [
        AccountRow(
            account=account,
            gateway=PROVIDERS[account.provider].label,
            sentence=standing.account_sentence(account),
            lines=sorted((state, count) for account_id, state, count in lines if account_id == account.pk),
        )
        for account in found
    ]


def incidents(size: int = _INCIDENTS) -> list[Incident]:
    """Problems that are still open, the newest first: one query."""
    return list(Incident.objects.filter(closed_at=None).select_related("account", "line", "webhook")[:size])


def first_steps() -> list[Step]:
    """The way from nothing to the first campaign; empty once it has been gone."""
    if Campaign.objects.filter(started_at__isnull=False).exists():
        return []
    done = {
        "account": Account.objects.exists(),
        "line": Line.objects.filter(state=Line.State.READY).exists(),
        "people": Contact.objects.exists(),
        "campaign": False,
    }
    next_one = next(key for key, is_done in done.items() if not is_done)
    return [Step(key=key, is_done=is_done, is_next=key == next_one) for key, is_done in done.items()]
