"""The gateways Carillon speaks to: one folder each, one line each in PROVIDERS."""

from messaging.providers.base import Provider
from messaging.providers.smsmobileapi.provider import SMSMobileAPI
from messaging.providers.wablas import WablasProvider
from messaging.providers.zender import ZenderProvider

PROVIDERS: dict[str, type[Provider]] = {
    ZenderProvider.slug: ZenderProvider,
    SMSMobileAPI.slug: SMSMobileAPI,
    WablasProvider.slug: WablasProvider,
}
