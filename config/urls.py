"""Where everything is."""

from django.contrib import admin
from django.urls import include, path

from campaigns.views.following import follow
from config.api import api
from config.health import healthz
from messaging.callbacks import receive

urlpatterns = [
    path("", include("campaigns.urls")),
    path("contacts/", include("contacts.urls")),
    path("", include("messaging.urls")),
    path("api/v1/", api.urls),
    path("callbacks/<slug:slug>/<uuid:account_id>/<str:secret>/", receive, name="callback"),
    path("l/<str:code>", follow, name="click"),
    path("healthz", healthz, name="healthz"),
    path("admin/", admin.site.urls),
    path("login/", include("allauth.account.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
]
