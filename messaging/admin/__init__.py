"""The admin of messaging: one file for each kind of record."""

from messaging.admin import accounts, clock, kept, messages, mirrors, told

__all__ = ["accounts", "clock", "kept", "messages", "mirrors", "told"]
