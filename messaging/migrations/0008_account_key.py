from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0007_team_inbox")]

    operations = [
        migrations.AddField(
            model_name="account",
            name="key_asked_at",
            field=models.DateTimeField(
                editable=False,
                help_text="since when a new key is asked for; nothing goes out until one is stored",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="account",
            name="key_changed_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="new key"),
        ),
        migrations.AddField(
            model_name="account",
            name="key_version",
            field=models.PositiveIntegerField(
                default=0, editable=False, help_text="how often the gateway gave a new key"
            ),
        ),
    ]
