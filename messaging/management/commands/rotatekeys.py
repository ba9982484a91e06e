"""manage.py rotatekeys: everything encrypted is written again with the newest key."""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from messaging.encryption import CannotDecrypt, EncryptedJSONField


class Command(BaseCommand):
    help = "Encrypt credentials again with the first key of FIELD_ENCRYPTION_KEYS, so that older keys can be removed."

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        try:
            with transaction.atomic():
                for model in apps.get_models():
                    fields = [field.name for field in model._meta.fields if isinstance(field, EncryptedJSONField)]
                    if not fields:
                        continue
                    for row in model._default_manager.select_for_update().only("pk", *fields):
                        row.save(update_fields=fields)
                        count += 1
        except CannotDecrypt as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Encrypted again with the newest key: {count} rows. Older keys are no longer needed.")
