"""Zender, the program behind whatsapp.smsenlinea.com and others: docs/wire.md 1."""

from messaging.providers.zender.provider import ZenderProvider

__all__ = ["ZenderProvider"]
