"""Templates: the page on which they are kept, and their use where a text is written."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from campaigns import attaching, kept_texts, plans
from campaigns.forms import MessageForm, TemplateForm
from campaigns.models import Campaign, Template
from campaigns.views.composing import message_page
from contacts.refusal import Refused
from contacts.web import StaffRequest, show_refusal


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("campaigns.view_template", raise_exception=True)
def template_list(request: StaffRequest) -> HttpResponse:
    """All of them, and a form for one more."""
    form = TemplateForm(request.POST, request.FILES) if request.method == "POST" else TemplateForm()
    if request.method == "POST":
        if not request.user.has_perm("campaigns.add_template"):
            return HttpResponse(status=403)
        if _kept(request, form, None):
            return redirect("campaigns:templates")
    context = {"templates": Template.objects.all(), "form": form}
    return render(request, "campaigns/templates.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("campaigns.change_template", raise_exception=True)
def template_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """One of them."""
    found = get_object_or_404(Template, pk=pk)
    initial = {"name": found.name, "language": found.language, "body": found.body}
    form = TemplateForm(request.POST, request.FILES) if request.method == "POST" else TemplateForm(initial=initial)
    if request.method == "POST" and _kept(request, form, found):
        return redirect("campaigns:templates")
    context = {"template": found, "form": form}
    return render(request, "campaigns/template.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
@permission_required("campaigns.delete_template", raise_exception=True)
def template_delete(request: StaffRequest, pk: int) -> HttpResponse:
    """Away with it; campaigns that began with it keep their text."""
    found = get_object_or_404(Template, pk=pk)
    found.delete()
    messages.success(request, _("The template %(name)s is deleted.") % {"name": found.name})
    return redirect("campaigns:templates")


@require_POST
@login_required
@permission_required("campaigns.change_campaign", raise_exception=True)
def template_use(request: StaffRequest, pk: int) -> HttpResponse:
    """Put a template's text in place of what stands in the draft."""
    campaign = get_object_or_404(Campaign, pk=pk)
    chosen = request.POST.get("template", "")
    template = Template.objects.filter(pk=chosen).first() if chosen.isdecimal() and len(chosen) < 19 else None
    if template is None:
        form = MessageForm(request.POST)
        return message_page(request, campaign, form, template_problem=_("Choose a template first."))
    try:
        kept_texts.use(template, campaign)
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, _("The text is the one of %(name)s now.") % {"name": template.name})
    return redirect("campaigns:message", pk)


@require_POST
@login_required
@permission_required("campaigns.change_campaign", raise_exception=True)
@permission_required("campaigns.add_template", raise_exception=True)
def template_keep(request: StaffRequest, pk: int) -> HttpResponse:
    """Keep what stands in the form, with what goes with it, as a template; the draft is saved too."""
    campaign = get_object_or_404(Campaign, pk=pk)
    form = MessageForm(request.POST)
    is_read = form.is_valid()
    try:
        campaign = plans.change(campaign, **form.details())
        name = request.POST.get("template_name", "")
        if is_read:
            kept_texts.keep(name=name, body=campaign.body, attachment=campaign.attachment, user=request.user)
    except Refused as refused:
        return message_page(request, campaign, form, template_problem=refused.sentence)
    if not is_read:
        return message_page(request, campaign, form)
    messages.success(request, _("It is kept as a template."))
    return redirect("campaigns:message", pk)


def _kept(request: StaffRequest, form: TemplateForm, template: Template | None) -> bool:
    if not form.is_valid():
        return False
    said = form.cleaned_data
    attachment = template.attachment if template and not said["without_file"] else None
    try:
        if said["file"]:
            attachment = attaching.keep(file=said["file"], filename=said["file"].name, lines=(), user=request.user)
        kept_texts.keep(
            name=said["name"], language=said["language"], body=said["body"], attachment=attachment, template=template, user=request.user
        )  # fmt: skip
    except Refused as refused:
        show_refusal(form, Refused(refused.sentence, field="file") if refused.field == "attachment" else refused)
        return False
    messages.success(request, _("The template is kept."))
    return True
