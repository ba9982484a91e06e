"""Pages about groups: the list with sizes, adding, renaming, deleting."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts import groups
from contacts.forms import GroupForm
from contacts.models import Group
from contacts.refusal import Refused
from contacts.web import StaffRequest, show_refusal


@require_GET
@login_required
@permission_required("contacts.view_group", raise_exception=True)
def group_list(request: StaffRequest) -> HttpResponse:
    """All groups by name."""
    return render(request, "contacts/groups.html", {"groups": Group.objects.all()})


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("contacts.add_group", raise_exception=True)
def group_add(request: StaffRequest) -> HttpResponse:
    """A new empty group."""
    form = GroupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            group = groups.create_group(**form.cleaned_data)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("The group %(name)s was made.") % {"name": group})
            return redirect("contacts:groups")
    return render(request, "contacts/group.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("contacts.change_group", raise_exception=True)
def group_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Another name for a group."""
    group = get_object_or_404(Group, pk=pk)
    title = group.name
    form = GroupForm(request.POST or None, initial={"name": group.name, "description": group.description})
    if request.method == "POST" and form.is_valid():
        try:
            groups.rename_group(group=group, **form.cleaned_data)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("Saved."))
            return redirect("contacts:groups")
    context = {"form": form, "group": group, "title": title}
    return render(request, "contacts/group.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
@permission_required("contacts.delete_group", raise_exception=True)
def group_delete(request: StaffRequest, pk: int) -> HttpResponse:
    """Delete a group; the people in it stay."""
    group = get_object_or_404(Group, pk=pk)
    group.delete()
    messages.success(request, _("The group %(name)s was deleted; its people stay.") % {"name": group})
    return redirect("contacts:groups")
