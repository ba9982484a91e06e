"""What the engine does about an outcome: the one place where retries, failures and incidents are decided.

docs/architecture.md, A message's life."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings

from messaging import health, pace
from messaging.models import Account, Line, Message
from messaging.outbox.applying import Update
from messaging.outbox.due import Due
from messaging.providers.base import Capabilities
from messaging.providers.errors import AccountRejected, MessageRejected, NotSent, Reason
from messaging.providers.shapes import Accepted, Outcome

S = Message.Status
FIRST_ASK = timedelta(seconds=2)  # after acceptance: reports rarely come sooner
FIND_AFTER = timedelta(seconds=5)  # after an unknown outcome: let the gateway finish what it may have begun


class Judge:
    """Collects the outcomes of one flush into updates of messages and of line health."""

    def __init__(self, *, now: datetime) -> None:
        self.now = now
        self.updates: list[Update] = []
        self._lines: dict[int, Line] = {}
        self._trouble: dict[int, NotSent | AccountRejected] = {}
        self._worked: set[int] = set()

    def take(
        self,
        line: Line,
        capabilities: Capabilities,
        messages: Sequence[Due],
        outcomes: Sequence[Outcome],
        exchange_id: int | None,
    ) -> None:
        """One call's outcomes."""
        self._lines[line.pk] = line
        for message, outcome in zip(messages, outcomes, strict=True):
            self.updates.append(self._judge(line, capabilities, message, outcome, exchange_id))

    def settle_lines(self) -> None:
        """Write what the calls said about the lines: a rest, a block, or that all is well again."""
        for line_id, line in self._lines.items():
            trouble = self._trouble.get(line_id)
            if isinstance(trouble, AccountRejected):
                health.block(line, trouble)
            elif trouble is not None and line_id not in self._worked:
                health.rest(line, trouble, now=self.now)
            elif line_id in self._worked:
                health.worked(line)
        soon = self.now + FIRST_ASK
        accounts = {self._lines[line_id].account_id for line_id in self._worked}
        Account.objects.filter(pk__in=accounts, next_poll_at__gt=soon).update(next_poll_at=soon)

    def _judge(
        self, line: Line, capabilities: Capabilities, message: Due, outcome: Outcome, exchange_id: int | None
    ) -> Update:
        if isinstance(outcome, Accepted):
            self._worked.add(line.pk)
            ask_at = self.now + FIRST_ASK if capabilities.report_poll else None
            return Update(
                message_id=message.pk, status=S.ACCEPTED, remote_id=outcome.remote_id, ask_at=ask_at, exchange_id=exchange_id
            )  # fmt: skip
        if isinstance(outcome, NotSent):
            return self._not_sent(line, message, outcome, exchange_id)
        if isinstance(outcome, AccountRejected):
            self._trouble[line.pk] = outcome
            return Update(
                message_id=message.pk, status=S.QUEUED, reason=outcome.reason, note=outcome.detail, claim=message.lease_token,
                uncount=True, exchange_id=exchange_id,
            )  # fmt: skip
        if isinstance(outcome, MessageRejected):
            self._worked.add(line.pk)
            return Update(
                message_id=message.pk, status=S.FAILED, reason=outcome.reason, note=outcome.detail, exchange_id=exchange_id
            )  # fmt: skip
        ask_at = self.now + FIND_AFTER if capabilities.find else None
        return Update(
            message_id=message.pk, status=S.UNKNOWN, reason=outcome.reason, note=outcome.detail, ask_at=ask_at, exchange_id=exchange_id
        )  # fmt: skip

    def _not_sent(self, line: Line, message: Due, outcome: NotSent, exchange_id: int | None) -> Update:
        """Back to the queue. A gateway that cannot be reached says nothing about the message, so that does not count as
        an attempt: the line rests instead, and an outage of hours loses nobody."""
        is_about_us = outcome.reason in (Reason.UNREACHABLE, Reason.CRASHED)
        if outcome.reason != Reason.CRASHED:
            self._trouble.setdefault(line.pk, outcome)
        if not is_about_us and message.attempts >= settings.MESSAGE_ATTEMPTS:
            return Update(
                message_id=message.pk, status=S.FAILED, reason=Reason.ATTEMPTS_EXHAUSTED, note=outcome.detail, exchange_id=exchange_id
            )  # fmt: skip
        rest = timedelta(seconds=outcome.retry_after or 0)
        if not is_about_us:
            rest = max(rest, pace.backoff(message.attempts))
        return Update(
            message_id=message.pk, status=S.QUEUED, reason=outcome.reason, note=outcome.detail, claim=message.lease_token,
            uncount=is_about_us, next_attempt_at=self.now + rest, exchange_id=exchange_id,
        )  # fmt: skip
