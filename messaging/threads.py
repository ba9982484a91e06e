"""What the inbox shows: conversations, the messages in one, folders of messages, and who answers on which line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import consent
from contacts.paging import Slice, keyset
from contacts.phone import phone_key
from contacts.refusal import Refused
from messaging import inbox, outbox, reconcile
from messaging.models import Conversation, Line, Message
from messaging.reasons import sentence

S = Message.Status
PER_LIST = 40
PER_THREAD = 50
LONGEST_THREAD = 500  # messages on one page, however long it stays open
SEARCHED = 50_000  # newest messages whose text is searched: the time it takes does not grow with the table
CAP = 100  # badges say “99+” from here on
MAY_SEND_AGAIN = (S.FAILED, S.CANCELLED, S.EXPIRED)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One message of a thread. sentence: why it failed or is not known; may_resend: not sent again yet, and allowed;
    media_url: http(s) address of what is attached, or ""."""

    message: Message
    sentence: str
    may_resend: bool
    media_url: str


@dataclass(frozen=True, kw_only=True)
class Day:
    """The messages of one day, oldest first."""

    date: date
    entries: list[Entry]


@dataclass(frozen=True, kw_only=True)
class Thread:
    """A stretch of a conversation. first: id of its oldest message; has_earlier: whether there are older ones."""

    days: list[Day]
    first: int
    has_earlier: bool


@dataclass(frozen=True, kw_only=True)
class Answering:
    """Whether a person can be answered: on which line, or why not."""

    line: Line | None
    refusal: str = ""
    is_opted_out: bool = False


def conversations(
    *, q: str = "", unread_only: bool = False, cursor: str | None = None, size: int = PER_LIST
) -> Slice[Conversation]:
    """One page, the newest talk first. Raises Refused(field="cursor")."""
    found = Conversation.objects.select_related("contact", "account")
    if unread_only:
        found = found.filter(unread__gt=0)
    if text := " ".join(q.replace("\x00", "").split()):
        found = found.filter(_matches(text))
    return keyset(found, cursor=cursor, size=size, by=("-last_at", "-id"))


def unread_count() -> int:
    """How many conversations have something unread, counted up to CAP."""
    return Conversation.objects.filter(unread__gt=0)[:CAP].count()


def undecided_count() -> int:
    """How many messages wait for a person, counted up to CAP."""
    return reconcile.undecided()[:CAP].count()


def messages_of(conversation: Conversation) -> QuerySet[Message]:
    """Both directions, also what campaigns sent."""
    return Message.objects.filter(account_id=conversation.account_id, phone_key=conversation.phone_key)


def thread(conversation: Conversation, *, since: int = 0) -> Thread:
    """The newest messages; since: the id of the oldest message already shown, so that nothing falls out of the page."""
    newest = messages_of(conversation).order_by("-id")
    if since:
        newest = newest.filter(id__gte=since)
    return _stretch(conversation, newest[: LONGEST_THREAD if since else PER_THREAD])


def earlier(conversation: Conversation, *, before: int) -> Thread:
    """The messages just before one."""
    return _stretch(conversation, messages_of(conversation).filter(id__lt=before).order_by("-id")[:PER_THREAD])


def sent_messages(*, cursor: str | None, failed_only: bool = False) -> Slice[Message]:
    """Outgoing messages, newest first."""
    found = Message.objects.filter(direction=Message.Direction.OUT).select_related("contact", "line", "account")
    if failed_only:
        found = found.filter(status=S.FAILED)
    return keyset(found, cursor=cursor, size=PER_LIST, by=("-id",))


def entries(rows: Iterable[Message]) -> list[Entry]:
    """Messages with what can be done about them: one more query for all of them."""
    rows = list(rows)
    stuck = [row.pk for row in rows if row.status in MAY_SEND_AGAIN]
    again = set(Message.objects.filter(resend_of__in=stuck).values_list("resend_of_id", flat=True)) if stuck else set()
    return [
        Entry(
            message=row,
            sentence=sentence(row.reason),
            may_resend=row.status in MAY_SEND_AGAIN and row.pk not in again,
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
    last = messages_of(conversation).filter(line__isnull=False).select_related("line__account").order_by("-id").first()
    line = last.line if last else None
    if line is None or line.state != Line.State.READY:
        ready = Line.objects.filter(
            account_id=conversation.account_id, channel=conversation.channel, state=Line.State.READY
        )
        line = ready.select_related("account").order_by("next_free_at", "id").first() or line
    if line is None:
        return Answering(line=None, refusal=_("This account has no line to answer on. Link a number or sync it first."))
    return Answering(line=line)


def reply(conversation: Conversation, *, body: str, key: str, user: User) -> Message:
    """Answer in a thread. key: made with the form, so that a second press sends nothing. Refused with a sentence."""
    chosen = answering(conversation)
    if chosen.is_opted_out:
        raise Refused(_("This person has opted out and is not messaged."), field="body")
    if chosen.line is None:
        raise Refused(chosen.refusal, field="body")
    with transaction.atomic():
        message, is_new = outbox.queue(
            line=chosen.line, to=conversation.phone, body=body, idempotency_key=f"reply:{conversation.pk}:{key}", user=user
        )  # fmt: skip
        if is_new:
            inbox.note_reply(message)
    return message


def _matches(text: str) -> Q:
    """By name, by number in any spelling, by the last words, or by what was written lately."""
    digits = "".join(character for character in text if character.isdecimal())
    newest = Message.objects.order_by("-id").values_list("id", flat=True).first() or 0
    said = Message.objects.filter(
        account_id=OuterRef("account_id"), phone_key=OuterRef("phone_key"), id__gt=newest - SEARCHED, body__icontains=text
    )  # fmt: skip
    found = Q(contact__name__icontains=text) | Q(snippet__icontains=text) | Q(Exists(said))
    if not any(character.isalpha() for character in text) and len(digits) >= 3:
        found |= Q(phone__contains=digits) | Q(phone_key=phone_key(digits))
    return found


def _media_url(message: Message) -> str:
    url = str((message.attachment or {}).get("url") or "")
    return url if url.startswith(("https://", "http://")) else ""


def _stretch(conversation: Conversation, newest: QuerySet[Message]) -> Thread:
    rows = list(newest.select_related("line"))[::-1]
    first = rows[0].pk if rows else 0
    has_earlier = bool(rows) and messages_of(conversation).filter(id__lt=first).exists()
    return Thread(days=_by_day(entries(rows)), first=first, has_earlier=has_earlier)


def _by_day(found: Sequence[Entry]) -> list[Day]:
    days: list[Day] = []
    for entry in found:
        day = timezone.localdate(entry.message.created_at)
        if not days or days[-1].date != day:
            days.append(Day(date=day, entries=[]))
        days[-1].entries.append(entry)
    return days
