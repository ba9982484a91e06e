"""Automatic answers: at most one for each incoming message, and none where it could annoy or go on for ever."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from contacts import consent
from contacts.models import Contact
from contacts.optout import Verdict
from contacts.rendering import render, values_of
from messaging.automation import words
from messaging.automation.confirming import line_to_answer
from messaging.automation.rules import choose
from messaging.models import Account, AutoReply, AutoReplyRule, Line, Message
from messaging.outbox.queueing import queue_many
from messaging.parts import count_parts
from messaging.providers import PROVIDERS

OLD = timedelta(minutes=15)  # after a reconnect gateways bring what is long past
LOOP_COUNT, LOOP_SPAN = 5, timedelta(hours=1)  # so many answers to one person are a talk between machines
LOOP_REST = timedelta(hours=24)  # how long nothing is answered after one
TOO_LATE = timedelta(hours=1)  # a queued answer that waited so long is not sent any more
O = AutoReply.Outcome  # noqa: E741  # as S stands for the statuses of messages


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What would answer to a text. verdict: what it says about stopping; is_back: whether it asks to be messaged again."""

    verdict: Verdict
    is_back: bool
    rule: AutoReplyRule | None
    text: str


def answer(message: Message) -> AutoReply | None:
    """Answer an incoming message by the rule that fits, if any, in the caller's transaction.

    The caller holds the conversation's row, so two messages of one person are answered one after the other.
    """
    on = AutoReplyRule.objects.filter(account=message.account_id, is_on=True)
    language = message.contact.language if message.contact else ""
    now = timezone.now()
    rule = choose(on, message.body, language=language, now=now)
    if rule is None or AutoReply.objects.filter(incoming=message).exists():
        return None
    line = line_to_answer(message)
    text = text_of(rule, contact=message.contact, phone=message.phone, seed=str(message.pk))
    outcome = _objection(rule, message, now) or _impossible(line, text)
    reply = AutoReply(incoming=message, rule=rule, account=message.account, phone_key=message.phone_key)
    reply.outcome = outcome or O.ANSWERED
    if outcome is None and line is not None:
        (reply.message,) = queue_many([_message(rule, message, line, text, now)])
    reply.save(force_insert=True)
    return reply


def try_out(account: Account, text: str, *, language: str, now: datetime | None = None) -> Trial:
    """What would answer to this text now, if it came from somebody of this language. Sends nothing."""
    reading = words.read(text, words.languages())
    rule = None
    if reading.verdict == Verdict.NO and not reading.is_back:
        on = AutoReplyRule.objects.filter(account=account, is_on=True)
        rule = choose(on, text, language=language, now=now or timezone.now())
    said = text_of(rule, contact=None, phone="", seed="trial") if rule else ""
    return Trial(verdict=reading.verdict, is_back=reading.is_back, rule=rule, text=said)


def text_of(rule: AutoReplyRule, *, contact: Contact | None, phone: str, seed: str) -> str:
    """A rule's answer for one person."""
    name, fields = (contact.name, contact.fields) if contact else ("", {})
    return render(rule.body, values_of(name=name, phone=phone, fields=fields), seed=f"{rule.pk}:{seed}")


def _objection(rule: AutoReplyRule, message: Message, now: datetime) -> str | None:
    """Why a fitting rule keeps silent."""
    if message.created_at < now - OLD:
        return O.OLD
    if consent.opted_out(message.channel).filter(phone_key=message.phone_key).exists():
        return O.OPTED_OUT
    to_them = AutoReply.objects.filter(account=message.account, phone_key=message.phone_key)
    answered = to_them.filter(outcome=O.ANSWERED)
    if to_them.filter(outcome=O.LOOP, created_at__gt=now - LOOP_REST).exists():
        return O.LOOP
    if answered.filter(created_at__gt=now - LOOP_SPAN).count() >= LOOP_COUNT:
        return O.LOOP
    same = answered.filter(rule=rule)
    if same.filter(created_at__gt=now - timedelta(minutes=rule.rest_minutes)).exists():
        return O.RESTING
    if same.filter(created_at__gt=now - timedelta(hours=24)).count() >= rule.per_day:
        return O.DAILY
    return None


def _impossible(line: Line | None, text: str) -> str | None:
    if line is None:
        return O.NO_LINE
    limit = PROVIDERS[line.account.provider].capabilities.text_limit
    return O.EMPTY if not text or (limit and len(text) > limit) else None


def _message(rule: AutoReplyRule, incoming: Message, line: Line, text: str, now: datetime) -> Message:
    # One that says that nobody is there leaves in closed hours, too: they wrote right now.
    says_closed = rule.kind == AutoReplyRule.Kind.OUTSIDE_HOURS
    return Message(
        account=incoming.account, line=line, channel=line.channel, phone=incoming.phone, phone_key=incoming.phone_key,
        contact_id=incoming.contact_id, body=text, parts=count_parts(text) if line.channel == "sms" else 1,
        priority=Message.Priority.URGENT if says_closed else Message.Priority.REPLY, send_before=now + TOO_LATE,
        idempotency_key=f"auto:{incoming.pk}",
    )  # fmt: skip
