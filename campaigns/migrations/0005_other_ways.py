import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0004_book_check"),
        ("messaging", "0004_message_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="sms_lines",
            field=models.ManyToManyField(
                blank=True,
                help_text="for those whom WhatsApp cannot reach; none: they stay without",
                related_name="+",
                to="messaging.line",
                verbose_name="SMS lines",
            ),
        ),
        migrations.AlterField(
            model_name="campaign",
            name="send_before",
            field=models.DateTimeField(
                blank=True,
                help_text="what is not sent by then waits for a person to decide",
                null=True,
                verbose_name="send before",
            ),
        ),
        migrations.AddField(
            model_name="recipient",
            name="goes_on",
            field=models.BooleanField(
                db_default=False,
                default=False,
                editable=False,
                help_text="turned away, and not yet looked at whether another line is open",
            ),
        ),
        migrations.AddField(
            model_name="recipient",
            name="first_line",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                help_text="on which the message waited or was tried first, where it went on over another line",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="messaging.line",
                verbose_name="first line",
            ),
        ),
        migrations.AddIndex(
            model_name="recipient",
            index=models.Index(
                condition=models.Q(("goes_on", True)), fields=["campaign", "id"], name="recipient_goes_on"
            ),
        ),
    ]
