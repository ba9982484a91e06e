from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F, Q


def count_attempts(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """What was handed over counts towards the caps; what waits in the queue certainly did not leave."""
    messages = apps.get_model("messaging", "Message").objects.filter(attempted_at__isnull=False)
    messages.exclude(status="queued").update(counted_at=F("attempted_at"))


class Migration(migrations.Migration):
    atomic = False  # PostgreSQL refuses to build an index on a table with rows changed in the same transaction

    dependencies = [("messaging", "0002_mirrors")]

    operations = [
        migrations.AddField("line", "time_zone", models.CharField(blank=True, max_length=64, verbose_name="time zone")),
        migrations.AddField(
            "line",
            "window_basis",
            models.CharField(
                choices=[("line", "the line's clock"), ("person", "the clock of whoever gets the message")],
                default="line",
                max_length=6,
                verbose_name="hours by",
            ),
        ),
        migrations.AddField(
            "line",
            "windows",
            models.JSONField(blank=True, default=list, help_text="empty: always open", verbose_name="opening hours"),
        ),
        migrations.AddField("line", "holidays", models.JSONField(blank=True, default=list, verbose_name="holidays")),
        migrations.AddField(
            "line",
            "warm_up",
            models.JSONField(
                blank=True, default=list, help_text="messages a day by age in days", verbose_name="warm-up"
            ),
        ),
        migrations.AddField(
            "line", "warm_up_from", models.DateField(blank=True, null=True, verbose_name="warm-up began on")
        ),
        migrations.AddField(
            "line",
            "first_contacts_per_day",
            models.PositiveIntegerField(blank=True, null=True, verbose_name="new people a day"),
        ),
        migrations.AlterField(
            "line",
            "waits_for",
            models.CharField(
                blank=True,
                editable=False,
                help_text="why next_free_at is what it is: gap, a cap, window, backoff",
                max_length=30,
            ),
        ),
        migrations.AddField(
            "message",
            "counted_at",
            models.DateTimeField(
                editable=False,
                help_text="the latest moment at which it may have left, for the caps; none when it certainly did not",
                null=True,
            ),
        ),
        migrations.AddField(
            "message",
            "is_first_contact",
            models.BooleanField(
                default=False, editable=False, help_text="the first message between this account and this phone"
            ),
        ),
        migrations.RunPython(count_attempts, migrations.RunPython.noop),
        migrations.RemoveIndex("message", "message_pace"),
        migrations.AddIndex(
            "message",
            models.Index(condition=Q(counted_at__isnull=False), fields=["line", "counted_at"], name="message_pace"),
        ),
    ]
