"""A CSV file's way into contacts: upload, a look at it, the work, what was refused. And the way out again."""

from collections.abc import Iterator

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db import transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts import groups, job_pages
from contacts.exporting import contacts_csv
from contacts.forms import MappingForm, UploadForm
from contacts.importing import uploads
from contacts.models import ContactImport, Group, Job
from contacts.paging import keyset
from contacts.refusal import Refused
from contacts.views.people import group_asked_for
from contacts.web import StaffRequest, from_the_start, show_refusal

_PAGE = 100  # refused rows on a page


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("contacts.add_contactimport", raise_exception=True)
def import_upload(request: StaffRequest) -> HttpResponse:
    """Step one: the file is kept and read, nothing is imported."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            uploaded = uploads.upload(
                file=file, filename=file.name, region=settings.DEFAULT_REGION, group=None, user=request.user
            )
        except Refused as refused:
            show_refusal(form, refused)
        else:
            return redirect("contacts:import_preview", uploaded.pk)
    earlier = ContactImport.objects.filter(job__isnull=False).select_related("job", "created_by")[:10]
    context = {"form": form, "earlier": earlier}
    return render(request, "contacts/import.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("contacts.add_contactimport", raise_exception=True)
def import_preview(request: StaffRequest, pk: int) -> HttpResponse:
    """Step two: what each column is, for which country, into which group; then the work starts."""
    uploaded = get_object_or_404(ContactImport, pk=pk)
    if uploaded.job_id:
        return redirect("contacts:job", uploaded.job_id)
    try:
        seen = uploads.preview(uploaded)
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("contacts:import")
    form = MappingForm(request.POST or None, seen=seen, region=uploaded.region)
    if not request.user.has_perm("contacts.add_group"):
        del form.fields["new_group"]
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("contacts:job", _start(request, uploaded, form).pk)
        except Refused as refused:
            show_refusal(form, refused)
    context = {"form": form, "seen": seen, "uploaded": uploaded}
    return render(request, "contacts/import_preview.html", context, status=422 if form.errors else 200)


@require_GET
@login_required
@permission_required("contacts.view_job", raise_exception=True)
def job(request: StaffRequest, pk: int) -> HttpResponse:
    """Progress of any long piece of work, and what came of it: the page, its moving part, or the small part elsewhere."""
    found = get_object_or_404(Job.objects.select_related("created_by"), pk=pk)
    if request.htmx and request.htmx.target == f"job-{pk}":
        return render(request, "parts/_job.html", {"job": found})
    if own_page := job_pages.page_of(found):
        return redirect(own_page)
    done = ContactImport.objects.filter(job=found).select_related("group").first()
    problems = list(done.problems.all()[:20]) if done and found.state != Job.State.RUNNING else []
    context = {"job": found, "done": done, "problems": problems}
    is_part = request.htmx and request.htmx.target == "job-page"
    return render(request, "contacts/_job_page.html" if is_part else "contacts/job.html", context)


@require_POST
@login_required
@permission_required("contacts.add_contactimport", raise_exception=True)
def import_restart(request: StaffRequest, pk: int) -> HttpResponse:
    """Go on with an import that failed."""
    failed = get_object_or_404(Job, pk=pk)
    try:
        uploads.restart(job=failed)
    except Refused as refused:
        messages.warning(request, refused.sentence)
    return redirect("contacts:job", failed.pk)


@require_GET
@login_required
@permission_required("contacts.view_contactimport", raise_exception=True)
@from_the_start
def import_problems(request: StaffRequest, pk: int) -> HttpResponse:
    """Every row that was not taken as it stood, with its number in the file and the reason."""
    done = get_object_or_404(ContactImport, pk=pk)
    page = keyset(done.problems.all(), cursor=request.GET.get("cursor"), size=_PAGE, by=("row",))
    return render(request, "contacts/import_problems.html", {"done": done, "page": page})


@require_GET
@login_required
@permission_required("contacts.view_contactimport", raise_exception=True)
def import_rejected(request: StaffRequest, pk: int) -> StreamingHttpResponse:
    """The refused rows as a file: put right, it can be imported again."""
    done = get_object_or_404(ContactImport, pk=pk)
    return _csv_file(uploads.rejected_csv(done), f"rejected-{done.pk}.csv")


@require_GET
@login_required
@permission_required("contacts.add_contactimport", raise_exception=True)
def contact_export(request: StaffRequest) -> StreamingHttpResponse:
    """The people of the list's search and group as a file. For those who may bring people in."""
    lines = contacts_csv(q=request.GET.get("q", "")[:100], group=group_asked_for(request))
    return _csv_file(lines, f"contacts-{timezone.localdate():%Y-%m-%d}.csv")


@transaction.atomic
def _start(request: StaffRequest, uploaded: ContactImport, form: MappingForm) -> Job:
    """A group made for an import that is refused is not kept."""
    chosen = form.cleaned_data
    group: Group | None = chosen["group"]
    if new_group := chosen.get("new_group"):
        group = groups.find_or_create_groups([new_group])[0]
    return uploads.confirm(
        contact_import=uploaded, mapping=form.mapping(), region=chosen["region"], group=group, user=request.user
    )


def _csv_file(lines: Iterator[str], name: str) -> StreamingHttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)
