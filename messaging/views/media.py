"""Files of messages: shown to people who signed in, and to gateways that were given a signed address."""

from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts.web import StaffRequest
from messaging.media import fetching, files, showing
from messaging.models import MediaFile


@require_GET
@login_required
@permission_required("messaging.view_message", raise_exception=True)
def media_file(request: StaffRequest, pk: int) -> HttpResponseBase:
    """The file itself."""
    media = get_object_or_404(MediaFile, pk=pk, state=MediaFile.State.KEPT)
    try:
        return showing.response(media)
    except FileNotFoundError as error:
        raise Http404 from error


@require_http_methods(["GET", "HEAD"])
def media_signed(request: HttpRequest, signed: str, filename: str) -> HttpResponseBase:
    """The file for a gateway. filename: only so that the address ends like a file."""
    media = files.by_signature(signed)
    if media is None:
        return HttpResponse(status=404)
    try:
        return showing.response(media, is_for_gateway=True)
    except FileNotFoundError:
        return HttpResponse(status=404)


@require_POST
@login_required
@permission_required("messaging.send_message", raise_exception=True)
def media_again(request: StaffRequest, pk: int) -> HttpResponse:
    """Fetch a file again."""
    media = get_object_or_404(MediaFile.objects.select_related("message"), pk=pk)
    fetching.fetch_again(media)
    media.refresh_from_db()
    if request.htmx:
        return render(request, "messaging/_media.html", {"media": media})
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return redirect(back if is_ours else "messaging:inbox")
