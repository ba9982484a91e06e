"""What the views of all apps share: who asks, whether a part or a page is wanted, and where a refusal is shown."""

from django import forms
from django.contrib.auth.models import User
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from contacts.refusal import Refused


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
