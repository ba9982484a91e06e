"""The admin of messaging: one file for each kind of record."""

from messaging.admin import accounts, clock, messages, mirrors

__all__ = ["accounts", "clock", "messages", "mirrors"]
