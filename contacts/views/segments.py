"""Pages about segments: the list, the builder, deleting."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts.models import Segment
from contacts.refusal import Refused
from contacts.segments import building, keeping
from contacts.segments.building import Draft
from contacts.segments.keeping import Found
from contacts.web import StaffRequest, wants_part


@dataclass(frozen=True, kw_only=True)
class _Look:
    """Whom the conditions find now, or why they find nobody."""

    found: Found | None = None
    problem: str = ""


@require_GET
@login_required
@permission_required("contacts.view_segment", raise_exception=True)
def segment_list(request: StaffRequest) -> HttpResponse:
    """All segments by name, each with its size when it was last counted."""
    return render(request, "contacts/segments.html", {"segments": Segment.objects.all()})


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("contacts.add_segment", raise_exception=True)
def segment_add(request: StaffRequest) -> HttpResponse:
    """A new segment; a search of the contacts list may be its beginning."""
    draft = Draft()
    if request.method == "GET" and (begun := _begun(request)):
        draft = building.of_rules({"match": "all", "conditions": begun})
    return _builder(request, None, draft)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("contacts.change_segment", raise_exception=True)
def segment_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Another name, or other conditions."""
    segment = get_object_or_404(Segment, pk=pk)
    return _builder(request, segment, building.of_rules(segment.rules))


@require_POST
@login_required
@permission_required("contacts.delete_segment", raise_exception=True)
def segment_delete(request: StaffRequest, pk: int) -> HttpResponse:
    """Throw a segment away, unless something still uses it."""
    segment = get_object_or_404(Segment, pk=pk)
    try:
        keeping.delete_segment(segment)
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("contacts:segment_edit", pk)
    messages.success(request, _("The segment %(name)s was deleted; its people stay.") % {"name": segment.name})
    return redirect("contacts:segments")


def _builder(request: StaffRequest, segment: Segment | None, draft: Draft) -> HttpResponse:
    """The page; its rows or what they find alone for HTMX; or saved, back to the list."""
    name = segment.name if segment else ""
    problem: Refused | None = None
    if request.method == "POST":
        name = request.POST.get("name", "")
        draft = building.after(building.read(request.POST), request.POST.get("do", ""))
        if wants_part(request, "rules"):
            part = render(request, "contacts/_segment_rules.html", {"draft": draft})
            part.headers["HX-Trigger-After-Swap"] = "rules-changed"
            return part
        if wants_part(request, "found"):
            return render(request, "contacts/_segment_found.html", {"look": _look(draft)})
        if "do" not in request.POST:
            try:
                saved = keeping.save_segment(segment=segment, name=name, rules=draft.rules, user=request.user)
            except Refused as refused:
                problem = refused
            else:
                messages.success(request, _("The segment %(name)s was saved.") % {"name": saved})
                return redirect("contacts:segments")
    title = Segment.objects.get(pk=segment.pk).name if segment else ""
    context = {
        "segment": segment, "title": title, "name": name, "draft": draft, "look": _look(draft), "problem": problem,
    }  # fmt: skip
    return render(request, "contacts/segment.html", context, status=422 if problem else 200)


def _look(draft: Draft) -> _Look:
    try:
        return _Look(found=keeping.look(draft.rules))
    except Refused as refused:
        return _Look(problem=refused.sentence)


def _begun(request: StaffRequest) -> list[dict[str, str]]:
    """The conditions of a search in the contacts list: ?q= a piece of a name, ?group= a group's id."""
    q, group = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:100], request.GET.get("group", "")
    found = [{"fact": "name", "of": "", "op": "contains", "value": q}] if q else []
    if group.isdecimal() and len(group) < 19:
        found.append({"fact": "group", "of": group, "op": "in", "value": ""})
    return found
