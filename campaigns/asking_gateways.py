"""Whether the gateways know the messages that they took, and say the same about them: a sample is asked about, spread evenly
over the campaign. Only gateways with a call for it can be asked; what they say that is newer than what we know is taken in."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from campaigns.models import Campaign
from messaging import polling
from messaging.gateway import outgoing, provider_of, route_of
from messaging.models import Account, Message, MessageEvent
from messaging.outbox.applying import MAY_BECOME
from messaging.providers import PROVIDERS
from messaging.providers.base import Provider
from messaging.providers.errors import ProviderError
from messaging.providers.shapes import Found, NotFound, StatusReport
from messaging.reasons import sentence

S = Message.Status
TAKEN = (S.ACCEPTED, S.SENT, S.DELIVERED, S.READ)
UNSENT = (S.FAILED, S.CANCELLED)
MOST = 500  # messages asked about
SECONDS = 18.0  # no further question to any gateway after this
AT_ONCE = 20  # messages per question: what a gateway cuts short stays small


@dataclass(kw_only=True)
class Answers:
    """What one account's gateway said. can_tell: whether it has a call for it. asked: messages it was asked about; of these it
    told of `known`, said that `absent` are not there, and was `silent` about the rest. newer: known ones of which it knew
    more than we did; otherwise: known ones that it says were not sent, and we count as sent. note: why it was asked no
    further."""

    account: int
    name: str
    can_tell: bool = True
    asked: int = 0
    known: int = 0
    absent: int = 0
    silent: int = 0
    newer: int = 0
    otherwise: int = 0
    note: str = ""


def ask(campaign: Campaign) -> dict[str, Any]:
    """Ask about at most MOST of the messages that gateways took. Returns {"of": how many there are, "rows": [Answers as
    dicts]}; a gateway that fails says so in its row."""
    sample, total = _sample(campaign)
    deadline, rows = time.monotonic() + SECONDS, []
    for account in Account.objects.filter(pk__in={message.account_id for message in sample}).order_by("name"):
        answers = Answers(account=account.pk, name=account.name)
        mine = [message for message in sample if message.account_id == account.pk]
        if not PROVIDERS[account.provider].capabilities.report_poll:
            answers.can_tell = False
        else:
            _ask_account(account, mine, answers, deadline)
        rows.append(asdict(answers))
    return {"of": total, "rows": rows}


def _sample(campaign: Campaign) -> tuple[list[Message], int]:
    """Each so-manieth of them, and how many there are."""
    taken = Message.objects.filter(
        batch=campaign.batch_id, direction=Message.Direction.OUT, status__in=TAKEN, line__isnull=False
    ).order_by()
    total = taken.count() if campaign.batch_id else 0
    step = max(1, -(-total // MOST))
    ids = taken.values_list("id", flat=True).iterator(chunk_size=10_000) if total else ()
    chosen = [pk for place, pk in enumerate(ids) if place % step == 0]
    return list(Message.objects.filter(id__among=chosen).select_related("line")), total


def _ask_account(account: Account, messages: Sequence[Message], answers: Answers, deadline: float) -> None:
    try:
        with provider_of(account) as provider:
            for begin in range(0, len(messages), AT_ONCE):
                if time.monotonic() > deadline:
                    return
                _ask_some(account, provider, messages[begin : begin + AT_ONCE], answers, deadline)
    except ProviderError as problem:
        answers.note = sentence(problem.reason)


def _ask_some(
    account: Account, provider: Provider, messages: Sequence[Message], answers: Answers, deadline: float
) -> None:
    questions = {message.pk: outgoing(message, route_of(message.line)) for message in messages if message.line}
    reports = provider.fetch_reports(list(questions.values()))
    told = dict(_by_message(messages, reports))
    for message in messages:
        found = told.get(message.pk)
        if found is None and provider.capabilities.find and time.monotonic() < deadline:
            answer = provider.find(questions[message.pk])
            answers.absent += isinstance(answer, NotFound)
            answers.known += isinstance(answer, Found)
            answers.silent += not isinstance(answer, Found | NotFound)
        elif found is None:
            answers.silent += 1
        else:
            answers.known += 1
            answers.newer += found.status in MAY_BECOME.get(message.status, ())
            answers.otherwise += found.status in UNSENT and found.status not in MAY_BECOME.get(message.status, ())
        answers.asked += 1
    polling.apply_reports(account, reports, messages=messages, source=MessageEvent.Source.POLL)


def _by_message(messages: Sequence[Message], reports: Sequence[StatusReport]) -> Iterator[tuple[int, StatusReport]]:
    """Each report with the message it is about, by the gateway's id or ours."""
    by_remote = {message.remote_id: message.pk for message in messages if message.remote_id}
    by_reference = {str(message.pk): message.pk for message in messages}
    for report in reports:
        if pk := by_remote.get(report.remote_id) or by_reference.get(report.reference):
            yield pk, report
