"""What the gateways' own panels call their merge fields, in our words: a text pasted from there works here.

Zender knows {{contact.name}} and its like (docs/gateways.md); Wablas, told `spintax`, {name} and whatever else its contacts
have (docs/wire.md 3). SMSGateway24 and SMSMobileAPI document none.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext as _

from contacts.rendering import BUILT_IN, FIELD

OUR_WORD = {"contact.name": "name", "contact.number": "phone"}
OUR_TEXT = {"unsubscribe.command": "STOP"}
_SINGLE = re.compile(r"(?<!\{)\{([A-Za-z_]\w{0,60})\}(?!\})")


@dataclass(frozen=True, kw_only=True)
class Translated:
    """notes: (what stood there, what stands there now), each once."""

    text: str
    notes: tuple[tuple[str, str], ...]

    @property
    def sentence(self) -> str:
        """What was done, for the person who pasted it; "" for nothing."""
        if not self.notes:
            return ""
        told = ", ".join(f"{was} → {now}" for was, now in self.notes)
        return _("The gateway's own shortcodes are read as ours: %(told)s.") % {"told": told}


def words_in(template: str) -> frozenset[str]:
    """What stands alone in single braces, in lower case, and may be somebody's field."""
    return frozenset(match[1].lower() for match in _SINGLE.finditer(template))


def translate(template: str, *, known: Collection[str] = ()) -> Translated:
    """A template in our words. known: fields that contacts have, in lower case; only those are filled in for {field}."""
    notes: dict[str, str] = {}

    def note(was: str, now: str) -> str:
        notes[was] = now
        return now

    def double(match: re.Match[str]) -> str:
        word = match[1].lower()
        if word in OUR_TEXT:
            return note(match[0], OUR_TEXT[word])
        if word not in OUR_WORD:
            return match[0]
        quote = '"' if match[2] is not None else "'"
        fallback = match[2] if match[2] is not None else match[3]
        default = "" if fallback is None else f"|default:{quote}{fallback}{quote}"
        return note(match[0], f"{{{{ {OUR_WORD[word]}{default} }}}}")

    def single(match: re.Match[str]) -> str:
        word = match[1].lower()
        return note(match[0], f"{{{{ {word} }}}}") if word in BUILT_IN or word in known else match[0]

    text = FIELD.sub(double, template)
    return Translated(text=_SINGLE.sub(single, text), notes=tuple(notes.items()))


def what_instead(name: str) -> str:
    """What to write for a gateway's shortcode for which we have nothing; "" for what is no such shortcode."""
    instead = {
        "group.name": _("Write the group's name itself."),
        "date.now": _("Write the date itself."),
        "date.time": _("Write the time itself."),
        "unsubscribe.link": _("Ask people to answer STOP instead."),
    }
    return instead.get(name.lower(), "")
