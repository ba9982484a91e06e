"""Rules checked and made into one condition of SQL. Whatever is wrong is refused: no rule ever means everybody by mistake."""

from collections.abc import Mapping
from typing import Any

from django.db.models import BooleanField, Case, Q, Value, When
from django.db.models.lookups import Exact
from django.utils.translation import gettext as _

from contacts.models import Segment
from contacts.refusal import Refused
from contacts.segments.language import Asked, fact_named, no

MOST_CONDITIONS = 30
_MATCHES = ("all", "any")
_PARTS = ("fact", "of", "op", "value")


def compile_rules(rules: Any) -> Q:
    """The condition that these rules are, for a query of contacts. Raises Refused(field="rules") with a sentence."""
    if _size(rules) > MOST_CONDITIONS:
        raise no(_("A segment has at most %(most)d conditions.") % {"most": MOST_CONDITIONS})
    return _rule(rules, may_nest=True)


def condition_of(segment: Segment) -> Q:
    """The condition of a saved segment. Raises Refused(field="segments") that names it."""
    try:
        return compile_rules(segment.rules)
    except Refused as refused:
        sentence = _("The segment “%(name)s” cannot be used: %(why)s") % {"name": segment.name, "why": refused.sentence}
        raise Refused(sentence, field="segments") from refused


def is_true(condition: Q) -> Exact:
    """The same condition as one value that can be negated and counted."""
    truth = Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())
    return Exact(truth, Value(True))


def tidy(rules: Any) -> dict[str, Any]:
    """Rules in their one shape, as they are kept. Raises Refused(field="rules") for what is no rule at all."""
    return _tidy(rules, may_nest=True)


def _rule(rules: Any, *, may_nest: bool) -> Q:
    known = _tidy(rules, may_nest=may_nest)
    found = [_rule(each, may_nest=False) if "conditions" in each else _condition(each) for each in known["conditions"]]
    return Q(*found, _connector=Q.AND if known["match"] == "all" else Q.OR)


def _condition(asked: Mapping[str, str]) -> Q:
    fact = fact_named(asked["fact"])
    if fact is None:
        raise no(_("“%(word)s” is nothing that can be asked of people.") % {"word": asked["fact"][:40]})
    if fact.op(asked["op"]) is None:
        raise no(
            _("“%(op)s” cannot be said of “%(fact)s”.") % {"op": asked["op"][:40], "fact": str(fact.label)},
        )
    return fact.condition(Asked(of=asked["of"], op=asked["op"], value=asked["value"]))


def _tidy(rules: Any, *, may_nest: bool) -> dict[str, Any]:
    if not isinstance(rules, Mapping) or rules.get("match") not in _MATCHES:
        raise no(_("A rule says whether all or any of its conditions must hold."))
    conditions = rules.get("conditions")
    if not isinstance(conditions, list) or not conditions:
        raise no(_("Add at least one condition."))
    return {"match": rules["match"], "conditions": [_tidy_one(each, may_nest=may_nest) for each in conditions]}


def _tidy_one(each: Any, *, may_nest: bool) -> dict[str, Any]:
    if isinstance(each, Mapping) and "conditions" in each:
        if not may_nest:
            raise no(_("Conditions can be put together once, not twice."))
        return _tidy(each, may_nest=False)
    if not isinstance(each, Mapping) or not isinstance(each.get("fact"), str) or set(each) - set(_PARTS):
        raise no(_("A condition has the parts fact, of, op and value."))
    return {part: str(each.get(part, "")).replace("\x00", "")[:200] for part in _PARTS}


def _size(rules: Any) -> int:
    conditions = rules.get("conditions") if isinstance(rules, Mapping) else None
    return sum(max(1, _size(each)) for each in conditions) if isinstance(conditions, list) else 0
