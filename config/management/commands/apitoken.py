"""manage.py apitoken USERNAME: a token for the REST API, shown once."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.models import ApiToken


class Command(BaseCommand):
    help = "Make a token for the REST API that acts as the given user, and print it. It is kept as a hash only."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="", help="what the token is for")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            known = ", ".join(User.objects.order_by("username").values_list("username", flat=True)[:10])
            raise CommandError(f"There is no user “{options['username']}”. Known: {known or 'nobody yet'}.")
        self.stdout.write(ApiToken.issue(user_id=user.pk, name=options["name"]))
