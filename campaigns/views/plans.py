"""Pages about the plan: the list, beginning a campaign, copying and deleting one."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from campaigns import dashboard, plans, sorting, steps
from campaigns.forms import NameForm
from campaigns.models import Campaign
from contacts.paging import keyset
from contacts.refusal import Refused
from contacts.web import StaffRequest, from_the_start, show_refusal, wants_part

_PAGE = 25
_ASKED = ("q", "state", "tag", "kept")


@require_GET
@login_required
@permission_required("campaigns.view_campaign", raise_exception=True)
@vary_on_headers("HX-Request", "HX-Target")
@from_the_start
def campaign_list(request: StaffRequest) -> HttpResponse:
    """Campaigns, newest first, by name, state and tag, or those that were put away; the rows alone for HTMX."""
    q, state, tag, kept = (request.GET.get(name, "").replace("\x00", "")[:100].strip() for name in _ASKED)
    found = Campaign.objects.filter(archived_at__isnull=kept != "archived").prefetch_related("tags")
    if tag:
        found = found.filter(tags__name__iexact=tag)
    if q:
        found = found.filter(name__icontains=q)
    if state in Campaign.State.values:
        found = found.filter(state=state)
    page = keyset(found, cursor=request.GET.get("cursor"), size=_PAGE)
    context = {
        "rows": dashboard.rows_of(page.items), "next": page.next, "q": q, "state": state,
        "states": Campaign.State.choices, "is_filtered": bool(q or state or tag or kept), "tag": tag, "kept": kept,
        "tags": sorting.tags_in_use()[:100],
    }  # fmt: skip
    if wants_part(request, "campaigns"):
        return render(request, "campaigns/_campaigns.html", context)
    return render(request, "campaigns/list.html", context)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("campaigns.add_campaign", raise_exception=True)
def campaign_add(request: StaffRequest) -> HttpResponse:
    """A new campaign is asked for its name, and is a draft from then on."""
    form = NameForm(request.POST) if request.method == "POST" else NameForm()
    if request.method == "POST" and form.is_valid():
        try:
            campaign = plans.begin(name=form.cleaned_data["name"], user=request.user)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            return redirect("campaigns:audience", campaign.pk)
    return render(request, "campaigns/add.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
@login_required
@permission_required("campaigns.change_campaign", raise_exception=True)
def campaign_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """A draft goes on where it was left: at the first step that is not done."""
    campaign = get_object_or_404(Campaign, pk=pk)
    return redirect(f"campaigns:{steps.resume_at(campaign)}", pk)


@require_POST
@login_required
@permission_required("campaigns.add_campaign", raise_exception=True)
def campaign_clone(request: StaffRequest, pk: int) -> HttpResponse:
    """A new draft like this one."""
    copy = plans.clone(get_object_or_404(Campaign, pk=pk), user=request.user)
    messages.success(request, _("This is a new draft with everything of the other one but its time."))
    return redirect("campaigns:audience", copy.pk)


@require_POST
@login_required
@permission_required("campaigns.delete_campaign", raise_exception=True)
def campaign_delete(request: StaffRequest, pk: int) -> HttpResponse:
    """Throw a draft away."""
    campaign = get_object_or_404(Campaign, pk=pk)
    name = campaign.name
    try:
        plans.delete_draft(campaign)
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("campaigns:detail", pk)
    messages.success(request, _("The draft %(name)s was deleted.") % {"name": name})
    return redirect("campaigns:list")
