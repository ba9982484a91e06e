"""The team inbox: labels, history, drafts, canned replies, words to search by. What is there already is counted and read."""

import re
from collections import Counter

import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

WORD = re.compile(r"[^\W_]+")


def words_in(text):
    return [word for word in dict.fromkeys(w.casefold()[:30] for w in WORD.findall(text)) if word.isalnum()][:60]


def count_and_remember(apps, schema_editor):
    """Start the folders' counters and the words of the conversations that are there."""
    conversation, tally = apps.get_model("messaging", "Conversation"), apps.get_model("messaging", "Tally")
    counted = Counter()
    for row in conversation.objects.select_related("contact").iterator(500):
        is_open = row.state == "open"
        keys = ["all", f"mine:{row.assignee_id}" if row.assignee_id else "unassigned"] if is_open else [row.state]
        counted.update([*keys, *(["unread"] if row.unread else [])])
        remember(apps, row)
    tally.objects.bulk_create(tally(scope="inbox", key=key, count=count) for key, count in counted.items())


def remember(apps, row):
    message, word = apps.get_model("messaging", "Message"), apps.get_model("messaging", "SearchWord")
    said = message.objects.filter(account_id=row.account_id, phone_key=row.phone_key, batch=None).order_by("-id")
    words = [each for body in said.values_list("body", flat=True)[:200] for each in words_in(body)]
    digits = row.phone.removeprefix("+")
    words += [digits, f"r{digits[::-1]}"[:30]] if digits.isdecimal() else words_in(row.phone)
    words += words_in(row.phone_key) + words_in(row.contact.name if row.contact else "")
    word.objects.bulk_create(word(conversation_id=row.pk, word=each) for each in dict.fromkeys(words))


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0001_initial"),
        ("messaging", "0006_callback_key"),
        ("messaging", "0006_mirror_days"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CannedReply",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.SlugField(help_text="what is typed after the slash", max_length=40, verbose_name="name"),
                ),
                ("body", models.TextField(verbose_name="text")),
                ("changed_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "verbose_name": "canned reply",
                "verbose_name_plural": "canned replies",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="ConversationEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("note", "note"),
                            ("assigned", "assigned"),
                            ("unassigned", "given back"),
                            ("closed", "closed"),
                            ("opened", "opened"),
                            ("snoozed", "snoozed"),
                            ("woke", "came back by itself"),
                            ("reopened", "came back with a new message"),
                            ("labelled", "labelled"),
                            ("unlabelled", "label taken off"),
                            ("priority", "priority changed"),
                            ("revoked", "message taken back from the phone"),
                            ("deleted", "message deleted at the gateway"),
                        ],
                        max_length=12,
                    ),
                ),
                ("text", models.TextField(blank=True)),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "verbose_name": "conversation event",
                "verbose_name_plural": "conversation events",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Draft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("body", models.TextField(blank=True)),
                ("typed_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "draft",
                "verbose_name_plural": "drafts",
            },
        ),
        migrations.CreateModel(
            name="Label",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, verbose_name="name")),
                (
                    "tone",
                    models.CharField(
                        choices=[
                            ("neutral", "grey"),
                            ("info", "blue"),
                            ("read", "teal"),
                            ("good", "green"),
                            ("warn", "amber"),
                            ("bad", "red"),
                        ],
                        default="neutral",
                        max_length=10,
                        verbose_name="colour",
                    ),
                ),
            ],
            options={
                "verbose_name": "label",
                "verbose_name_plural": "labels",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="SearchWord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("word", models.CharField(max_length=32)),
            ],
            options={
                "verbose_name": "search word",
                "verbose_name_plural": "search words",
            },
        ),
        migrations.RemoveIndex(
            model_name="conversation",
            name="conversation_unread",
        ),
        migrations.AddField(
            model_name="conversation",
            name="last_campaign",
            field=models.CharField(blank=True, help_text="the last campaign that wrote to them", max_length=200),
        ),
        migrations.AddField(
            model_name="conversation",
            name="last_campaign_url",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="conversation",
            name="priority",
            field=models.SmallIntegerField(choices=[(0, "normal"), (1, "important"), (2, "urgent")], default=0),
        ),
        migrations.AddField(
            model_name="conversation",
            name="snoozed_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="conversation",
            name="waiting_since",
            field=models.DateTimeField(
                blank=True, help_text="when they wrote the first message that nobody has answered", null=True
            ),
        ),
        migrations.AddConstraint(
            model_name="cannedreply",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("name"),
                name="cannedreply_name_unique",
                violation_error_message="There is already a canned reply with this name.",
            ),
        ),
        migrations.AddField(
            model_name="conversationevent",
            name="conversation",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="events",
                to="messaging.conversation",
            ),
        ),
        migrations.AddField(
            model_name="conversationevent",
            name="message",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="messaging.message",
            ),
        ),
        migrations.AddField(
            model_name="conversationevent",
            name="user",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="draft",
            name="conversation",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="drafts",
                to="messaging.conversation",
            ),
        ),
        migrations.AddField(
            model_name="draft",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="label",
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower("name"), name="label_name_unique"),
        ),
        migrations.AddField(
            model_name="conversation",
            name="labels",
            field=models.ManyToManyField(blank=True, related_name="conversations", to="messaging.label"),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("state", "open")), fields=["-last_at", "-id"], name="conversation_open"
            ),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("state", "open")), fields=["assignee", "-last_at", "-id"], name="conversation_mine"
            ),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("assignee__isnull", True), ("state", "open")),
                fields=["-last_at", "-id"],
                name="conversation_unassigned",
            ),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("unread__gt", 0)), fields=["-last_at", "-id"], name="conversation_unread"
            ),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("state", "snoozed")), fields=["-last_at", "-id"], name="conversation_snoozed"
            ),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("state", "closed")), fields=["-last_at", "-id"], name="conversation_closed"
            ),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("state", "snoozed")), fields=["snoozed_until"], name="conversation_wakes"
            ),
        ),
        migrations.AddConstraint(
            model_name="conversation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("snoozed_until__isnull", False), ("state", "snoozed")),
                    models.Q(models.Q(("state", "snoozed"), _negated=True), ("snoozed_until__isnull", True)),
                    _connector="OR",
                ),
                name="conversation_snoozed_until",
            ),
        ),
        migrations.AddField(
            model_name="searchword",
            name="conversation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="messaging.conversation"
            ),
        ),
        migrations.AddIndex(
            model_name="conversationevent",
            index=models.Index(fields=["conversation", "at", "id"], name="conversation_events"),
        ),
        migrations.AddIndex(
            model_name="conversationevent",
            index=models.Index(
                condition=models.Q(("message__isnull", False)), fields=["message"], name="conversation_event_of"
            ),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.UniqueConstraint(fields=("conversation", "user"), name="draft_once"),
        ),
        migrations.AddIndex(
            model_name="searchword",
            index=models.Index(fields=["word"], name="searchword_begins", opclasses=["varchar_pattern_ops"]),
        ),
        migrations.AddConstraint(
            model_name="searchword",
            constraint=models.UniqueConstraint(fields=("word", "conversation"), name="searchword_once"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(condition=models.Q(("status", "failed")), fields=["id"], name="message_failed"),
        ),
        migrations.RunPython(count_and_remember, migrations.RunPython.noop),
    ]
