"""A bare Django view that inserts one row, without middleware: what a gateway's call is measured beside."""

import os

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()
settings.ROOT_URLCONF = __name__
settings.MIDDLEWARE = []

from messaging.models import Callback  # noqa: E402  # Django comes first


def insert(request: HttpRequest, account_id: int) -> HttpResponse:
    """One row, an empty answer."""
    Callback.objects.create(account_id=account_id, body=request.body.decode(), next_attempt_at=None)
    return HttpResponse(status=200, headers={"Content-Length": "0"})


urlpatterns = [path("bare/<int:account_id>/", insert)]
application = WSGIHandler()
