"""What may go wrong, in words, each with what to do about it. Nothing here keeps a campaign from starting (`checks` does)."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.quotas import Quota
from contacts.optout import plain

BAD, WARN, INFO = "bad", "warn", "info"
NEW_DAYS = 14  # a number this young is looked at more closely by WhatsApp
NEW_PER_DAY = 50  # messages a day that such a number should not pass without a warm-up
SILENT_DAYS = 7  # without a message that arrived, a line is not known to work
MANY_PARTS = 4
ABROAD = 0.05  # part of the audience
_URL = re.compile(r"https?://\S+|\bwww\.\S+", re.IGNORECASE)
_WORDS_BESIDE = 12  # letters that a text should have besides its links


@dataclass(frozen=True, kw_only=True)
class LineFacts:
    """What is known about a chosen line. age: days since it was made; last_sent: days since something last left; per_day: what its caps
    and warm-up allow; people: its share."""

    label: str
    is_usable: bool
    why_not: str = ""
    is_whatsapp: bool = True
    age: int = 365
    per_day: int | None = None
    is_warming_up: bool = False
    people: int = 0
    gap: float = 6.0
    days_silent: int | None = 0
    reports: bool = True
    incidents: int = 0
    expires_in_time: bool = True
    is_shared: bool = False


@dataclass(frozen=True, kw_only=True)
class Night:
    """So many people of a country would be written to in their night."""

    country: str
    people: int
    clock: str


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything the risks are told from. texts: the templates; stop_words: as `contacts.optout.plain` writes them."""

    people: int
    is_sms: bool = False
    texts: Sequence[str] = ()
    stop_words: Sequence[str] = ()
    lines: Sequence[LineFacts] = ()
    quotas: Sequence[Quota] = ()
    missing: dict[str, int] = field(default_factory=dict)
    newcomers: int | None = None
    newcomers_per_day: int | None = None
    most_parts: int = 1
    forcing: Sequence[str] = ()
    unknown_cost: int = 0
    is_cost_known: bool = True
    nights: Sequence[Night] = ()
    starts_at: datetime | None = None
    first_at: str = ""
    never_opens: bool = False
    ends_at: datetime | None = None
    send_before: datetime | None = None
    late_people: int = 0
    is_unpaced: bool = False


@dataclass(frozen=True, kw_only=True)
class Risk:
    """key: what it is, for other systems. title: what may happen; text: what to do."""

    key: str
    tone: str
    title: str
    text: str


def risks(facts: Facts) -> list[Risk]:
    """The gravest first."""
    found = [risk for rule in _RULES for risk in rule(facts)]
    return sorted(found, key=lambda risk: (BAD, WARN, INFO).index(risk.tone))


def _in_time(facts: Facts) -> Iterator[Risk]:
    if facts.never_opens:
        yield Risk(
            key="never_opens", tone=BAD, title=_("The chosen lines never open: their hours and holidays leave no time."),
            text=_("Change the hours of a line, or choose another one."),
        )  # fmt: skip
    elif facts.send_before and facts.ends_at and facts.ends_at > facts.send_before:
        title = ngettext(
            "About %(n)s person would not get it in time.", "About %(n)s people would not get it in time.", facts.late_people
        )  # fmt: skip
        yield Risk(
            key="too_late", tone=BAD, title=title % {"n": facts.late_people},
            text=_("Choose more lines, start earlier, or give it more time. What is late waits, and you are asked."),
        )  # fmt: skip
    if facts.first_at:
        yield Risk(
            key="waits", tone=INFO, title=_("Every chosen line is closed when it starts: the first message leaves %(at)s.")
            % {"at": facts.first_at},
            text=_("Nothing has to be done; to begin earlier, choose a line with other hours."),
        )  # fmt: skip


def _quota(facts: Facts) -> Iterator[Risk]:
    for quota in facts.quotas:
        if quota.short:
            yield Risk(
                key="quota", tone=BAD,
                title=_("%(account)s may send %(left)s more messages and needs %(needed)s.")
                % {"account": quota.account.name, "left": quota.left, "needed": quota.needed},
                text=_("Upgrade its plan at the gateway, choose lines of another account, or write to fewer people."),
            )  # fmt: skip


def _lines(facts: Facts) -> Iterator[Risk]:
    for line in facts.lines:
        if not line.is_usable:
            yield Risk(
                key="line_down", tone=WARN, title=_("%(line)s cannot send now.") % {"line": line.label},
                text=line.why_not or _("The other lines do its part. Link it again, or take it out."),
            )  # fmt: skip
            continue
        yield from _numbers(line)
        yield from _silence(line)
        if not line.expires_in_time:
            yield Risk(
                key="expires", tone=BAD, title=_("The plan of %(line)s ends before the campaign does.") % {"line": line.label},
                text=_("Renew it at the gateway, or choose a line of another account."),
            )  # fmt: skip
        if line.is_shared:
            yield Risk(
                key="shared", tone=INFO, title=_("Another campaign is sending over %(line)s.") % {"line": line.label},
                text=_("They take turns, so both end later than told here."),
            )  # fmt: skip


def _numbers(line: LineFacts) -> Iterator[Risk]:
    """WhatsApp bans numbers that write to too many strangers too soon."""
    if line.is_warming_up and line.per_day is not None and line.people > line.per_day:
        yield Risk(
            key="warm_up", tone=INFO,
            title=_("%(line)s is warming up: at most %(n)s messages a day now.") % {"line": line.label, "n": line.per_day},
            text=_("The times told here reckon with it. More lines make it quicker."),
        )  # fmt: skip
    is_young = line.is_whatsapp and line.age < NEW_DAYS and not line.is_warming_up
    if is_young and line.people > NEW_PER_DAY and (line.per_day is None or line.per_day > NEW_PER_DAY):
        yield Risk(
            key="new_number", tone=WARN, title=_("%(line)s is new and has no warm-up.") % {"line": line.label},
            text=_("WhatsApp bans new numbers that write to many at once. Give it a warm-up, or less to do."),
        )  # fmt: skip
    if line.is_whatsapp and not line.gap and line.people > NEW_PER_DAY:
        yield Risk(
            key="no_pause", tone=WARN, title=_("%(line)s makes no pause between two messages.") % {"line": line.label},
            text=_("WhatsApp takes that for a machine. Give the line a pause of some seconds."),
        )  # fmt: skip


def _silence(line: LineFacts) -> Iterator[Risk]:
    if line.incidents:
        yield Risk(
            key="incident", tone=WARN, title=_("There is an open incident with %(line)s.") % {"line": line.label},
            text=_("Look at the incidents first: its part may have to wait, or go over other lines."),
        )  # fmt: skip
    if line.days_silent is None or line.days_silent > SILENT_DAYS:
        title = (
            _("Nothing has ever been sent over %(line)s.") if line.days_silent is None
            else _("Nothing was sent over %(line)s for %(n)s days.")
        )  # fmt: skip
        yield Risk(
            key="untried",
            tone=WARN,
            title=title % {"line": line.label, "n": line.days_silent},
            text=_("Send yourself a test over it before you start."),
        )
    if not line.reports:
        yield Risk(
            key="no_reports", tone=INFO, title=_("The gateway of %(line)s does not tell what arrives.") % {"line": line.label},
            text=_("The report will show what was handed over, not what was delivered or read."),
        )  # fmt: skip


def _strangers(facts: Facts) -> Iterator[Risk]:
    cap = facts.newcomers_per_day
    if facts.newcomers and cap and facts.newcomers > cap:
        title = ngettext(
            "%(n)s person was never written to, and the lines greet %(cap)s new people a day.",
            "%(n)s people were never written to, and the lines greet %(cap)s new people a day.",
            facts.newcomers,
        )
        days = -(-facts.newcomers // cap)
        yield Risk(
            key="first_contacts", tone=WARN, title=title % {"n": facts.newcomers, "cap": cap},
            text=_("That alone takes %(days)s days: longer than the times told here may say. Choose more lines.")
            % {"days": days},
        )  # fmt: skip


def _text(facts: Facts) -> Iterator[Risk]:
    for name, count in facts.missing.items():
        title = ngettext(
            "%(n)s person has nothing for “%(field)s”.", "%(n)s people have nothing for “%(field)s”.", count
        )
        yield Risk(
            key="missing_field", tone=WARN, title=title % {"n": count, "field": name},
            text=_("That place in their text stays empty. Give it a fallback, or accept it."),
        )  # fmt: skip
    for body in facts.texts:
        if _is_link_only(body):
            yield Risk(
                key="link_only", tone=WARN, title=_("The text is hardly more than a link."),
                text=_("Phones and gateways take that for spam. Say in a few words who writes and why."),
            )  # fmt: skip
            break
    if facts.stop_words and not all(_has_way_out(body, facts.stop_words) for body in facts.texts):
        yield Risk(
            key="no_way_out", tone=INFO, title=_("The text does not say how to get no more of these."),
            text=_("A line like “Write STOP to end it” is the law in many countries, and spares you complaints."),
        )  # fmt: skip


def _parts(facts: Facts) -> Iterator[Risk]:
    if not facts.is_sms:
        return
    if facts.most_parts >= MANY_PARTS:
        yield Risk(
            key="many_parts", tone=WARN, title=_("Somebody's text takes %(n)s SMS.") % {"n": facts.most_parts},
            text=_("Each part is paid for. Make the text shorter, or cut long values."),
        )  # fmt: skip
    if facts.forcing and facts.most_parts > 1:
        yield Risk(
            key="unicode", tone=INFO, title=_("%(marks)s leaves room for 70 characters in a part instead of 160.")
            % {"marks": " ".join(facts.forcing[:5])},
            text=_("Replace such characters to pay for fewer parts."),
        )  # fmt: skip


def _cost(facts: Facts) -> Iterator[Risk]:
    if facts.unknown_cost and facts.is_cost_known:
        title = ngettext(
            "What it costs is unknown for %(n)s person.",
            "What it costs is unknown for %(n)s people.",
            facts.unknown_cost,
        )
        yield Risk(
            key="unknown_cost", tone=INFO, title=title % {"n": facts.unknown_cost},
            text=_("Keep a price for their countries on the page of the account."),
        )  # fmt: skip


def _nights(facts: Facts) -> Iterator[Risk]:
    for night in facts.nights:
        if night.people >= max(1, ABROAD * facts.people):
            title = ngettext(
                "%(n)s person in %(country)s would be written to at night: it is %(clock)s there when it starts.",
                "%(n)s people in %(country)s would be written to at night: it is %(clock)s there when it starts.",
                night.people,
            )
            yield Risk(
                key="night", tone=WARN,
                title=title % {"n": night.people, "country": night.country, "clock": night.clock},
                text=_("Send it by each person's own clock, or give the lines hours by the clock of whoever gets it."),
            )  # fmt: skip


def _is_link_only(body: str) -> bool:
    rest = _URL.sub("", body)
    return bool(_URL.search(body)) and sum(letter.isalpha() for letter in rest) < _WORDS_BESIDE


def _has_way_out(body: str, stop_words: Sequence[str]) -> bool:
    said = f" {plain(body)} "
    return any(f" {word} " in said for word in stop_words)


_RULES: tuple[Callable[[Facts], Iterator[Risk]], ...] = (
    _in_time, _quota, _lines, _strangers, _text, _parts, _cost, _nights,
)  # fmt: skip
