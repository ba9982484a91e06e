"""Pages about campaigns that come again: the list, one series with what it started, and its times."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns import dashboard, series
from campaigns.models import Occurrence, Series
from campaigns.timing_forms import SeriesForm
from contacts.paging import keyset
from contacts.refusal import Refused
from contacts.web import StaffRequest, from_the_start, show_refusal

_PAGE = 25


@require_GET
@login_required
@permission_required("campaigns.view_series", raise_exception=True)
@from_the_start
def series_list(request: StaffRequest) -> HttpResponse:
    """Every series, the newest first."""
    page = keyset(Series.objects.select_related("pattern"), cursor=request.GET.get("cursor"), size=_PAGE)
    return render(request, "campaigns/series_list.html", {"page": page})


@require_GET
@login_required
@permission_required("campaigns.view_series", raise_exception=True)
@from_the_start
def series_page(request: StaffRequest, pk: int) -> HttpResponse:
    """One series: its next times, and what came of the ones before."""
    found = get_object_or_404(Series.objects.select_related("pattern"), pk=pk)
    past = Occurrence.objects.filter(series=found).select_related("campaign")
    page = keyset(past, cursor=request.GET.get("cursor"), size=_PAGE)
    rows = dashboard.rows_of([each.campaign for each in page.items])
    context = {
        "series": found,
        "times": [] if found.is_paused else series.next_times(found),
        "occurrences": list(zip(page.items, rows, strict=True)),
        "next": page.next,
    }
    return render(request, "campaigns/series.html", context)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("campaigns.run_campaign", raise_exception=True)
def series_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Other times, from the next one on."""
    found = get_object_or_404(Series.objects.select_related("pattern"), pk=pk)
    form = SeriesForm(request.POST) if request.method == "POST" else SeriesForm(initial=SeriesForm.kept(found))
    if request.method == "POST" and form.is_valid():
        try:
            series.save_series(pattern=found.pattern, **form.times())
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("The new times count from the next one on."))
            return redirect("campaigns:series", pk)
    context = {"series": found, "form": form}
    return render(request, "campaigns/series_edit.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
@permission_required("campaigns.run_campaign", raise_exception=True)
def go_on(request: StaffRequest, pk: int) -> HttpResponse:
    """Let it start its campaigns."""
    try:
        series.go_on(get_object_or_404(Series, pk=pk), user=request.user)
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, _("The series is on. It starts a campaign at each of its times."))
    return redirect("campaigns:series", pk)


@require_POST
@login_required
@permission_required("campaigns.run_campaign", raise_exception=True)
def pause(request: StaffRequest, pk: int) -> HttpResponse:
    """Nothing more starts by itself."""
    series.pause(get_object_or_404(Series, pk=pk))
    messages.success(request, _("Paused: nothing more starts by itself. What it has started goes on."))
    return redirect("campaigns:series", pk)


@require_POST
@login_required
@permission_required("campaigns.run_campaign", raise_exception=True)
def delete(request: StaffRequest, pk: int) -> HttpResponse:
    """Forget its times; its draft and its campaigns stay."""
    found = get_object_or_404(Series, pk=pk)
    series.delete(found)
    messages.success(request, _("The series is deleted. Its draft and the campaigns it started stay."))
    return redirect("campaigns:series_list")
