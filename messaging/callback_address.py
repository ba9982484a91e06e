"""Telling a gateway where to call us, where it can be told."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.refusal import Refused
from messaging.gateway import provider_of
from messaging.models import Account
from messaging.providers import PROVIDERS
from messaging.providers.errors import ProviderError
from messaging.reasons import sentence


def set_at_gateway(account: Account, *, url: str) -> None:
    """Have the gateway call url, our own address of this account. Refused with a sentence."""
    if not PROVIDERS[account.provider].capabilities.sets_callbacks:
        raise Refused(_("This gateway cannot be told from here. Enter the address in its panel."))
    if _is_near(url) and not _is_near(account.base_url):
        raise Refused(
            _("The gateway cannot reach this address: it is of this machine alone. Set PUBLIC_URL to the address under "
              "which Carillon is found from outside.")
        )  # fmt: skip
    try:
        with provider_of(account) as provider:
            provider.set_callbacks(url)
    except ProviderError as problem:
        raise Refused(sentence(problem.reason)) from problem
    Account.objects.filter(pk=account.pk).update(callback_set_at=timezone.now())


def _is_near(url: str) -> bool:
    """Whether an address means this machine or its own network."""
    host = urlsplit(url).hostname or ""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or "." not in host
