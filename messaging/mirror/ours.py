"""Which of the messages a gateway lists are ours: the mirror keeps only those made elsewhere, in the gateway's own panel."""

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from contacts.phone import phone_key
from messaging.known import sent_as
from messaging.models import Account, Message, MirroredObject
from messaging.providers.shapes import RemoteObject

UNSETTLED = [Message.Status.SENDING, Message.Status.UNKNOWN, Message.Status.ACCEPTED]
RECENT = timedelta(days=2)
SENT, PENDING = "sent", "pending"  # how the kinds that list messages end

Claim = Callable[[int, Collection[str]], set[str]]
_claims: list[Claim] = []


def add_claim(claim: Claim) -> None:
    """Let a floor above say to which phones of an account something of ours is on its way that has no message yet or whose
    message has no id: claim(account id, phone keys) → those of them."""
    _claims.append(claim)


def is_about_messages(kind: str) -> bool:
    """Whether a kind lists messages."""
    return kind.endswith((SENT, PENDING))


def without_ours(account: Account, kind: str, objects: Sequence[RemoteObject]) -> list[RemoteObject]:
    """What was made elsewhere. A message that may be ours, because ours to this phone has no id yet, is left for later; one
    that turned out to be ours leaves the mirror."""
    known = _known_ids(account, objects) | _by_reference(account, objects)
    MirroredObject.objects.filter(account=account, kind=kind, remote_id__in=known).delete()
    waiting = _unsettled_phones(account, objects)
    return [item for item in objects if item.remote_id not in known and phone_key(item.phone) not in waiting]


def _known_ids(account: Account, objects: Sequence[RemoteObject]) -> set[str]:
    channels = {item.channel for item in objects}
    mine = sent_as([item.remote_id for item in objects], accounts=[account.pk])
    if len(channels) == 1 and None not in channels:
        mine = mine.filter(channel__in=channels)  # some gateways number each channel for itself
    return set(mine.values_list("remote_id", flat=True))


def _by_reference(account: Account, objects: Sequence[RemoteObject]) -> set[str]:
    """Those that carry our reference and go to the phone it belongs to (another program may count with small numbers too)."""
    wanted = {int(item.reference): item for item in objects if item.reference.isdecimal() and len(item.reference) < 19}
    if not wanted:
        return set()
    mine = Message.objects.filter(account=account, direction=Message.Direction.OUT, pk__in=wanted)
    return {
        wanted[pk].remote_id
        for pk, key in mine.values_list("pk", "phone_key")
        if key == phone_key(wanted[pk].phone) or not wanted[pk].phone
    }


def _unsettled_phones(account: Account, objects: Sequence[RemoteObject]) -> set[str]:
    keys = {phone_key(item.phone) for item in objects}
    mine = Message.objects.filter(
        Q(attempted_at=None) | Q(attempted_at__gt=timezone.now() - RECENT),
        account=account, direction=Message.Direction.OUT, remote_id="", status__in=UNSETTLED, phone_key__in=keys,
    )  # fmt: skip
    found = set(mine.values_list("phone_key", flat=True))
    return found.union(*(claim(account.pk, keys) for claim in _claims))
