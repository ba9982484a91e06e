from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0011_rates")]

    operations = [
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                fields=["batch", "status", "id"],
                condition=models.Q(("batch__isnull", False)),
                name="message_newest_of_batch",
            ),
        ),
        migrations.RemoveIndex(model_name="message", name="message_batch"),
    ]
