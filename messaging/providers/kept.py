"""What people make at a gateway from our pages besides messages: scheduled texts, reminders, agents, replies, USSD requests.

A provider describes each kind as a table of fields; one form, one service and one page serve all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from messaging.providers.shapes import Channel, Raw

Ask = Literal["line", "text", "phone", "moment", "choice", "number", "email", "link", "secret", "device"]
Deed = Literal["change", "cancel", "delete", "look"]
Value = str | int | datetime
# phone: E.164 with "+". moment: with its zone. device: the gateway's own id of one. What was left empty is not in it.
Values = Mapping[str, Value]


@dataclass(frozen=True, kw_only=True)
class KeptField:
    """One thing the form asks for. label, help_text: English, translated by the pages.

    longest: characters. least, most: of a number. choices: (value, label). needed_for, only_for: values of the field named
    by depends_on for which this one must be filled, or may be. is_fixed: the gateway's call for changes does not take it.
    pattern: the whole of a line has to match it; example: one that does.
    """

    name: str
    label: str
    ask: Ask = "line"
    help_text: str = ""
    is_required: bool = True
    longest: int | None = None
    least: int | None = None
    most: int | None = None
    choices: tuple[tuple[str, str], ...] = ()
    depends_on: str = ""
    needed_for: tuple[str, ...] = ()
    only_for: tuple[str, ...] = ()
    is_fixed: bool = False
    pattern: str = ""
    example: str = ""


@dataclass(frozen=True, kw_only=True)
class KeptKind:
    """One kind. title: the field by which people know one. deeds: what can be done with one afterwards.

    channel: on which it writes to the phone in it, None when it writes to nobody. changes_where: a field of what the
    gateway lists, and the values of it for which `change` makes sense. is_named: whether the answer to making one tells its
    id; where it does not, the gateway's list shows it after a sync.
    """

    kind: str
    title: str
    fields: tuple[KeptField, ...]
    deeds: tuple[Deed, ...] = ()
    channel: Channel | None = None
    changes_where: tuple[str, tuple[str, ...]] | None = None
    is_named: bool = True

    def can_change(self, raw: Raw) -> bool:
        """Whether the gateway's call for changes is meant for this one."""
        if self.changes_where is None:
            return "change" in self.deeds
        name, values = self.changes_where
        return "change" in self.deeds and str(raw.get(name) or values[0]) in values


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What the gateway answered about one. remote_id: "" for kinds that are not `is_named`. raw: without secrets. values: as
    it has them, where it was asked for them."""

    remote_id: str
    raw: Raw = field(default_factory=dict)
    values: Values = field(default_factory=dict)
