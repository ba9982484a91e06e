"""What must be true after any crash: nobody got two, everybody is accounted for, rows and delivery log tell the same."""

import os
from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from campaigns import books
from campaigns.models import Campaign, Recipient
from messaging.models import Message, MessageEvent
from messaging.providers import PROVIDERS

M = Message.Status
TAKEN = {M.ACCEPTED, M.SENT, M.DELIVERED, M.READ}
# What a row may say about a message that ended like this at the gateway: as much, or less.
MAY_SAY: dict[str, set[str]] = {
    "waiting": {M.ACCEPTED},
    "handed": {M.ACCEPTED},
    "sent": {M.ACCEPTED, M.SENT},
    "delivered": {M.ACCEPTED, M.SENT, M.DELIVERED},
    "read": {M.ACCEPTED, M.SENT, M.DELIVERED, M.READ},
    "failed": {M.ACCEPTED, M.SENT, M.FAILED},
}
RESOLVED_WITHIN = timedelta(seconds=60)  # on a machine with the processors that what runs on it needs


def faults(
    campaign: Campaign, audience: Collection[str], delivered: list[dict[str, Any]], quiet_since: datetime
) -> list[str]:
    """What is wrong, a sentence each. audience: the phones; delivered: the sandbox's delivery log; quiet_since: when
    nothing was killed any more."""
    ours = Message.objects.filter(batch=campaign.batch, direction=Message.Direction.OUT)
    messages = list(ours.select_related("account"))
    return [
        *_twice(delivered, audience),
        *_accounts(campaign, audience, messages),
        *_differences(messages, {row["to"]: row for row in delivered}),
        *_undecided(messages, {row["to"] for row in delivered}),
        *_slow(messages, quiet_since),
    ]


def _twice(delivered: list[dict[str, Any]], audience: Collection[str]) -> list[str]:
    counts = Counter(row["to"] for row in delivered)
    twice = [f"{phone} got {count} messages" for phone, count in counts.items() if count > 1]
    return twice + [f"{phone} is not in the audience" for phone in counts.keys() - set(audience)]


def _accounts(campaign: Campaign, audience: Collection[str], messages: list[Message]) -> list[str]:
    """Audience = sum of states, by the product's own books too."""
    people = dict(Recipient.objects.filter(campaign=campaign).values_list("phone", "state"))
    wrong = [f"{phone} is lost" for phone in set(audience) - people.keys()]
    wrong += [f"{phone} is still {state}" for phone, state in people.items() if state in ("planned", "queued")]
    checked = books.check(campaign)
    wrong += [f"the books: {finding.sentence}" for finding in checked.findings]
    if checked.audience != len(audience):
        wrong.append(f"{checked.audience} of {len(audience)} are accounted for")
    counts = Counter(message.phone for message in messages)
    return wrong + [f"{phone} has {count} messages" for phone, count in counts.items() if count > 1]


def _differences(messages: list[Message], log: dict[str, dict[str, Any]]) -> list[str]:
    """Rows that say something else than the log. Those shown as unknown say nothing."""
    wrong = []
    for message in messages:
        row = log.get(message.phone)
        if message.status == M.UNKNOWN:
            continue
        if row is None and message.status != M.FAILED:
            wrong.append(f"{_name(message)}, and nothing arrived")
        if row is not None and message.status not in MAY_SAY[row["state"]]:
            wrong.append(f"{_name(message)}, at the gateway {row['state']}")
        if row is not None and message.remote_id and message.remote_id != row["id"]:
            wrong.append(f"{_name(message)}: its id is {row['id']}, not {message.remote_id}")
    return wrong


def _undecided(messages: list[Message], arrived: Collection[str]) -> list[str]:
    """Unknown is what the gateway could not tell: nothing that it shows, and nothing at all where it knows our reference."""
    unknown = [message for message in messages if message.status == M.UNKNOWN]
    wrong = [f"{_name(message)}, and still looked for" for message in unknown if message.ask_at is not None]
    asked = [message for message in unknown if PROVIDERS[message.account.provider].capabilities.find]
    wrong += [f"{_name(message)}, though the gateway shows it" for message in asked if message.phone in arrived]
    by_reference = [m for m in asked if PROVIDERS[m.account.provider].capabilities.client_reference]
    return wrong + [f"{_name(message)}, though the gateway knows our reference" for message in by_reference]


def _slow(messages: list[Message], quiet_since: datetime) -> list[str]:
    """Outcomes that were not found out within a minute, though nothing was in the way."""
    within = RESOLVED_WITHIN * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    slow, began = list[timedelta](), dict[int, datetime]()
    events = MessageEvent.objects.filter(message_id__in=[message.pk for message in messages]).order_by("id")
    for pk, status, at in events.values_list("message_id", "status", "at"):
        if pk in began and at - max(began.pop(pk), quiet_since) > within:
            slow.append(at - quiet_since)
        if status == M.UNKNOWN:
            began[pk] = at
    return [f"{len(slow)} unknown outcomes took up to {max(slow)} to be found out"] if slow else []


def _name(message: Message) -> str:
    return f"{message.phone} ({message.account.provider}, message {message.pk}) is {message.status} {message.reason}"
