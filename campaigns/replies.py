"""What a campaign brought back: how many answered, how soon, and what they wrote."""

from dataclasses import dataclass

from django.db.models import QuerySet

from campaigns.attribution import scope_of
from campaigns.models import Campaign, Reply
from contacts.paging import Slice, keyset
from messaging import tally
from messaging.models import Conversation

PAGE = 50


@dataclass(frozen=True, kw_only=True)
class Answers:
    """people, opted_out: each person once, however often they wrote. median: seconds until the first reply of a person;
    None while nobody wrote. messages: all of what they wrote."""

    people: int
    opted_out: int
    messages: int
    median: int | None


@dataclass(frozen=True, kw_only=True)
class Written:
    """One reply. conversation_id: None where the thread is gone."""

    reply: Reply
    conversation_id: int | None


def answers(campaign: Campaign) -> Answers:
    """From kept counters; the median along an index."""
    counts = tally.totals(scope_of(campaign))
    people = counts.get("replied", 0)
    return Answers(
        people=people, opted_out=counts.get("opted_out", 0), messages=counts.get("messages", 0),
        median=_median(campaign, people),
    )  # fmt: skip


def list_replies(campaign: Campaign, *, cursor: str | None = None, opted_out: bool = False) -> Slice[Reply]:
    """The newest first. Refused for a bad cursor."""
    return keyset(_replies(campaign, opted_out), cursor=cursor, size=PAGE, by=("-id",))


def written(replies: list[Reply]) -> list[Written]:
    """Replies with their conversations: one more query."""
    threads = Conversation.objects.filter(
        account__in={each.message.account_id for each in replies}, phone_key__in={r.message.phone_key for r in replies}
    )
    found = {(account, key): pk for account, key, pk in threads.values_list("account_id", "phone_key", "id")}
    return [
        Written(reply=each, conversation_id=found.get((each.message.account_id, each.message.phone_key)))
        for each in replies
    ]


def _replies(campaign: Campaign, opted_out: bool) -> QuerySet[Reply]:
    found = Reply.objects.filter(campaign=campaign).select_related("message__contact", "message__account")
    return found.filter(is_opt_out=True) if opted_out else found


def _median(campaign: Campaign, people: int) -> int | None:
    first = Reply.objects.filter(campaign=campaign, is_first=True).order_by("seconds").values_list("seconds", flat=True)
    middle = list(first[max(0, (people - 1) // 2) : people // 2 + 1])
    return round(sum(middle) / len(middle)) if middle else None
