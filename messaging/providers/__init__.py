"""The gateways Carillon speaks to: one folder each, one line each in PROVIDERS."""

from messaging.providers.base import Provider
from messaging.providers.smsgateway24 import SMSGateway24Provider
from messaging.providers.smsmobileapi import SMSMobileAPIProvider
from messaging.providers.wablas import WablasProvider
from messaging.providers.zender import ZenderProvider

PROVIDERS: dict[str, type[Provider]] = {
    ZenderProvider.slug: ZenderProvider,
    SMSMobileAPIProvider.slug: SMSMobileAPIProvider,
    WablasProvider.slug: WablasProvider,
    SMSGateway24Provider.slug: SMSGateway24Provider,
}
