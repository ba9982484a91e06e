"""When a mirrored message was made, so that old ones are let go; codes in texts that were mirrored before are hidden."""

from typing import Any

from django.db import migrations, models
from django.db.models import Q

from messaging.providers.redact import mask_codes

KINDS = ("sent", "sms_sent", "wa_sent", "sms_pending", "wa_pending")


def hide_codes(apps: Any, schema_editor: Any) -> None:
    for row in apps.get_model("messaging", "MirroredObject").objects.filter(kind__in=KINDS).iterator(chunk_size=500):
        row.name, row.raw = mask_codes(row.name), hidden(row.raw)
        row.save(update_fields=["name", "raw"])
    for row in apps.get_model("messaging", "MirrorChange").objects.filter(kind__in=KINDS).iterator(chunk_size=500):
        row.name, row.before, row.after = mask_codes(row.name), hidden(row.before), hidden(row.after)
        row.save(update_fields=["name", "before", "after"])


def hidden(raw: dict[str, Any]) -> dict[str, Any]:
    return {name: mask_codes(value) if isinstance(value, str) else value for name, value in raw.items()}


class Migration(migrations.Migration):
    dependencies = [("messaging", "0005_automatic_answers")]

    operations = [
        migrations.AddField(
            model_name="mirroredobject",
            name="at",
            field=models.DateTimeField(
                blank=True,
                help_text="of a message: when, as the gateway says; old ones are let go",
                null=True,
                verbose_name="at",
            ),
        ),
        migrations.AddIndex(
            model_name="mirroredobject",
            index=models.Index(condition=Q(at__isnull=False), fields=["at"], name="mirrored_at"),
        ),
        migrations.AddField(
            model_name="mirrorstate",
            name="same",
            field=models.PositiveIntegerField(default=0, verbose_name="unchanged"),
        ),
        migrations.AddField(
            model_name="mirrorstate",
            name="differing",
            field=models.PositiveIntegerField(
                default=0,
                help_text="people whose name there is not the name here; both are kept",
                verbose_name="two names",
            ),
        ),
        migrations.RunPython(hide_codes, migrations.RunPython.noop, elidable=True),
    ]
