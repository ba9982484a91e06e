"""What messaging tells: messages, lines, consent. Campaigns tell their own through `publishing`."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Case, CharField, F, QuerySet, Value, When

from contacts.models import ConsentEvent, Contact
from messaging.models import Account, Line, Message, Webhook
from messaging.reasons import sentence
from messaging.signals import Change
from messaging.webhooks.publishing import Data, publish

E = Webhook.Event


def on_received(sender: object, messages: Sequence[Message], **_more: Any) -> None:
    """message.received"""
    publish(E.MESSAGE_RECEIVED, lambda: [_message(message) for message in messages])


def on_changed(sender: object, changes: Sequence[Change], **_more: Any) -> None:
    """message.status"""
    publish(E.MESSAGE_STATUS, lambda: _statuses(changes))


def on_consent(sender: object, events: Sequence[ConsentEvent], **_more: Any) -> None:
    """consent.changed"""
    publish(E.CONSENT_CHANGED, lambda: _consents(events))


def tell_lines() -> int:
    """line.state: for lines that are not as they were when they were last told of. Returns how many were."""
    told = 0
    for line in _changed_lines()[:200]:
        with transaction.atomic():
            locked = Line.objects.select_for_update().get(pk=line.pk)
            if locked.told_state == line.state_now:
                continue
            if locked.told_state:  # ignored: a default that binds the loop's value is nothing that mypy can type
                told += publish(E.LINE_STATE, lambda line=line, was=locked.told_state: [_line(line, was)])  # type: ignore[misc]
            Line.objects.filter(pk=line.pk).update(told_state=line.state_now)
    return told


def _changed_lines() -> QuerySet[Any]:
    """Lines with `state_now`: one on a blocked account is not ready, whatever it says itself."""
    is_held_up = When(state=Line.State.READY, account__state=Account.State.BLOCKED, then=Value(Line.State.BLOCKED))
    now = Case(is_held_up, default=F("state"), output_field=CharField())
    return Line.objects.select_related("account").annotate(state_now=now).exclude(told_state=F("state_now"))


def _line(line: Any, was: str) -> Data:
    is_held_up = line.state_now != line.state
    reason = line.account.reason if is_held_up else line.reason
    return {
        "id": line.pk, "account": line.account_id, "label": line.label, "phone": line.phone, "channel": line.channel,
        "state": line.state_now, "before": was, "reason": reason, "detail": sentence(reason),
    }  # fmt: skip


def _message(message: Message) -> Data:
    return {
        "id": message.pk, "account": message.account_id, "line": message.line_id, "channel": message.channel,
        "phone": message.phone, "contact": message.contact_id, "body": message.body,
        "attachment": {k: v for k, v in message.attachment.items() if k != "file"} if message.attachment else None,
        "created_at": message.created_at,
    }  # fmt: skip


def _statuses(changes: Sequence[Change]) -> list[Data]:
    asked = Message.objects.filter(id__in={change.message_id for change in changes})
    rows = {row["id"]: row for row in asked.values("id", "phone", "channel", "line_id", "contact_id", "status_at")}
    return [
        {
            "id": change.message_id, "account": change.account_id, "line": row["line_id"], "channel": row["channel"],
            "phone": row["phone"], "contact": row["contact_id"], "batch": change.batch_id, "status": change.after,
            "before": change.before, "reason": change.reason, "detail": sentence(change.reason), "at": row["status_at"],
        }
        for change in changes
        if (row := rows.get(change.message_id))
    ]  # fmt: skip


def _consents(events: Sequence[ConsentEvent]) -> list[Data]:
    people = Contact.objects.filter(phone_key__in={event.phone_key for event in events})
    known = {key: (pk, phone) for key, pk, phone in people.values_list("phone_key", "id", "phone")}
    return [
        {
            "phone_key": event.phone_key, "contact": known.get(event.phone_key, (None, ""))[0],
            "phone": known.get(event.phone_key, (None, ""))[1], "channel": event.channel, "state": event.state,
            "source": event.source, "at": event.created_at,
        }
        for event in events
    ]  # fmt: skip
