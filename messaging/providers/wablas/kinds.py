"""What people make at Wablas from our pages, as tables of fields. docs/endpoints.md 3.2 rows 27, 29, 42, 53, 63."""

from messaging.providers.kept import KeptField, KeptKind
from messaging.providers.wablas.payload import TEXT_LIMIT

LONGEST_RHYTHM = 1000  # days between two reminders (row 42)
FILES = ("image", "video", "document", "audio")
_PHONE = KeptField(name="phone", label="Phone", ask="phone")

KINDS = (
    KeptKind(
        kind="autoreply",
        title="keyword",
        deeds=("change",),
        changes_where=("category", ("text",)),
        fields=(
            KeptField(
                name="keyword", label="Keyword", longest=200, help_text="Whoever writes this word gets the answer."
            ),
            KeptField(name="response", label="Answer", ask="text", longest=TEXT_LIMIT),
        ),
    ),
    KeptKind(
        kind="schedule",
        title="text",
        deeds=("change", "cancel", "delete"),
        channel="whatsapp",
        fields=(
            _PHONE,
            KeptField(
                name="category",
                label="Kind of message",
                ask="choice",
                is_fixed=True,
                choices=(
                    ("text", "Text"),
                    ("image", "Image"),
                    ("video", "Video"),
                    ("document", "Document"),
                    ("audio", "Audio"),
                ),
            ),
            KeptField(
                name="text",
                label="Text",
                ask="text",
                longest=TEXT_LIMIT,
                is_required=False,
                depends_on="category",
                needed_for=("text",),
                help_text="With a file: the words beside it.",
            ),
            KeptField(
                name="url",
                label="Address of the file",
                ask="link",
                longest=500,
                is_required=False,
                depends_on="category",
                needed_for=FILES,
                only_for=FILES,
                help_text="The gateway fetches it from there: public, at most 2 MB.",
            ),
            KeptField(name="at", label="When", ask="moment"),
        ),
    ),
    KeptKind(
        kind="reminder",
        title="title",
        deeds=("change", "look", "delete"),
        channel="whatsapp",
        fields=(
            KeptField(
                name="title", label="Title", is_required=False, longest=200, help_text="For you and your colleagues."
            ),
            _PHONE,
            KeptField(name="text", label="Text", ask="text", longest=TEXT_LIMIT),
            KeptField(name="at", label="First time", ask="moment"),
            KeptField(
                name="period",
                label="How often",
                ask="choice",
                is_fixed=True,
                choices=(
                    ("daily", "Each day"),
                    ("monthly", "Each month"),
                    ("yearly", "Each year"),
                    ("custom", "Every so many days"),
                ),
            ),
            KeptField(
                name="days",
                label="Days between two reminders",
                ask="number",
                is_required=False,
                least=1,
                most=LONGEST_RHYTHM,
                depends_on="period",
                needed_for=("custom",),
                only_for=("custom",),
                is_fixed=True,
            ),
        ),
    ),
    KeptKind(
        kind="agent",
        title="name",
        fields=(
            KeptField(name="name", label="Name", longest=100),
            _PHONE,
            KeptField(name="email", label="E-mail", ask="email", longest=120),
            KeptField(
                name="password",
                label="Password",
                ask="secret",
                longest=100,
                help_text="With it the colleague signs in at the gateway. It is handed on and not kept here.",
            ),
        ),
    ),
)
