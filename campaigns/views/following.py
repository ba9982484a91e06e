"""Where the short addresses of campaigns arrive. Public: whoever got a message opens it."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from campaigns import clicks

_AHEAD = ("sec-purpose", "purpose", "x-purpose", "x-moz")  # a browser that loads what nobody has opened yet says so


@never_cache
@require_safe
def follow(request: HttpRequest, code: str) -> HttpResponse:
    """On to the address that staff wrote, counted when a person opened it; 404 for a code that is not ours."""
    opened = clicks.find(code)
    if opened is None:
        return render(request, "campaigns/no_such_link.html", status=404)
    if (
        request.method == "GET"
        and not _is_ahead(request)
        and not clicks.is_robot(request.headers.get("user-agent", ""))
    ):
        clicks.count(opened)
    response = HttpResponseRedirect(opened.link.url)
    response["Referrer-Policy"] = "no-referrer"  # the code is this person's own
    return response


def _is_ahead(request: HttpRequest) -> bool:
    return any("pre" in request.headers.get(name, "").lower() for name in _AHEAD)
