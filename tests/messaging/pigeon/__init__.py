"""Pigeon post: a fifth gateway for tests, in a folder like those of the real ones."""

from tests.messaging.pigeon.provider import PigeonProvider

__all__ = ["PigeonProvider"]
