"""A campaign's people cut by line, language, variant and country: each part with the same numbers as the whole.

Those who were left out are in no part: they have no line, and nobody chose a text for them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Min, Value
from django.db.models.functions import Substr
from django.utils.translation import gettext as _

from campaigns.funnel import RATES, Numbers, Step, from_states, step
from campaigns.models import Campaign, Recipient, Reply
from contacts.phone import country
from messaging.models import Line, Message

Parts = dict[str, dict[str, int]]  # key → state, replied, clicked, opted_out → people
_PREFIX = 4  # digits that tell a country: three of the code, or one and the area where countries share a code
CUTS = ("line", "language", "letter", "country")


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of the people. key: a line's id, a language, a letter or a country, "" where there is none."""

    key: str
    label: str
    numbers: Numbers

    @property
    def cells(self) -> list[Step]:
        """Its rates, in the order of the table's columns."""
        return [step(self.numbers, key) for key in RATES]


def count(campaign: Campaign) -> dict[str, Parts]:
    """People by cut and key, in three statements on the campaign's own index; a country is told by the first digits."""
    found: dict[str, Parts] = {cut: {} for cut in CUTS}
    _count_people(campaign, found)
    _count_lines(campaign, found["line"])
    _count_opt_outs(campaign, found)
    return found


def count_messages(campaign: Campaign) -> dict[str, list[tuple[int, str, int]]]:
    """rows: (line id, status, messages) of everything that was written for it, resent ones among them."""
    if campaign.batch_id is None:
        return {"rows": []}
    messages = Message.objects.filter(batch=campaign.batch_id, line__isnull=False).order_by()
    rows = messages.values_list("line_id", "status").annotate(n=Count("pk"))
    return {"rows": [(line_id, status, n) for line_id, status, n in rows if line_id is not None]}


def parts(campaign: Campaign, counted: dict[str, Parts]) -> dict[str, list[Part]]:
    """The counted numbers with labels, the largest part first; a cut with one key and no name says nothing and is left away."""
    line_ids = [int(key) for key in counted.get("line", {}) if key]
    labels = {str(line.pk): line.label for line in Line.objects.filter(pk__in=line_ids).only("pk", "label")}
    shown = {}
    for cut in CUTS:
        rows = [
            Part(key=key, label=_label(cut, key, labels), numbers=from_states(states))
            for key, states in counted.get(cut, {}).items()
        ]
        shown[cut] = sorted(rows, key=lambda part: (-part.numbers.to_send, part.label))
    return {cut: rows for cut, rows in shown.items() if len(rows) > 1 or any(row.key for row in rows)}


def _people(campaign: Campaign) -> Any:
    return Recipient.objects.filter(campaign=campaign).exclude(state=Recipient.State.EXCLUDED).order_by()


def _count_people(campaign: Campaign, found: dict[str, Parts]) -> None:
    """One pass for variant, language and country; the rows of the answer are as many as there are combinations."""
    rows = (
        _people(campaign)
        .annotate(prefix=Substr("phone_key", 1, Value(_PREFIX)))
        .values_list("letter", "language", "prefix", "state")
        .annotate(n=Count("pk"), replied=Count("replied_at"), clicked=Count("clicked_at"), sample=Min("phone_key"))
    )
    countries: dict[str, str] = {}
    for letter, language, prefix, state, n, replied, clicked, sample in rows.iterator():
        if prefix not in countries:
            countries[prefix] = country(f"+{sample}")
        for cut, key in (("letter", letter), ("language", language), ("country", countries[prefix])):
            _add(found[cut], key, {state: n, "replied": replied, "clicked": clicked})


def _count_lines(campaign: Campaign, found: Parts) -> None:
    rows = (
        _people(campaign)
        .values_list("message__line_id", "state")
        .annotate(n=Count("pk"), replied=Count("replied_at"), clicked=Count("clicked_at"))
    )
    for line_id, state, n, replied, clicked in rows.iterator():
        _add(found, str(line_id or ""), {state: n, "replied": replied, "clicked": clicked})


def _count_opt_outs(campaign: Campaign, found: dict[str, Parts]) -> None:
    said = Reply.objects.filter(campaign=campaign, is_opt_out=True, recipient__isnull=False).order_by()
    people = said.exclude(recipient__state=Recipient.State.EXCLUDED)
    rows = people.annotate(prefix=Substr("recipient__phone_key", 1, Value(_PREFIX))).values_list(
        "recipient__letter", "recipient__language", "prefix", "recipient__message__line_id"
    )
    counted = rows.annotate(n=Count("recipient", distinct=True), sample=Min("recipient__phone_key"))
    for letter, language, _prefix, line_id, n, sample in counted.iterator():
        keys: Iterable[tuple[str, str]] = (
            ("letter", letter), ("language", language), ("country", country(f"+{sample}")), ("line", str(line_id or "")),
        )  # fmt: skip
        for cut, key in keys:
            _add(found[cut], key, {"opted_out": n})


def _add(parts: Parts, key: str, counts: dict[str, int]) -> None:
    kept = parts.setdefault(key, {})
    for name, n in counts.items():
        if n:
            kept[name] = kept.get(name, 0) + n


def _label(cut: str, key: str, lines: dict[str, str]) -> str:
    if cut == "line":
        return lines.get(key, _("no line yet") if not key else _("deleted line"))
    if cut == "language":
        return key or _("language not known")
    if cut == "country":
        return key or _("country not known")
    return key
