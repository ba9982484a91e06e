"""SMSGateway24: Android phones as senders, SIM slots and WhatsApp apps as channels (docs/wire.md 4)."""

from messaging.providers.smsgateway24.provider import SMSGateway24Provider

__all__ = ["SMSGateway24Provider"]
