"""The gateways Carillon speaks to: one folder each, one line each in PROVIDERS."""

from messaging.providers.base import Provider
from messaging.providers.smsmobileapi.provider import SMSMobileAPI

PROVIDERS: dict[str, type[Provider]] = {
    SMSMobileAPI.slug: SMSMobileAPI,
}
