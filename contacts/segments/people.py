"""What can be asked of contacts themselves: fields, name, language, country, groups, consent, reach, and when they were added."""

from datetime import timedelta

from django.core.cache import cache
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    IContains,
    IExact,
    In,
    IStartsWith,
    LessThan,
    LessThanOrEqual,
)
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts import rendering
from contacts.models import (
    Channel,
    Consent,
    ConsentState,
    Contact,
    ContactImport,
    Group,
    Membership,
    Reach,
)
from contacts.segments import countries
from contacts.segments.language import Asked, Asks, Choices, Fact, Op, add_fact, no
from contacts.segments.values import NEVER, day_of, days_of_the_year, month_and_day_of, number_of, text_of

_LOOKED_AT = 500  # newest contacts whose fields are offered
_SHOWN = 100
_KEPT = 60  # seconds
_TEXT = (
    Op(key="is", label=gettext_lazy("is"), asks=Asks.TEXT),
    Op(key="is_not", label=gettext_lazy("is not (or is empty)"), asks=Asks.TEXT),
    Op(key="contains", label=gettext_lazy("contains"), asks=Asks.TEXT),
    Op(key="begins", label=gettext_lazy("begins with"), asks=Asks.TEXT),
    Op(key="has", label=gettext_lazy("is there")),
    Op(key="has_not", label=gettext_lazy("is not there")),
)
_NUMBERS = (
    Op(key="above", label=gettext_lazy("is a number above"), asks=Asks.NUMBER),
    Op(key="at_least", label=gettext_lazy("is a number, at least"), asks=Asks.NUMBER),
    Op(key="below", label=gettext_lazy("is a number below"), asks=Asks.NUMBER),
    Op(key="at_most", label=gettext_lazy("is a number, at most"), asks=Asks.NUMBER),
)
_DATES = (
    Op(key="on", label=gettext_lazy("is the date"), asks=Asks.DATE),
    Op(key="before", label=gettext_lazy("is a date before"), asks=Asks.DATE),
    Op(key="after", label=gettext_lazy("is a date after"), asks=Asks.DATE),
    Op(key="in_last", label=gettext_lazy("is a date in the last … days"), asks=Asks.DAYS),
    Op(key="in_next", label=gettext_lazy("is a date in the next … days"), asks=Asks.DAYS),
    Op(key="birthday", label=gettext_lazy("has its day of the year in the next … days"), asks=Asks.DAYS),
)
_CHOICE = (
    Op(key="is", label=gettext_lazy("is"), asks=Asks.CHOICE),
    Op(key="is_not", label=gettext_lazy("is not"), asks=Asks.CHOICE),
)
_COMPARED = {"above": GreaterThan, "at_least": GreaterThanOrEqual, "below": LessThan, "at_most": LessThanOrEqual}


def register() -> None:
    """Called once, at start-up."""
    for fact in (
        Fact(key="field", label=gettext_lazy("a field"), ops=(*_TEXT, *_NUMBERS, *_DATES), condition=_field, things=fields),
        Fact(key="name", label=gettext_lazy("the name"), ops=_TEXT, condition=_name),
        Fact(key="language", label=gettext_lazy("the language"), ops=(*_TEXT[:2], *_TEXT[4:]), condition=_language),
        Fact(key="country", label=gettext_lazy("the country of the phone"), ops=_CHOICE, condition=_country, values=_countries),
        Fact(
            key="group", label=gettext_lazy("the group"), condition=_group, things=_groups,
            ops=(Op(key="in", label=gettext_lazy("has them in it")), Op(key="not_in", label=gettext_lazy("does not have them in it"))),
        ),
        Fact(
            key="consent", label=gettext_lazy("what they said about"), ops=_CHOICE, condition=_consent,
            things=lambda: [(str(key), str(label)) for key, label in Channel.choices],
            values=lambda: [(str(key), str(label)) for key, label in ConsentState.choices],
        ),
        Fact(
            key="reach", label=gettext_lazy("WhatsApp"), condition=_reach,
            ops=(Op(key="yes", label=gettext_lazy("reaches them")), Op(key="no", label=gettext_lazy("does not reach them")), Op(key="unknown", label=gettext_lazy("was never tried"))),
        ),
        Fact(
            key="added", label=gettext_lazy("when they were added"), condition=_added,
            ops=(
                Op(key="before", label=gettext_lazy("is before"), asks=Asks.DATE),
                Op(key="after", label=gettext_lazy("is after"), asks=Asks.DATE),
                Op(key="in_last", label=gettext_lazy("is in the last … days"), asks=Asks.DAYS),
                Op(key="not_in_last", label=gettext_lazy("is more than … days ago"), asks=Asks.DAYS),
            ),
        ),
    ):  # fmt: skip
        add_fact(fact)


def fields() -> Choices:
    """Merge fields that contacts have, as far as the newest ones and the imports tell; kept for a minute."""
    names: list[str] | None = cache.get("segment-fields")
    if names is None:
        found: set[str] = set()
        for known in Contact.objects.order_by("-pk").values_list("fields", flat=True)[:_LOOKED_AT]:
            found.update(known)
        for mapping in ContactImport.objects.order_by("-pk").values_list("mapping", flat=True)[:50]:
            found.update(word.removeprefix("field:") for word in mapping.values() if word.startswith("field:"))
        names = sorted(found - set(rendering.BUILT_IN))[:_SHOWN]
        cache.set("segment-fields", names, timeout=_KEPT)
    return [(name, name) for name in names]


def _field(asked: Asked) -> Q:
    name = asked.of.strip()
    if not name:
        raise no(_("Choose the field."))
    if not Contact.objects.filter(fields__has_key=name).exists():
        raise no(_("No contact has a field “%(name)s” any more.") % {"name": name[:40]})
    if asked.op in _COMPARED:
        return Q(_COMPARED[asked.op](number_of(name), Value(asked.number)))
    if any(asked.op == op.key for op in _DATES):
        return _day(asked, name)
    return _words(asked, text_of(name))


def _day(asked: Asked, name: str) -> Q:
    today = timezone.localdate()
    if asked.op == "birthday":
        days = days_of_the_year(today, asked.days + 1)
        return Q(In(month_and_day_of(name), [Value(day) for day in days]))
    day = day_of(name)
    is_a_day = Q(GreaterThan(day, Value(NEVER)))
    if asked.op == "on":
        return Q(Exact(day, Value(asked.date.isoformat())))
    if asked.op == "after":
        return Q(GreaterThan(day, Value(asked.date.isoformat())))
    if asked.op == "before":
        return is_a_day & Q(LessThan(day, Value(asked.date.isoformat())))
    near, far = sorted([today, today + timedelta(days=asked.days if asked.op == "in_next" else -asked.days)])
    return Q(GreaterThanOrEqual(day, Value(near.isoformat()))) & Q(LessThanOrEqual(day, Value(far.isoformat())))


def _name(asked: Asked) -> Q:
    return _words(asked, F("name"))


def _words(asked: Asked, text: object) -> Q:
    """Letters count as the same in both cases; beyond a to z only where the database says so."""
    match asked.op:
        case "has":
            return ~Q(Exact(text, Value("")))
        case "has_not":
            return Q(Exact(text, Value("")))
        case "is":
            return Q(IExact(text, asked.text))
        case "is_not":
            return ~Q(IExact(text, asked.text))
        case "contains":
            return Q(IContains(text, asked.text))
        case _:
            return Q(IStartsWith(text, asked.text))


def _language(asked: Asked) -> Q:
    """pt is also what pt-br begins with."""
    if asked.op in ("has", "has_not"):
        return Q(language="") if asked.op == "has_not" else ~Q(language="")
    code = asked.text.replace("_", "-").lower()
    found = Q(language=code) | Q(language__startswith=f"{code}-")
    return found if asked.op == "is" else ~found


def _countries() -> Choices:
    return [(code, code) for code in countries.codes()]


def _country(asked: Asked) -> Q:
    found = countries.phones_in(asked.text)
    if found is None:
        raise no(_("“%(text)s” is not a country: choose one.") % {"text": asked.value[:40]})
    return found if asked.op == "is" else ~found


def _groups() -> Choices:
    return [(str(pk), name) for pk, name in Group.objects.values_list("pk", "name")]


def _group(asked: Asked) -> Q:
    if not (asked.of.isascii() and asked.of.isdecimal() and len(asked.of) < 19):
        raise no(_("Choose the group."))
    if not Group.objects.filter(pk=int(asked.of)).exists():
        raise no(_("It asks for a group that was deleted. Choose another one."))
    inside = Q(Exists(Membership.objects.filter(contact=OuterRef("pk"), group=int(asked.of))))
    return inside if asked.op == "in" else ~inside


def _consent(asked: Asked) -> Q:
    if asked.of not in Channel.values:
        raise no(_("Choose the channel."))
    if asked.text not in ConsentState.values:
        raise no(_("Choose what they said."))
    said = Consent.objects.filter(phone_key=OuterRef("phone_key"), channel=asked.of)
    if asked.value == ConsentState.UNKNOWN:
        found = ~Q(Exists(said.exclude(state=ConsentState.UNKNOWN)))
    else:
        found = Q(Exists(said.filter(state=asked.value)))
    return found if asked.op == "is" else ~found


def _reach(asked: Asked) -> Q:
    tried = Reach.objects.filter(phone_key=OuterRef("phone_key"), channel=Channel.WHATSAPP)
    if asked.op == "unknown":
        return ~Q(Exists(tried))
    return Q(Exists(tried.filter(is_reached=asked.op == "yes")))


def _added(asked: Asked) -> Q:
    if asked.op == "before":
        return Q(created_at__lt=asked.midnight)
    if asked.op == "after":
        return Q(created_at__gte=asked.midnight + timedelta(days=1))
    since = timezone.now() - timedelta(days=asked.days)
    return Q(created_at__gte=since) if asked.op == "in_last" else Q(created_at__lt=since)
