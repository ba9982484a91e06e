"""Canned replies: answers kept ready under a name, with merge fields for whom they go to and who sends them."""

import re
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from contacts import rendering
from contacts.refusal import Refused
from messaging.desk import name_of
from messaging.models import CannedReply, Conversation

SHOWN = 8
NAME = re.compile(r"/([\w-]{1,40})")


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A reply as it would stand in the box."""

    name: str
    text: str


def save(*, name: str, body: str, reply: CannedReply | None = None) -> CannedReply:
    """Keep a reply, new or changed. Refused(field="name" or "body")."""
    name, body = name.strip().removeprefix("/").lower(), body.strip()
    if not NAME.fullmatch(f"/{name}"):
        raise Refused(_("A name has letters, digits and dashes only, at most 40."), field="name")
    if not body:
        raise Refused(_("Write the text."), field="body")
    if wrong := rendering.problems_in(body):
        raise Refused(_("This is no merge field: %(piece)s") % {"piece": wrong[0]}, field="body")
    kept = reply or CannedReply()
    kept.name, kept.body = name, body
    try:
        with transaction.atomic():
            kept.save()
    except IntegrityError:
        raise Refused(_("There is already a canned reply with this name."), field="name") from None
    return kept


def suggestions(beginning: str, *, conversation: Conversation, user: User) -> list[Suggestion]:
    """Replies whose name begins so, filled in."""
    values = values_of(conversation, user)
    found = CannedReply.objects.filter(name__istartswith=beginning)[:SHOWN]
    return [Suggestion(name=each.name, text=_fill(each, values)) for each in found]


def expand(text: str, *, conversation: Conversation, user: User) -> str:
    """The reply that a text asks for by "/name" and nothing else, filled in; "" for other texts."""
    asked = NAME.fullmatch(text.strip())
    known = CannedReply.objects.filter(name__iexact=asked[1]).first() if asked else None
    return _fill(known, values_of(conversation, user)) if known else ""


def values_of(conversation: Conversation, user: User) -> dict[str, str]:
    """What merge fields are filled with: the person's, and `agent`, who answers."""
    person = conversation.contact
    own = rendering.values_of(
        name=person.name if person else "", phone=conversation.phone, fields=person.fields if person else {}
    )
    return {**own, "agent": name_of(user)}


def _fill(reply: CannedReply, values: dict[str, str]) -> str:
    return rendering.render(reply.body, values, seed=reply.name)
