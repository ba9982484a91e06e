"""The calendar of what goes out, and what went out."""

from datetime import date, timedelta

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from campaigns import calendar
from contacts.web import StaffRequest

_FIRST, _LAST = date(2000, 1, 1), date(2100, 1, 1)
WEEK = timedelta(days=7)


@require_GET
@login_required
@permission_required("campaigns.view_campaign", raise_exception=True)
def show(request: StaffRequest) -> HttpResponse:
    """A month, or the week of a day. An address that names no day shows today's."""
    day = _day(request.GET.get("day", ""))
    is_week = request.GET.get("view") == "week"
    if is_week:
        first = day - timedelta(days=day.weekday())
        weeks, before, after = [calendar.days(first, first + WEEK - calendar.DAY)], first - WEEK, first + WEEK
    else:
        first = day.replace(day=1)
        weeks = calendar.month_days(first)
        before, after = (first - calendar.DAY).replace(day=1), (first + timedelta(days=32)).replace(day=1)
    context = {
        "weeks": weeks, "first": first, "last": weeks[-1][-1].day, "before": before, "after": after, "is_week": is_week,
        "weekdays": [each.day for each in weeks[0]], "has_entries": any(each.entries for week in weeks for each in week),
        "day": day,
    }  # fmt: skip
    return render(request, "campaigns/calendar.html", context)


def _day(written: str) -> date:
    try:
        day = date.fromisoformat(written)
    except ValueError:
        return timezone.localdate()
    return day if _FIRST <= day < _LAST else timezone.localdate()
