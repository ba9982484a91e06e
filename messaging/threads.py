"""What the inbox shows: conversations, the messages in one, folders of messages, and who answers on which line."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import consent
from contacts.paging import Slice, keyset
from contacts.phone import phone_key
from contacts.refusal import Refused
from messaging import drafts, folders, happenings, inbox, outbox, reconcile, searching
from messaging.happenings import Happening
from messaging.media import showing
from messaging.models import Conversation, Line, MediaFile, Message
from messaging.reasons import sentence

S = Message.Status
PER_LIST = 40
PER_PANE = 25  # conversations beside the one that is open
PER_THREAD = 30  # each costs the page about a millisecond, and the earlier ones are a press away
LONGEST_THREAD = 500  # messages on one page, however long it stays open
CAP = 100  # badges say “99+” from here on
MAY_SEND_AGAIN = (S.FAILED, S.CANCELLED, S.EXPIRED)

# What lists show. Each column more costs time in every row, and what is not here one query a row where it is asked for.
_LISTED = (
    "account", "channel", "phone", "state", "snoozed_until", "priority", "unread", "waiting_since", "last_at", "snippet",
    "is_last_incoming", "last_campaign", "contact__name", "assignee__first_name", "assignee__username",
)  # fmt: skip
_IN_A_THREAD = (
    "direction", "body", "attachment", "status", "reason", "note", "remote_id", "batch", "created_at",
    "created_by__first_name", "created_by__username",
)  # fmt: skip
_IN_A_FOLDER = ("phone", "body", "attachment", "status", "reason", "created_at", "contact__name", "line__label")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One message of a thread. sentence: why it failed or is not known; may_resend: not sent again yet, and allowed;
    media: the file that came or went with it; media_url: http(s) address of one that we have not, or ""."""

    message: Message
    sentence: str
    may_resend: bool
    media: MediaFile | None
    media_url: str

    @property
    def at(self) -> datetime:
        return self.message.created_at


@dataclass(frozen=True, kw_only=True)
class Day:
    """The messages of one day and what happened between them, oldest first."""

    date: date
    entries: list[Entry | Happening]


@dataclass(frozen=True, kw_only=True)
class Thread:
    """A stretch of a conversation. first, newest: ids of its oldest and its newest message; has_earlier: whether there are
    older ones."""

    days: list[Day]
    first: int
    newest: int
    has_earlier: bool


@dataclass(frozen=True, kw_only=True)
class Answering:
    """Whether a person can be answered: on which line, or why not."""

    line: Line | None
    refusal: str = ""
    is_opted_out: bool = False


def conversations(
    *,
    user: User,
    folder: str = "all",
    label: int | None = None,
    q: str = "",
    cursor: str | None = None,
    size: int = PER_PANE,
) -> Slice[Conversation]:
    """One page of a folder, the newest talk first. A search in the folder of all finds closed and snoozed ones too.
    Raises Refused(field="cursor")."""
    text = " ".join(q.replace("\x00", "").split())
    found = Conversation.objects.all() if text and folder == "all" else folders.listed(folder, user)
    if label is not None:
        found = found.filter(labels=label)
    if text:
        found = found.filter(searching.matching(text))
    shown = found.select_related("contact", "assignee").only(*_LISTED)
    # Ignored: the rows' own property of that name is meant, and takes what is fetched for all of them at once.
    labelled = shown.prefetch_related(Prefetch("labels", to_attr="label_list"))  # type: ignore[no-redef]
    return keyset(labelled, cursor=cursor, size=size, by=("-last_at", "-id"))


def unread_count() -> int:
    """How many conversations have something unread, counted up to CAP."""
    return len(Conversation.objects.filter(unread__gt=0).order_by().values_list("pk")[:CAP])


def undecided_count() -> int:
    """How many messages wait for a person, counted up to CAP."""
    return len(reconcile.undecided().order_by().values_list("pk")[:CAP])


def messages_of(conversation: Conversation) -> QuerySet[Message]:
    """Both directions, also what campaigns sent."""
    return Message.objects.filter(account_id=conversation.account_id, phone_key=conversation.phone_key)


def messages_page(conversation: Conversation, *, cursor: str | None, size: int) -> Slice[Message]:
    """A page of its messages, the newest first. Raises Refused(field="cursor")."""
    return keyset(messages_of(conversation), cursor=cursor, size=size, by=("-id",))


def newest_id(conversation: Conversation) -> int:
    """Of its messages; 0 when there is none."""
    return messages_of(conversation).order_by("-id").values_list("id", flat=True).first() or 0


def thread(conversation: Conversation, *, since: int = 0) -> Thread:
    """The newest messages; since: the id of the oldest message already shown, so that nothing falls out of the page."""
    newest = messages_of(conversation).order_by("-id")
    if since:
        return _stretch(conversation, newest.filter(id__gte=since), size=LONGEST_THREAD, since=since)
    return _stretch(conversation, newest, size=PER_THREAD)


def earlier(conversation: Conversation, *, before: int) -> Thread:
    """The messages just before one."""
    older = messages_of(conversation).filter(id__lt=before).order_by("-id")
    until = Message.objects.filter(pk=before).values_list("created_at", flat=True).first()
    return _stretch(conversation, older, size=PER_THREAD, until=until)


def sent_messages(*, cursor: str | None, failed_only: bool = False) -> Slice[Message]:
    """Outgoing messages, newest first."""
    found = (
        Message.objects.filter(direction=Message.Direction.OUT).select_related("contact", "line").only(*_IN_A_FOLDER)
    )
    if failed_only:
        found = found.filter(status__is=S.FAILED)
    return keyset(found, cursor=cursor, size=PER_LIST, by=("-id",))


def entries(rows: Iterable[Message]) -> list[Entry]:
    """Messages with what can be done about them: one more query for all of them."""
    rows = list(rows)
    stuck = [row.pk for row in rows if row.status in MAY_SEND_AGAIN]
    again = set(Message.objects.filter(resend_of__in=stuck).values_list("resend_of_id", flat=True)) if stuck else set()
    media = showing.of(rows)
    return [
        Entry(
            message=row,
            sentence=sentence(row.reason),
            may_resend=row.status in MAY_SEND_AGAIN and row.pk not in again,
            media=media.get(row.pk),
            media_url=_media_url(row),
        )
        for row in rows
    ]


def answering(conversation: Conversation) -> Answering:
    """Which line answers: the one that last talked with this person if it is ready, else a ready one, else that one."""
    if conversation.phone_key != phone_key(conversation.phone) or not conversation.phone.startswith("+"):
        return Answering(line=None, refusal=_("This is not a phone number, so it cannot be answered from here."))
    if consent.opted_out(conversation.channel).filter(phone_key=conversation.phone_key).exists():
        return Answering(line=None, is_opted_out=True)
    lines = conversation.account.lines
    last = messages_of(conversation).filter(line__isnull=False).order_by("-id").values("line")
    line = lines.filter(pk=last[:1]).first()
    if line is None or line.state != Line.State.READY:
        ready = lines.filter(channel=conversation.channel, state=Line.State.READY)
        line = ready.order_by("next_free_at", "id").first() or line
    if line is None:
        return Answering(line=None, refusal=_("This account has no line to answer on. Link a number or sync it first."))
    return Answering(line=line)


class AnsweredMeanwhile(Exception):
    """Colleagues answered while somebody was writing: `answers`, at most three."""

    def __init__(self, answers: list[Message]) -> None:
        super().__init__()
        self.answers = answers


def reply(
    conversation: Conversation,
    *,
    body: str,
    key: str,
    user: User,
    attachment: dict[str, Any] | None = None,
    seen: int | None = None,
) -> Message:
    """Answer in a thread. key: made with the form, so that a second press sends nothing. seen: the id of the newest message
    that the writer has before their eyes. Refused with a sentence; raises AnsweredMeanwhile when colleagues were faster."""
    chosen = answering(conversation)
    if chosen.is_opted_out:
        raise Refused(_("This person has opted out and is not messaged."), field="body")
    if chosen.line is None:
        raise Refused(chosen.refusal, field="body")
    own_key = drafts.reply_key(conversation, key)
    with transaction.atomic():
        Conversation.objects.select_for_update().get(pk=conversation.pk)  # one answers after the other
        is_first = not Message.objects.filter(idempotency_key=own_key).exists()
        if seen is not None and is_first and (faster := _answered_since(conversation, seen, besides=user)):
            raise AnsweredMeanwhile(faster)
        message, is_new = outbox.queue(
            line=chosen.line, to=conversation.phone, body=body, attachment=attachment, idempotency_key=own_key, user=user
        )  # fmt: skip
        if is_new:
            inbox.note_reply(message)
        drafts.drop(conversation, user=user)
    return message


def send_again(message: Message, *, user: User) -> Message:
    """Send the same text again as a new message, which is an answer where the first one was. Raises Refused."""
    with transaction.atomic():
        new = outbox.resend(message, user=user)
        talk = Conversation.objects.filter(account_id=new.account_id, phone_key=new.phone_key)
        if message.batch_id is None and message.priority != Message.Priority.CAMPAIGN and talk.exists():
            inbox.note_reply(new)
    return new


def _answered_since(conversation: Conversation, after: int, *, besides: User) -> list[Message]:
    """What colleagues answered since the message with this id, also on the phone itself; campaigns and reminders are no
    answers."""
    newer = messages_of(conversation).filter(id__gt=after, direction=Message.Direction.OUT, batch=None)
    newer = newer.exclude(priority=Message.Priority.CAMPAIGN)
    written = newer.filter(Q(created_by__isnull=False) | Q(note=inbox.BY_PHONE)).exclude(created_by=besides)
    return list(written.select_related("created_by").order_by("id")[:3])


def _media_url(message: Message) -> str:
    url = str((message.attachment or {}).get("url") or "")
    return url if url.startswith(("https://", "http://")) else ""


def _stretch(
    conversation: Conversation, newest: QuerySet[Message], *, size: int, since: int = 0, until: datetime | None = None
) -> Thread:
    rows = list(newest.select_related("created_by").only(*_IN_A_THREAD)[: size + 1])
    is_cut, rows = len(rows) > size, rows[:size][::-1]
    has_earlier = is_cut or (
        bool(since) and messages_of(conversation).filter(id__lt=rows[0].pk if rows else since).exists()
    )
    happened = happenings.between(conversation, messages=rows, is_whole=not has_earlier, until=until)
    return Thread(
        days=_by_day(_merged(entries(rows), happened)), has_earlier=has_earlier,
        first=rows[0].pk if rows else 0, newest=rows[-1].pk if rows else 0,
    )  # fmt: skip


def _merged(messages: Sequence[Entry], happened: Sequence[Happening]) -> Iterator[Entry | Happening]:
    """Messages in their own order, and each line before the first message that came after it."""
    waiting = deque(happened)
    for entry in messages:
        while waiting and waiting[0].at < entry.message.created_at:
            yield waiting.popleft()
        yield entry
    yield from waiting


def _by_day(found: Iterable[Entry | Happening]) -> list[Day]:
    days: list[Day] = []
    for entry in found:
        day = timezone.localdate(entry.at)
        if not days or days[-1].date != day:
            days.append(Day(date=day, entries=[]))
        days[-1].entries.append(entry)
    return days
