"""The dashboard and the campaign pages."""

from django.urls import URLPattern

app_name = "campaigns"
urlpatterns: list[URLPattern] = []
