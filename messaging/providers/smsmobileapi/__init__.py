"""SMSMobileAPI: the customer's own phone sends SMS and WhatsApp (docs/wire.md 2)."""

from messaging.providers.smsmobileapi.provider import SMSMobileAPIProvider

__all__ = ["SMSMobileAPIProvider"]
