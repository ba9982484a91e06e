"""manage.py sandbox: the fake gateways in a process of their own."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext_lazy as _

from messaging.sandbox.__main__ import add_arguments, run


class Command(BaseCommand):
    help = str(_("Run fake gateways that speak the real ones' HTTP dialects, for demos and tests."))
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        problem = run(options)
        if problem:
            raise CommandError(problem)
