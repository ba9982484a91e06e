"""Writing down what came of calls: exchanges, messages, lines."""

import logging
from collections.abc import Sequence

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from messaging.gateway import save_exchanges
from messaging.models import MessageEvent
from messaging.outbox.applying import apply
from messaging.outbox.calling import Sent
from messaging.outbox.judging import Judge

log = logging.getLogger(__name__)


def record(sents: Sequence[Sent]) -> None:
    """All in one transaction; where that meets a fault, each call in one of its own. What cannot be written even alone stays
    `sending`; once the line is let go, that shows as unknown. Raises OperationalError or InterfaceError while the database
    is away: then all of them wait."""
    try:
        _record(sents)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("What came of %s calls could not be written", len(sents))
        if len(sents) > 1:
            for sent in sents:
                record([sent])


@transaction.atomic
def _record(sents: Sequence[Sent]) -> None:
    exchanges = [(id(sent), sent.load.work.line.account_id, record) for sent in sents for record in sent.exchanges]
    ids = save_exchanges([(account_id, record) for _owner, account_id, record in exchanges])
    exchange_of = {owner: pk for (owner, _account_id, _record), pk in zip(exchanges, ids, strict=True)}
    judge = Judge(now=timezone.now())
    for sent in sents:
        work = sent.load.work
        judge.take(work.line, work.provider.capabilities, sent.load.messages, sent.outcomes, exchange_of.get(id(sent)))
    apply(judge.updates, source=MessageEvent.Source.SEND)
    judge.settle_lines()
