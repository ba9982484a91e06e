"""Pages about the plan: the list, writing a campaign, copying and deleting one."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from campaigns import dashboard, lines, plans, previews
from campaigns.forms import CampaignForm
from campaigns.models import Campaign
from contacts import rendering
from contacts.models import Channel, Group
from contacts.paging import keyset
from contacts.refusal import Refused
from contacts.web import StaffRequest, show_refusal, wants_part
from messaging.models import Line

_PAGE = 25


@require_GET
@login_required
@permission_required("campaigns.view_campaign", raise_exception=True)
@vary_on_headers("HX-Request", "HX-Target")
def campaign_list(request: StaffRequest) -> HttpResponse:
    """Campaigns, newest first, by name and state; the rows alone for HTMX."""
    q, state = request.GET.get("q", "").replace("\x00", "")[:100].strip(), request.GET.get("state", "")
    found = Campaign.objects.all()
    if q:
        found = found.filter(name__icontains=q)
    if state in Campaign.State.values:
        found = found.filter(state=state)
    try:
        page = keyset(found, cursor=request.GET.get("cursor"), size=_PAGE)
    except Refused as refused:
        messages.warning(request, refused.sentence)
        return redirect("campaigns:list")
    context = {
        "rows": dashboard.rows_of(page.items), "next": page.next, "q": q, "state": state,
        "states": Campaign.State.choices, "is_filtered": bool(q or state),
    }  # fmt: skip
    if wants_part(request, "campaigns"):
        return render(request, "campaigns/_campaigns.html", context)
    return render(request, "campaigns/list.html", context)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("campaigns.add_campaign", raise_exception=True)
def campaign_add(request: StaffRequest) -> HttpResponse:
    """A new draft."""
    form = CampaignForm(request.POST) if request.method == "POST" else CampaignForm()
    return _write(request, form, None)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("campaigns.change_campaign", raise_exception=True)
def campaign_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """A draft goes on where it was left. What was started cannot be changed any more."""
    campaign = get_object_or_404(Campaign, pk=pk)
    if campaign.state != Campaign.State.DRAFT:
        messages.warning(request, _("Only a draft can be changed. Copy this campaign to make a new one of it."))
        return redirect("campaigns:detail", pk)
    form = CampaignForm(request.POST) if request.method == "POST" else CampaignForm.of(campaign)
    return _write(request, form, campaign)


@require_POST
@login_required
@permission_required("campaigns.add_campaign", raise_exception=True)
def campaign_clone(request: StaffRequest, pk: int) -> HttpResponse:
    """A new draft like this one."""
    copy = plans.clone(get_object_or_404(Campaign, pk=pk), user=request.user)
    messages.success(request, _("This is a new draft with the same text, groups and lines."))
    return redirect("campaigns:edit", copy.pk)


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


def write_page(
    request: StaffRequest, form: CampaignForm, campaign: Campaign | None, *, test: dict[str, object] | None = None
) -> HttpResponse:
    """The page on which a campaign is written, with what was typed and what is wrong with it."""
    names = ("groups", "excluded_groups", "lines", "sms_lines")
    chosen_groups, left_out, chosen_lines, chosen_sms_lines = (form.chosen(name) for name in names)
    groups = list(Group.objects.all())
    known_lines = list(Line.objects.select_related("account").order_by("account__name", "id"))
    draft = previews.Draft(
        campaign_id=campaign.pk if campaign else None,
        body=str(form["body"].value() or "").replace("\r\n", "\n"),
        groups=[group for group in groups if group.pk in chosen_groups],
        left_out=[group for group in groups if group.pk in left_out],
        lines=[line for line in known_lines if line.pk in chosen_lines],
        mode=str(form["mode"].value() or Campaign.Mode.CARILLON),
    )
    rows = lines.listed(known_lines)
    context = {
        "form": form, "campaign": campaign, "groups": groups, "fields": previews.known_fields(),
        "built_in": rendering.BUILT_IN, "spin_example": _("{Hi|Hello}"),
        "accounts": lines.by_account(rows), "preview": previews.preview(draft),
        "chosen_groups": chosen_groups, "left_out": left_out, "chosen_lines": chosen_lines, "test": test,
        "sender": previews.sender_choice(draft), "chosen_sms_lines": chosen_sms_lines,
        "sms_rows": [row for row in rows if row.line.channel == Channel.SMS], "sms_after": settings.SMS_AFTER_MINUTES,
    }  # fmt: skip
    return render(request, "campaigns/write.html", context, status=422 if form.errors else 200)


def _write(request: StaffRequest, form: CampaignForm, campaign: Campaign | None) -> HttpResponse:
    if request.method != "POST" or not form.is_valid():
        return write_page(request, form, campaign)
    try:
        with transaction.atomic():
            saved = plans.save_draft(campaign=campaign, **form.details(), user=request.user)
    except Refused as refused:
        show_refusal(form, refused)
        return write_page(request, form, campaign)
    if "review" in request.POST:
        return redirect("campaigns:review", saved.pk)
    messages.success(request, _("The draft is saved."))
    return redirect("campaigns:edit", saved.pk)
