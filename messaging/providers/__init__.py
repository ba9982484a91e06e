"""The gateways Carillon speaks to: one folder each, one line each in PROVIDERS."""

from messaging.providers.base import Provider

PROVIDERS: dict[str, type[Provider]] = {}
