"""The admin of messaging: one file for each kind of record."""

from messaging.admin import accounts, automation, clock, kept, messages, mirrors, rates, team, told

__all__ = ["accounts", "automation", "clock", "kept", "messages", "mirrors", "rates", "team", "told"]
