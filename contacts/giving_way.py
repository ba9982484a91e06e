"""Long work in slices lets others write in between, also on a database with one writer at a time."""

import threading
import time

from django.db import connection

AT_WORK = 0.5  # seconds of slices before others have their turn
ASIDE = 0.12  # seconds; who waits for SQLite's lock asks for it every 0.1 s, and is not told when it is free


class GivingWay:
    """One for each long piece of work. Call it between two slices, outside of any transaction.

    SQLite has no queue of writers: one that begins again at once keeps the others out until it is through.
    """

    def __init__(self) -> None:
        self._since = time.monotonic()

    def __call__(self) -> None:
        """Step aside, if it is time to. Does nothing where many can write."""
        if connection.vendor == "sqlite" and time.monotonic() - self._since >= AT_WORK:
            threading.Event().wait(ASIDE)
            self._since = time.monotonic()
