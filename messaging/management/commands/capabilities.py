"""manage.py capabilities: what each gateway can do, as Markdown."""

from typing import Any

from django.core.management.base import BaseCommand

from messaging.capabilities import table
from messaging.providers import PROVIDERS


class Command(BaseCommand):
    help = "Print what each gateway can do as a Markdown table; docs/gateways.md holds a copy of it."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(table(PROVIDERS), ending="")
