"""What templates need to show numbers, times, states and links the same way everywhere."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import NoReverseMatch, get_script_prefix, reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from contacts.looks import look_of
from contacts.phone import display

register = template.Library()
_CURRENT = SafeString(' aria-current="page"')
_IS_NEWS = SafeString(' hx-swap-oob="true"')


@register.simple_tag
def constant(template_name: str) -> SafeString:
    """A part that is the same on every page and for everybody: rendered once per language."""
    return _constant(template_name, get_language() or "")


@lru_cache(maxsize=64)
def _constant(template_name: str, language: str) -> SafeString:
    return render_to_string(template_name)


@register.simple_tag
def address(name: str, *args: int | str) -> str:
    """What {% url %} says, remembered: a page has fifty of them, and the same ones come again and again."""
    return _address(get_script_prefix(), name, *args)


@lru_cache(maxsize=4096)
def _address(prefix: str, name: str, *args: int | str) -> str:
    return reverse(name, args=args)


@register.simple_tag
def icon(name: str) -> SafeString:
    """One icon of our sprite, for the eye only: the words beside it say the same."""
    return _icon(name)


@lru_cache(maxsize=256)
def _icon(name: str) -> SafeString:
    """A page has a hundred of them."""
    href = f"{static('vendor/icons/icons.svg')}#{name}"
    return format_html('<svg class="icon" aria-hidden="true" focusable="false"><use href="{}"></use></svg>', href)


@register.simple_tag
def badge(state: str, label: str = "", kind: str = "") -> SafeString:
    """A state as colour, icon and word. label: other words; kind: "consent", "link" or "job" where a word is shared."""
    look = look_of(state, kind)
    words = label or look.word or state
    return format_html('<span class="state {}">{}{}</span>', look.tone, icon(look.icon), words)


@register.simple_tag
def label(name: str, tone: str) -> SafeString:
    """A label of a conversation, in its colour."""
    return format_html('<span class="state label {}">{}{}</span>', tone, icon("tag"), name)


@register.simple_tag
def folder_count(name: str, count: int | None, is_news: bool = False) -> SafeString:
    """The number behind a folder. is_news: it takes the place of the one on the page."""
    shown = number(count) if count else ""
    return format_html('<span class="count" id="folder-{}"{}>{}</span>', name, _IS_NEWS if is_news else "", shown)


@register.filter
def number(value: float | None) -> str:
    """1234 → 1,234 in the reader's language; nothing for nothing."""
    return "" if value is None else str(number_format(value, use_l10n=True, force_grouping=True))


@register.filter
def money(value: Decimal | None) -> str:
    """An amount in the reader's language, two decimals or as many as it has: 0.0300 → 0.03, 1234.5 → 1,234.50."""
    if value is None:
        return ""
    exponent = value.normalize().as_tuple().exponent
    places = max(2, -exponent) if isinstance(exponent, int) else 2
    return str(number_format(value, decimal_pos=places, use_l10n=True, force_grouping=True))


@register.filter
def amount(value: Decimal | None) -> str:
    """A sum of money for the eye: 1234.5 → 1,234.50; what is less than one keeps four decimals at most: 0.1808."""
    if value is None:
        return ""
    return money(value.quantize(Decimal("0.01") if value >= 1 else Decimal("0.0001")))


@register.filter
def capped(value: int) -> str:
    """A badge's number: “99+” from 100 on, because nobody counts further."""
    return "99+" if value > 99 else str(value)


@register.filter
def phone(value: str) -> SafeString:
    """A number as people read it, kept on one line: "+52 1 55 1234 5678"."""
    return format_html('<span class="num text-nowrap">{}</span>', display(value))


@register.filter
def percent_of(part: float, whole: float) -> int:
    """0–100, 0 where there is no whole."""
    return round(100 * part / whole) if whole else 0


@register.filter
def local_time(value: datetime | None) -> str:
    """The moment in the current time zone, with the zone: "21 Nov, 14:05 UTC"; the year only when it is not this one."""
    if value is None:
        return ""
    return format_html('<time class="num" datetime="{}">{}</time>', value.isoformat(), _moment(value))


@register.filter
def weekday_time(value: datetime | None) -> str:
    """Within a week "Thu 16:40", else the date; the zone stands beside it or is the page's."""
    if value is None:
        return ""
    is_near = abs((value - timezone.now()).days) < 6
    return date_format(timezone.localtime(value), "D H:i" if is_near else "j M, H:i")


@register.filter
def clock(value: datetime) -> str:
    """The time of day in the current time zone: "14:05"."""
    return f"{timezone.localtime(value):%H:%M}"


@register.filter
def age(value: datetime | None) -> str:
    """How long ago, or in how long, with the exact moment on hover."""
    if value is None:
        return ""
    distance = _distance(value, timezone.now())
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), _moment(value), distance)


def _moment(value: datetime) -> SafeString:
    now = timezone.localtime()
    return _written(value, now.tzinfo, now.year, get_language() or "")


@lru_cache(maxsize=4096)
def _written(value: datetime, zone: tzinfo | None, this_year: int, language: str) -> SafeString:
    """A moment in a zone and a language. Lists that refresh themselves ask for the same ones again and again."""
    local = timezone.localtime(value, zone)
    written = date_format(local, "j M, H:i" if local.year == this_year else "j M Y, H:i")
    name = local.tzname() or ""
    return escape(f"{written} {f'UTC{name}' if name[:1] in '+-' else name}")


def _distance(value: datetime, now: datetime) -> str:
    if abs((now - value).total_seconds()) < 60:
        return _("just now")
    if value > now:
        return _("in %(time)s") % {"time": timeuntil(value, now, depth=1)}
    return _("%(time)s ago") % {"time": timesince(value, now, depth=1)}


@register.filter
def seconds_left(value: float | None) -> str:
    """A span in seconds, in words: 95 → "2 min"."""
    if value is None:
        return ""
    if value < 60:
        return pgettext("a span of time", "%(n)d s") % {"n": value}
    if value < 3600:
        return pgettext("a span of time", "%(n)d min") % {"n": round(value / 60)}
    return pgettext("a span of time", "%(h)d h %(m)d min") % {"h": value // 3600, "m": value % 3600 // 60}


@register.filter
def control(field: BoundField) -> SafeString:
    """The input of a form field, with the class that gives it our look."""
    widget = field.field.widget
    if isinstance(widget, CheckboxSelectMultiple | RadioSelect):
        ours = "choices scrolls" if isinstance(widget, CheckboxSelectMultiple) else "choices"
    elif isinstance(widget, CheckboxInput):
        ours = ""
    elif isinstance(widget, Select) and not getattr(widget, "allow_multiple_selected", False):
        ours = "form-select"
    else:
        ours = "form-control"
    attrs: dict[str, Any] = {"class": f"{ours} {widget.attrs.get('class', '')}".strip()} if ours else {}
    return field.as_widget(attrs=attrs)


@register.filter
def is_check(field: BoundField) -> bool:
    """True for a single box, whose label stands behind it."""
    return isinstance(field.field.widget, CheckboxInput)


@register.simple_tag(takes_context=True)
def nav_link(
    context: dict[str, Any], url_name: str, icon_name: str, label: str, count: int | None = None
) -> SafeString:
    """One entry of the side bar; marked when the page is below it. `count` is the bronze number behind it."""
    request: HttpRequest | None = context.get("request")
    try:
        href = address(url_name)
    except NoReverseMatch:
        return SafeString()
    path = request.path if request else ""
    is_current = path == href if href == "/" else path.startswith(href)
    return format_html(
        '<li><a class="nav" href="{}"{}>{}<span>{}</span><span class="count" id="nav-{}">{}</span></a></li>',
        href, _CURRENT if is_current else "", icon(icon_name), label, url_name.replace(":", "-"),
        capped(count) if count else "",
    )  # fmt: skip


@register.inclusion_tag("parts/_chart.html")
def chart(
    id: str, title: str, kind: str, labels: Sequence[str], series: Sequence[dict[str, Any]], stacked: bool = False
) -> dict[str, Any]:
    """A picture for the eye and the same numbers as a table.

    kind: "bar", "line" or "doughnut"; series: [{"label": "Sent", "values": [3, 4], "tone": "good"}], each with as many
    values as there are labels; a doughnut has one series whose tone may be a list, one per value.
    """
    return {
        "id": id,
        "title": title,
        "data_id": f"{id}-data",
        "data": {
            "kind": kind,
            "labels": [str(label) for label in labels],
            "series": [{**each, "label": str(each["label"])} for each in series],
            "stacked": stacked,
        },
        "rows": [
            {"label": label, "numbers": [each["values"][at] for each in series]} for at, label in enumerate(labels)
        ],
    }
