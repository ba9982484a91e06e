"""Wablas: WhatsApp through a linked phone, one device per account. docs/wire.md 3."""

from messaging.providers.wablas.provider import WablasProvider

__all__ = ["WablasProvider"]
