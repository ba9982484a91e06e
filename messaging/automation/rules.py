"""Auto-replies: which rule answers to a text, and how rules are kept."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from contacts.optout import plain
from contacts.refusal import Refused
from contacts.rendering import problems_in
from contacts.zones import zone_named
from messaging.limits import clean_windows, hours_from
from messaging.models import Account, AutoReplyRule
from messaging.when import opens_at

LONGEST_ANSWER = 1000  # characters
MOST_WORDS = 50
K = AutoReplyRule.Kind
_RANK = {K.KEYWORD: 0, K.FIRST_WORD: 0, K.OUTSIDE_HOURS: 1, K.ANY: 2}


def choose(rules: Iterable[AutoReplyRule], text: str, *, language: str, now: datetime) -> AutoReplyRule | None:
    """The rule that answers: words before hours before any text, a person's own language first, then by position.

    language: of the person, "" where it is not known.
    """
    said = f" {plain(text)} "
    fitting = [rule for rule in rules if _speaks(rule, language) and _matches(rule, said, now)]
    return min(fitting, key=lambda r: (_RANK[K(r.kind)], not r.language, r.position, r.pk or 0), default=None)


def save_rule(
    *,
    rule: AutoReplyRule | None,
    name: str,
    account: Account,
    kind: str,
    words: Sequence[str],
    language: str,
    windows: Sequence[dict[str, Any]],
    time_zone: str,
    body: str,
    position: int,
    rest_minutes: int,
    per_day: int,
    is_on: bool,
    user: User | None,
) -> AutoReplyRule:
    """Make or change a rule. windows: as messaging.limits keeps them. Raises Refused with the field's name."""
    tidied = list(dict.fromkeys(word for word in map(plain, words) if word))[:MOST_WORDS]
    _check(kind=kind, words=tidied, windows=windows, time_zone=time_zone, body=body)
    if not name.strip():
        raise Refused(_("Give the auto-reply a name."), field="name")
    rule = rule or AutoReplyRule(created_by=user)
    rule.name, rule.account, rule.kind = name.strip()[:100], account, kind
    rule.words = tidied if kind in (K.KEYWORD, K.FIRST_WORD) else []
    rule.windows = clean_windows(windows) if kind == K.OUTSIDE_HOURS else []
    rule.language, rule.time_zone, rule.body = language.strip().lower()[:10], time_zone.strip(), body.strip()
    rule.position, rule.rest_minutes, rule.per_day, rule.is_on = position, rest_minutes, per_day, is_on
    rule.save()
    return rule


def switch(rule: AutoReplyRule, *, on: bool) -> None:
    """Let a rule answer, or be silent."""
    AutoReplyRule.objects.filter(pk=rule.pk).update(is_on=on)


def zone_of(rule: AutoReplyRule) -> ZoneInfo:
    """The zone of a rule's hours: its own, or else the installation's."""
    return zone_named(rule.time_zone) or ZoneInfo(settings.TIME_ZONE)


def _speaks(rule: AutoReplyRule, language: str) -> bool:
    return not rule.language or rule.language.split("-")[0] == language.lower().split("-")[0]


def _matches(rule: AutoReplyRule, said: str, now: datetime) -> bool:
    match rule.kind:
        case K.KEYWORD:
            return any(f" {word} " in said for word in rule.words)
        case K.FIRST_WORD:
            return any(said.startswith(f" {word} ") for word in rule.words)
        case K.OUTSIDE_HOURS:
            hours = hours_from(rule.windows)
            return hours is not None and opens_at(now, hours, zone_of(rule)) != now
        case _:
            return True


def _check(*, kind: str, words: Sequence[str], windows: Sequence[dict[str, Any]], time_zone: str, body: str) -> None:
    if kind in (K.KEYWORD, K.FIRST_WORD) and not words:
        raise Refused(_("Write at least one word to answer to."), field="words")
    if kind == K.OUTSIDE_HOURS and not windows:
        raise Refused(_("Write the opening hours; it answers outside of them."), field="windows")
    if time_zone.strip() and zone_named(time_zone.strip()) is None:
        raise Refused(
            _("There is no time zone “%(name)s”. Write it like America/Mexico_City.") % {"name": time_zone.strip()},
            field="time_zone",
        )
    if not body.strip():
        raise Refused(_("Write the answer."), field="body")
    if len(body) > LONGEST_ANSWER:
        raise Refused(_("An answer has %(most)d characters at most.") % {"most": LONGEST_ANSWER}, field="body")
    if wrong := problems_in(body):
        raise Refused(
            _("%(piece)s is not a merge field. Write it like {{ name }}.") % {"piece": wrong[0]}, field="body"
        )
