"""What the views of all apps share: who asks, whether a part or a page is wanted, and where a refusal is shown."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django_htmx.middleware import HtmxDetails

from contacts.refusal import Refused

Given = ParamSpec("Given")


class StaffRequest(HttpRequest):
    """A request of somebody who has signed in, behind `login_required` and HtmxMiddleware."""

    user: User
    htmx: HtmxDetails


def wants_part(request: StaffRequest, part: str) -> bool:
    """True when HTMX will swap the element with this id, so that it alone is the answer."""
    return bool(request.htmx) and request.htmx.target == part and not request.htmx.history_restore_request


def show_refusal(form: forms.BaseForm, refused: Refused) -> None:
    """Put a service's no at the field it belongs to, or above the form."""
    form.add_error(refused.field if refused.field in form.fields else None, refused.sentence)


def from_the_start(
    view: Callable[Concatenate[StaffRequest, Given], HttpResponse],
) -> Callable[Concatenate[StaffRequest, Given], HttpResponse]:
    """A list whose `cursor` leads nowhere begins at its first page again, and says so."""

    @wraps(view)
    def shown(request: StaffRequest, /, *args: Given.args, **kwargs: Given.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Refused as refused:
            if refused.field != "cursor" or "cursor" not in request.GET:
                raise
            messages.warning(request, refused.sentence)
            return redirect(request.path)

    return shown
