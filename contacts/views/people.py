"""Pages about single people: the list, adding, changing, consent, deleting."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from contacts import consent, people
from contacts.forms import ConsentForm, ContactForm
from contacts.models import Channel, Consent, ConsentEvent, ConsentState, Contact, Group
from contacts.refusal import Refused
from contacts.search import list_contacts
from contacts.web import StaffRequest, from_the_start, show_refusal, wants_part

_HISTORY = 50  # statements shown


@require_GET
@login_required
@permission_required("contacts.view_contact", raise_exception=True)
@vary_on_headers("HX-Request", "HX-Target")
@from_the_start
def contact_list(request: StaffRequest) -> HttpResponse:
    """People, newest first, by search and group; the rows alone for HTMX."""
    group = group_asked_for(request)
    q = request.GET.get("q", "")[:100]
    page = list_contacts(q=q, group=group, cursor=request.GET.get("cursor"))
    context = {"page": page, "q": q, "group": group, "is_filtered": bool(q or group)}
    # A segment knows no pieces of numbers: keeping a search for one would keep something else.
    context["may_keep"] = bool(q or group) and not any(character.isdecimal() for character in q)
    if wants_part(request, "people"):
        return render(request, "contacts/_people.html", context)
    return render(request, "contacts/list.html", {**context, "groups": Group.objects.all()})


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("contacts.add_contact", raise_exception=True)
def contact_add(request: StaffRequest) -> HttpResponse:
    """A person typed in by hand; one who is known already is added to, not made twice."""
    form = ContactForm(request.POST or None, initial={"groups": request.GET.getlist("group")})
    if request.method == "POST" and form.is_valid():
        try:
            contact, is_new = people.save_contact(**form.details(), region=settings.DEFAULT_REGION)
        except Refused as refused:
            show_refusal(form, _at_form_field(refused))
        else:
            said = _("%(name)s was added.") if is_new else _("%(name)s was known already: what you entered was added.")
            messages.success(request, said % {"name": contact})
            return redirect("contacts:edit", contact.pk)
    return render(request, "contacts/add.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("contacts.view_contact", raise_exception=True)
def contact_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """One person with consent and its history. Viewers read; changing needs its own permission."""
    contact = get_object_or_404(Contact, pk=pk)
    if request.method != "POST":
        return _contact_page(request, contact, ContactForm.of(contact), ConsentForm())
    if not request.user.has_perm("contacts.change_contact"):
        raise PermissionDenied
    form = ContactForm(request.POST)
    if form.is_valid():
        try:
            people.change_contact(contact=contact, **form.details(), region=settings.DEFAULT_REGION)
        except Refused as refused:
            show_refusal(form, _at_form_field(refused))
        else:
            messages.success(request, _("Saved."))
            return redirect("contacts:edit", contact.pk)
    return _contact_page(request, contact, form, ConsentForm())


@require_POST
@login_required
@permission_required("contacts.add_consentevent", raise_exception=True)
def contact_consent(request: StaffRequest, pk: int) -> HttpResponse:
    """Record what a person told a colleague; it holds for every channel."""
    contact = get_object_or_404(Contact, pk=pk)
    form = ConsentForm(request.POST)
    if not form.is_valid():
        return _contact_page(request, contact, ContactForm.of(contact), form)
    said = form.cleaned_data
    is_out = said["state"] == ConsentState.OPTED_OUT
    (consent.opt_out if is_out else consent.opt_in)(
        phone_key=contact.phone_key, source=consent.Source.STAFF, evidence=said["evidence"], user=request.user
    )
    sentence = _("%(name)s will get no more messages.") if is_out else _("%(name)s may be messaged again.")
    messages.success(request, sentence % {"name": contact})
    return redirect("contacts:edit", contact.pk)


@require_POST
@login_required
@permission_required("contacts.delete_contact", raise_exception=True)
def contact_delete(request: StaffRequest, pk: int) -> HttpResponse:
    """Forget a person. What they said about consent stays under their number."""
    contact = get_object_or_404(Contact, pk=pk)
    people.delete_contacts(Contact.objects.filter(pk=contact.pk))
    messages.success(request, _("%(name)s was deleted.") % {"name": contact})
    return redirect("contacts:list")


def group_asked_for(request: StaffRequest) -> Group | None:
    """The group in ?group=, None where it is not one."""
    asked = request.GET.get("group", "")
    return Group.objects.filter(pk=int(asked)).first() if asked.isdecimal() and len(asked) < 19 else None


def _at_form_field(refused: Refused) -> Refused:
    return Refused(refused.sentence, field="fields_text") if refused.field == "fields" else refused


def _contact_page(
    request: StaffRequest, contact: Contact, form: ContactForm, consent_form: ConsentForm
) -> HttpResponse:
    """A form with errors keeps what was typed, and the answer is 422."""
    if not request.user.has_perm("contacts.change_contact"):
        for field in form.fields.values():
            field.disabled = True
    since = {c.channel: c for c in Consent.objects.filter(phone_key=contact.phone_key)}
    channels = [
        {"label": channel.label, "state": known.state if known else ConsentState.UNKNOWN, "since": known}
        for channel in Channel
        for known in [since.get(channel.value)]
    ]
    history = ConsentEvent.objects.filter(phone_key=contact.phone_key).select_related("user")[:_HISTORY]
    context = {
        "contact": contact,
        "form": form,
        "consent_form": consent_form,
        "channels": channels,
        "history": history,
    }
    status = 422 if form.errors or consent_form.errors else 200
    return render(request, "contacts/edit.html", context, status=status)
