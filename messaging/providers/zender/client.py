"""Every endpoint of Zender, one thin method each, named as the gateway names it: get/wa.sent is `get_wa_sent`."""

from messaging.providers.zender.account import AccountCalls
from messaging.providers.zender.contacts import ContactCalls
from messaging.providers.zender.sms import SmsCalls
from messaging.providers.zender.whatsapp import WhatsAppCalls


class ZenderClient(AccountCalls, ContactCalls, SmsCalls, WhatsAppCalls):
    """The 52 endpoints of docs/wire.md 1.2, and get/credits. Methods raise what errors.py names, and never retry."""
