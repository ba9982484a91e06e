"""Replies that may ask us to stop: kept in a folder until a person says what was meant."""

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import consent
from contacts.models import ConsentState
from contacts.refusal import Refused
from messaging import tally
from messaging.automation import confirming, words
from messaging.models import ConsentReply, Conversation, Message, OptOutDoubt
from messaging.outbox.queueing import withdraw
from messaging.providers.errors import Reason

SCOPE = "opt-out doubts"
_OPEN = OptOutDoubt.State.OPEN


def open_doubts() -> QuerySet[OptOutDoubt]:
    """Those that wait for a person, with their reply, newest first."""
    return (
        OptOutDoubt.objects.filter(state=_OPEN).select_related("message__contact", "message__account").order_by("-id")
    )


def count_open() -> int:
    """How many wait: kept, not counted."""
    return tally.totals(SCOPE).get("open", 0)


def doubt(message: Message) -> OptOutDoubt | None:
    """Put a reply before a person; None for somebody who is out on every channel already."""
    states = consent.states([message.phone_key])[message.phone_key]
    if set(states.values()) == {ConsentState.OPTED_OUT}:
        return None
    with transaction.atomic():
        made, is_new = OptOutDoubt.objects.get_or_create(message=message, defaults={"phone_key": message.phone_key})
        if is_new:
            tally.add({(SCOPE, "open"): 1})
    return made


def opt_out(asked: OptOutDoubt, *, user: User) -> None:
    """It was an opt-out: everything stops, it is confirmed once, and their other doubtful replies are settled too.

    Raises Refused when somebody was quicker.
    """
    with transaction.atomic():
        _settle(Q(pk=asked.pk), OptOutDoubt.State.OUT, user)
        message = asked.message
        stop(message, user=user)
        settle_for(message.phone_key, user=user)
        known = words.languages()
        language = words.language_for(contact=message.contact, phone=message.phone, said="", known=known)
        confirming.confirm(message, kind=ConsentReply.Kind.OUT, language=language)


def keep(asked: OptOutDoubt, *, user: User) -> None:
    """It was not an opt-out. Raises Refused when somebody was quicker."""
    with transaction.atomic():
        _settle(Q(pk=asked.pk), OptOutDoubt.State.KEPT, user)


def settle_for(phone_key: str, *, user: User | None = None) -> None:
    """A person has opted out for certain: nothing is doubtful about them any more."""
    found = OptOutDoubt.objects.filter(phone_key=phone_key, state=_OPEN)
    if settled := found.update(state=OptOutDoubt.State.OUT, decided_by=user, decided_at=timezone.now()):
        tally.add({(SCOPE, "open"): -settled})


def stop(message: Message, *, user: User | None = None) -> None:
    """Opt the sender of a message out of every channel, and take back what is queued for them on every gateway."""
    source = consent.Source.STAFF if user else consent.Source.REPLY
    said_at = None if user else message.created_at
    consent.opt_out(phone_key=message.phone_key, source=source, evidence=message.body, user=user, said_at=said_at)
    waiting = Message.objects.filter(phone_key=message.phone_key, status__is=Message.Status.QUEUED)
    withdraw(waiting.values_list("id", flat=True), reason=Reason.OPTED_OUT)
    theirs = Conversation.objects.filter(account_id=message.account_id, phone_key=message.phone_key)
    theirs.update(waiting_since=None)  # they want no answer


def _settle(which: Q, state: str, user: User) -> None:
    moved = OptOutDoubt.objects.filter(which, state=_OPEN).update(
        state=state, decided_by=user, decided_at=timezone.now()
    )
    if not moved:
        raise Refused(_("Somebody has decided about this reply already."))
    tally.add({(SCOPE, "open"): -moved})
