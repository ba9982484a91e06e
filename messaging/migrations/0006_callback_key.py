from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0005_automatic_answers"),
    ]

    operations = [
        migrations.AddField(
            model_name="account",
            name="callback_set_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="callback address set"),
        ),
        migrations.AddField(
            model_name="callback",
            name="key",
            field=models.CharField(
                blank=True, help_text="the gateway's own id of this call, where it has one", max_length=120
            ),
        ),
        migrations.AlterField(
            model_name="callback",
            name="state",
            field=models.CharField(
                choices=[
                    ("new", "new"),
                    ("done", "understood"),
                    ("waiting", "about a message we do not know yet"),
                    ("failed", "not understood"),
                    ("foreign", "about no message of ours"),
                ],
                default="new",
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="callback",
            constraint=models.UniqueConstraint(
                condition=models.Q(("key", ""), _negated=True), fields=("account", "key"), name="callback_once"
            ),
        ),
    ]
