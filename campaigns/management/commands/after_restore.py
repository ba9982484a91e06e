"""manage.py after_restore: nothing leaves an older copy of the database without somebody's word."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from campaigns.restoring import after_restore
from contacts.refusal import Refused


class Command(BaseCommand):
    help = (
        "Run this on a restored copy of the database before anything is started on it: whatever it takes for unsent may have "
        "been sent after the copy was made, so everything is held and asked about."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            held = after_restore()
        except Refused as refused:
            raise CommandError(refused.sentence) from refused
        self.stdout.write(
            f"Paused, and asked about on their pages: {held.campaigns} campaigns. Drafts again: {held.drafts}. Paused: "
            f"{held.series} series, {held.reminders} reminders. Messages that people decide about: {held.messages}. "
            "Nothing leaves until somebody says so; start Carillon now."
        )
