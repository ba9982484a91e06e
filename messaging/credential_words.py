"""The words with which gateways ask for keys, here so that they are translated: providers know no Django.

A gateway whose words are missing here shows them in English.
"""

from django.utils.translation import gettext, gettext_noop

WORDS = (
    gettext_noop("API secret"),
    gettext_noop("Made in the gateway's panel under Tools, API Keys. Tick every permission you want to use."),
    gettext_noop("Webhook secret"),
    gettext_noop(
        "Shown in the gateway's panel under Tools, Webhooks. Without it only the webhook's address is checked."
    ),
    gettext_noop("API key"),
    gettext_noop("From the dashboard. Leave it empty to sign in with a client id and its secret."),
    gettext_noop("Client id"),
    gettext_noop("OAuth2, instead of an API key: used when the key is empty."),
    gettext_noop("Client secret"),
    gettext_noop("Goes with the client id."),
    gettext_noop("Signs the webhooks. Without it, calls are believed for their secret address alone."),
    gettext_noop("Token"),
    gettext_noop("In Wablas: Device, Settings."),
    gettext_noop("Secret key"),
    gettext_noop("Wablas sends it to the admin's WhatsApp. Older accounts have none."),
    gettext_noop("E-mail"),
    gettext_noop("What you sign in with at the gateway."),
    gettext_noop("Password"),
)


def said(words: str) -> str:
    """A label or help text of a provider in the reader's language."""
    return gettext(words) if words else ""
