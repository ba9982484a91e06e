"""Linking a WhatsApp number: the code, watched until the phone has scanned it, also on somebody else's screen."""

import segno
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from segno import DataOverflowError

from contacts.refusal import Refused
from contacts.web import StaffRequest
from messaging import linking
from messaging.models import Account, Line, LinkSession

_SHARED_FOR = 600  # seconds an address for others holds
_signer = signing.TimestampSigner(salt="carillon.scan")


@require_POST
@login_required
@permission_required("messaging.add_linksession", raise_exception=True)
def link_start(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask the gateway for a code: for a new number, or for the number of a line."""
    account = get_object_or_404(Account, pk=pk)
    asked = request.POST.get("line", "")
    line = get_object_or_404(Line, pk=asked, account=account, kind=Line.Kind.WHATSAPP) if asked.isdecimal() else None
    try:
        link = linking.start_link(account, address=line.address if line else "", user=request.user)
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("messaging:line", line.pk) if line else redirect("messaging:account", account.pk)
    return redirect("messaging:link", link.pk)


@never_cache
@require_GET
@login_required
@permission_required("messaging.add_linksession", raise_exception=True)
def link_page(request: StaffRequest, pk: int) -> HttpResponse:
    """The code, large, with its age; the part alone for HTMX, which stops asking once it is over."""
    link = linking.look(_link(pk))
    context = {
        **_shown(link, image_url=reverse("messaging:link_image", args=[pk])),
        "share_url": _share_url(request, link),
        "relink_line": _relinked(link),
    }
    return render(request, "messaging/_link.html" if request.htmx else "messaging/link.html", context)


@require_POST
@login_required
@permission_required("messaging.add_linksession", raise_exception=True)
def link_stop(request: StaffRequest, pk: int) -> HttpResponse:
    """Somebody gave up."""
    link = _link(pk)
    linking.stop(link)
    return redirect("messaging:account", link.account_id)


@never_cache
@require_GET
@login_required
@permission_required("messaging.add_linksession", raise_exception=True)
def link_image(request: StaffRequest, pk: int) -> HttpResponse:
    """The gateway's own picture of the code, through us: its address at the gateway carries a key."""
    return _image(_link(pk))


@never_cache
@require_GET
def scan_page(request: HttpRequest, signed: str) -> HttpResponse:
    """For whoever holds the phone, without signing in: the code and nothing else. The address holds for ten minutes."""
    is_part = request.headers.get("HX-Request") == "true"
    template = "messaging/_scan.html" if is_part else "messaging/scan.html"
    try:
        link = linking.look(_shared(signed))
    except signing.BadSignature:
        return render(request, template, {"is_over": True}, status=286 if is_part else 410)
    context = {**_shown(link, image_url=reverse("messaging:scan_image", args=[signed])), "signed": signed}
    return render(request, template, context)


@never_cache
@require_GET
def scan_image(request: HttpRequest, signed: str) -> HttpResponse:
    """The gateway's picture, for the page above."""
    try:
        return _image(_shared(signed))
    except signing.BadSignature:
        raise Http404 from None


def _link(pk: int) -> LinkSession:
    return get_object_or_404(LinkSession.objects.select_related("account", "line__account"), pk=pk)


def _relinked(link: LinkSession) -> Line | None:
    """The line whose number is linked again; None for a new number."""
    lines = Line.objects.filter(account_id=link.account_id, kind=Line.Kind.WHATSAPP)
    return lines.filter(address=link.address).first() if link.address else None


def _shared(signed: str) -> LinkSession:
    """The link behind a signed address. Raises BadSignature for one that is old or made up."""
    return _link(int(_signer.unsign(signed, max_age=_SHARED_FOR)))


def _share_url(request: StaffRequest, link: LinkSession) -> str:
    path = reverse("messaging:scan", args=[_signer.sign(str(link.pk))])
    return f"{settings.PUBLIC_URL}{path}" if settings.PUBLIC_URL else request.build_absolute_uri(path)


def _shown(link: LinkSession, *, image_url: str) -> dict[str, object]:
    """What the parts show. The token stays here: only the drawing leaves."""
    now = timezone.now()
    waiting = link.state == LinkSession.State.WAITING
    return {
        "link": link,
        "code": _drawn(link.offer.get("qr", "")) if waiting else "",
        "image_url": image_url if waiting and link.offer.get("image") else "",
        "age": max(0, int((now - link.offered_at).total_seconds())),
        "left": max(0, int((link.expires_at - now).total_seconds())),
        "codes": linking.CODES,
        "needs_renewal": waiting and link.expires_at <= now,
    }


def _drawn(text: str) -> SafeString:
    """The code as inline SVG with its quiet zone, or "" where there is no text that fits a code."""
    if not text:
        return mark_safe("")
    try:
        drawn = segno.make(text, micro=False).svg_inline(border=4, omitsize=True, dark="#000")
    except DataOverflowError:
        return mark_safe("")
    return mark_safe(drawn)  # noqa: S308  # drawn by us: it holds squares, never the text itself


def _image(link: LinkSession) -> HttpResponse:
    picture = linking.image_of(link)
    if not picture.startswith(b"\x89PNG"):
        raise Http404
    return HttpResponse(picture, content_type="image/png", headers={"X-Content-Type-Options": "nosniff"})
