"""Accounts, lines, links, the inbox and the review page."""

from django.urls import URLPattern

app_name = "messaging"
urlpatterns: list[URLPattern] = []
