"""What an incoming message sets off by itself: consent first, then at most one automatic answer."""

from django.utils import timezone

from contacts import consent
from contacts.models import ConsentState
from contacts.optout import Verdict
from contacts.phone import is_phone_key
from messaging.automation import answering, confirming, doubts, words
from messaging.models import ConsentReply, Message


def respond(message: Message) -> None:
    """Read a person's message and do what follows from it, in the transaction that stores it. Never called for groups.

    STOP stops every channel and every gateway before the next claim and is confirmed once; START lets them write again,
    unless they are out by a later word: the first look at a gateway brings its whole history;
    what may mean STOP waits for a person; anything else may be answered by a rule. A sender that is no phone is never
    written to, so there is nothing to stop.
    """
    known = words.languages()
    reading = words.read(message.body, known)
    is_about_consent = reading.verdict != Verdict.NO or reading.is_back
    if is_about_consent and not is_phone_key(message.phone_key):
        return
    if reading.verdict == Verdict.YES or reading.is_back:
        _consent(message, reading, known)
    elif reading.verdict == Verdict.MAYBE:
        doubts.doubt(message)
    else:
        answering.answer(message)


def _consent(message: Message, reading: words.Reading, known: list[words.Language]) -> None:
    before = set(consent.states([message.phone_key])[message.phone_key].values())
    if reading.is_back and consent.was_opted_out_since(message.phone_key, message.created_at):
        return
    if reading.is_back:
        kind, after = ConsentReply.Kind.IN, ConsentState.OPTED_IN
        consent.opt_in(
            phone_key=message.phone_key, source=consent.Source.REPLY, evidence=message.body, said_at=message.created_at
        )
    else:
        kind, after = ConsentReply.Kind.OUT, ConsentState.OPTED_OUT
        doubts.stop(message)
        doubts.settle_for(message.phone_key)
    is_recent = message.created_at > timezone.now() - confirming.TOO_LATE
    if before != {after} and is_recent:
        language = words.language_for(contact=message.contact, phone=message.phone, said=reading.language, known=known)
        confirming.confirm(message, kind=kind, language=language)
