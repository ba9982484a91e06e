"""Conversations of people who became contacts, or got another name, after they first wrote: linked, and found by their name.

It happens when they write and when somebody opens the conversation; the clock does the rest, as contacts know no conversations.
"""

import time
from collections.abc import Iterator

from django.db import transaction
from django.db.models import F

from contacts.models import Contact
from messaging import searching
from messaging.models import Conversation

SLICE = 10.0  # seconds in one task
_AT_ONCE = 500


def meet(conversation: Conversation, contact: Contact | None) -> bool:
    """Link a conversation that has nobody, and let it be found by the name of who it is with. Returns whether it was new.

    contact: who has its number, None for nobody.
    """
    if contact is None or conversation.contact_id not in (None, contact.pk):
        return False
    if conversation.contact_id and conversation.found_as == contact.name:
        return False
    with transaction.atomic():
        as_it_was = Conversation.objects.filter(pk=conversation.pk, contact=conversation.contact_id)
        if not as_it_was.update(contact=contact, found_as=contact.name):
            return False  # somebody else was quicker, or two contacts became one
        searching.remember(conversation, contact.name)
    conversation.contact, conversation.found_as = contact, contact.name
    return True


def recognise(conversation: Conversation) -> None:
    """Look up who it is with: somebody opens it. Its contact, if any, should be loaded."""
    known = conversation.contact or Contact.objects.filter(phone_key=conversation.phone_key).first()
    meet(conversation, known)


def meet_strangers(*, seconds: float = SLICE) -> int:
    """Link conversations whose people are contacts by now; how many."""
    deadline, met = time.monotonic() + seconds, 0
    while time.monotonic() < deadline and (found := list(_strangers())):
        met += sum(meet(conversation, contact) for conversation, contact in found)
    return met


def learn_names(*, seconds: float = SLICE) -> int:
    """Let conversations be found by the names that their people have now; how many had another."""
    deadline, learnt = time.monotonic() + seconds, 0
    renamed = Conversation.objects.select_related("contact").order_by().exclude(contact=None)
    while time.monotonic() < deadline and (found := list(renamed.exclude(contact__name=F("found_as"))[:_AT_ONCE])):
        learnt += sum(meet(conversation, conversation.contact) for conversation in found)
    return learnt


def _strangers() -> Iterator[tuple[Conversation, Contact]]:
    """Some of those without a contact whose number has one."""
    nobodys = Conversation.objects.order_by().filter(contact=None)
    found = list(nobodys.filter(phone_key__in=Contact.objects.order_by().values("phone_key"))[:_AT_ONCE])
    people = {each.phone_key: each for each in Contact.objects.filter(phone_key__in={row.phone_key for row in found})}
    return ((row, people[row.phone_key]) for row in found if row.phone_key in people)
