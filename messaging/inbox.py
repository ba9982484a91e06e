"""What comes in: stored once, threaded, and given to whatever answers by itself."""

import re
from collections.abc import Sequence
from hashlib import sha256

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from contacts.models import Contact
from contacts.phone import normalise, phone_key
from contacts.refusal import Refused
from messaging import acquainting, echoes, folders, news, searching, tally
from messaging.automation import replies
from messaging.folders import Place, place_of
from messaging.known import received_as, sent_as
from messaging.media import fetching
from messaging.models import Account, Conversation, ConversationEvent, Line, Message
from messaging.providers.shapes import Incoming
from messaging.signals import message_received

S = Message.Status
LONGEST_PHONE = 15  # digits
_OLD_GROUP_ID = re.compile(r"\d{8,15}-\d{10}")  # who made it, and when
BY_PHONE = "phone"  # the note of a message that was typed on the phone itself


def receive(account: Account, items: Sequence[Incoming]) -> list[Message]:
    """Take in what a poll or a callback brought. Returns the messages that were new; what we know already is left out."""
    keyed = {remote_id_of(item): item for item in map(news.clean, items)}
    known = [
        *received_as(keyed, account_id=account.pk).values_list("remote_id", flat=True),
        *sent_as(keyed, accounts=[account.pk]).values_list("remote_id", flat=True),
    ]
    shown = [keyed.pop(remote_id, None) for remote_id in known]
    if own := [remote_id_of(item) for item in shown if item and item.is_own]:
        echoes.keep_known(account, own)
    new = []
    for remote_id, item in sorted(keyed.items(), key=lambda pair: pair[1].at):
        message = _own(account, item, remote_id) if item.is_own else _receive_one(account, item, remote_id)
        if message is not None and message.direction == Message.Direction.IN:
            new.append(message)
    return new


def address_of(account: Account, sender: str) -> tuple[str, str]:
    """A sender as (address, key): E.164 where it is a phone, otherwise as the gateway wrote it (a name, a group id)."""
    spelled = sender.strip()
    digits = spelled.lstrip("+")
    if digits.isdigit() and len(digits) >= 7:
        for attempt in (f"+{digits}", spelled):
            try:
                phone = normalise(attempt, region=account.region)
            except Refused:
                continue
            return phone, phone_key(phone)
    return spelled[:64], spelled.lower()[:64]


def open_conversation(*, account: Account, channel: str, phone: str, key: str) -> Conversation:
    """The thread with an address, made if it is new; its row is locked for the caller's transaction."""
    threads = Conversation.objects.select_for_update()
    contact = Contact.objects.filter(phone_key=key).first()
    name = contact.name if contact else ""
    try:
        with transaction.atomic():
            conversation, is_new = threads.get_or_create(
                account=account, phone_key=key,
                defaults={"channel": channel, "phone": phone, "contact": contact, "found_as": name},
            )  # fmt: skip
            if is_new:
                folders.moved(None, place_of(conversation))
                searching.remember(conversation, name, is_new=True)
    except IntegrityError:
        conversation = threads.get(account=account, phone_key=key)
    acquainting.meet(conversation, contact)
    return conversation


def mark_read(conversation: Conversation) -> None:
    """Somebody has the thread open."""
    if not conversation.unread:
        return
    with transaction.atomic():
        thread = Conversation.objects.select_for_update().get(pk=conversation.pk)
        before = place_of(thread)
        Conversation.objects.filter(pk=thread.pk).update(unread=0)
        folders.moved(before, before._replace(is_unread=False))


def note_reply(message: Message) -> None:
    """Show a message of ours in its thread. Somebody's answer ends the wait; one that Carillon gave by itself does not."""
    is_answer = message.created_by_id is not None or message.note == BY_PHONE
    with transaction.atomic():
        thread = open_conversation(
            account=message.account, channel=message.channel, phone=message.phone, key=message.phone_key
        )  # fmt: skip
        before = place_of(thread)
        answered = {"unread": 0, "waiting_since": None} if is_answer else {}
        Conversation.objects.filter(pk=thread.pk).update(
            snippet=message.body[:160], is_last_incoming=False, last_at=timezone.now(), **answered
        )
        folders.moved(before, before._replace(is_unread=before.is_unread and not is_answer))
        searching.remember(thread, message.body)


def note_campaign(*, account_id: int, phone_key: str, label: str, url: str) -> None:
    """Say in a person's thread, if there is one, which campaign wrote to them last. url: a path of ours, or ""."""
    Conversation.objects.filter(account_id=account_id, phone_key=phone_key).update(
        last_campaign=label[:200], last_campaign_url=url[:300]
    )


def _receive_one(account: Account, item: Incoming, remote_id: str) -> Message | None:
    phone, key = address_of(account, item.sender)
    attachment = _attachment(item)
    now = timezone.now()
    with transaction.atomic():
        thread = open_conversation(account=account, channel=item.channel, phone=phone, key=key)
        message = Message(
            account=account, line=_line(account, item), direction=Message.Direction.IN, channel=item.channel, phone=phone,
            phone_key=key, contact_id=thread.contact_id, body=item.body, attachment=attachment, status=S.RECEIVED,
            remote_id=remote_id, created_at=min(item.at, now), status_at=now,
        )  # fmt: skip
        try:
            with transaction.atomic():
                message.save(force_insert=True)
        except IntegrityError:
            return None  # a poll and a callback brought it at the same moment, and the other was first
        fetching.expect(message, kind=item.media_kind, url=item.media_url)
        Conversation.objects.filter(pk=thread.pk).update(
            unread=F("unread") + 1, snippet=item.body[:160], is_last_incoming=True, last_at=now, last_received_at=now,
            state=Conversation.State.OPEN, snoozed_until=None, waiting_since=thread.waiting_since or message.created_at,
            phone=phone,
        )  # fmt: skip
        _come_back(thread, item.body)
        tally.add({(tally.day_scope(timezone.localdate(now)), "received"): 1})
        if not (item.is_group or _is_group_id(item)):
            replies.respond(message)
        message_received.send(sender=None, messages=[message])
    return message


def _is_group_id(item: Incoming) -> bool:
    """Whether the sender is a WhatsApp group, also where the gateway does not say so: a phone has 15 digits at most."""
    digits, _at, kind = item.sender.strip().lstrip("+").partition("@")
    is_long = digits.isdecimal() and len(digits) > LONGEST_PHONE
    return item.channel == "whatsapp" and (kind == "g.us" or is_long or _OLD_GROUP_ID.fullmatch(digits) is not None)


def _attachment(item: Incoming) -> dict[str, str] | None:
    """What a message keeps of a file that came with it, also where the gateway tells of one and not where it lies."""
    if not item.media_url and item.media_kind not in fetching.KINDS:
        return None
    return {"type": "media", "kind": item.media_kind or "document", "url": item.media_url}


def _come_back(thread: Conversation, said: str) -> None:
    """Whatever became of a thread, a new message brings it among the open ones. Its row is locked."""
    folders.moved(place_of(thread), Place(Conversation.State.OPEN, thread.assignee_id, True))
    if thread.state != Conversation.State.OPEN:
        ConversationEvent.objects.create(conversation=thread, kind=ConversationEvent.Kind.REOPENED)
    searching.remember(thread, said)


def _own(account: Account, item: Incoming, remote_id: str) -> Message | None:
    """A message typed on the phone itself (or the echo of one of ours, which we know and leave out)."""
    line = _line(account, item)
    if line is None:
        return None
    phone, key = address_of(account, item.sender)
    if echoes.is_echo(account, item, line=line, phone_key=key, remote_id=remote_id):
        return None
    message = Message(
        account=account, line=line, direction=Message.Direction.OUT, channel=item.channel, phone=phone, phone_key=key,
        body=item.body, attachment=_attachment(item), status=S.SENT, remote_id=remote_id, created_at=item.at, note=BY_PHONE,
    )  # fmt: skip
    try:
        with transaction.atomic():
            message.save(force_insert=True)
    except IntegrityError:
        return None
    fetching.expect(message, kind=item.media_kind, url=item.media_url)
    note_reply(message)
    return message


def _line(account: Account, item: Incoming) -> Line | None:
    """Which of our lines it reached, by the gateway's hint: an address, or our own phone."""
    lines = list(Line.objects.filter(account=account, channel=item.channel))
    hint = item.line_hint.lstrip("+")
    for line in lines:
        if hint and hint in (line.address, line.phone.lstrip("+")):
            return line
    return lines[0] if len(lines) == 1 else None


def remote_id_of(item: Incoming) -> str:
    """The gateway's id, or a hash of sender, text and minute where it gives none."""
    if item.remote_id:
        return item.remote_id[:120]
    minute = item.at.replace(second=0, microsecond=0).isoformat()
    return "hash:" + sha256(f"{item.channel}|{item.sender}|{item.body}|{minute}".encode()).hexdigest()[:40]
