"""Zender, the program behind whatsapp.smsenlinea.com and others: providers.md section 1."""

from messaging.providers.zender.provider import ZenderProvider

__all__ = ["ZenderProvider"]
