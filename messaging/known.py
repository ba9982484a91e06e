"""Messages by the ids that gateways gave them, in the words of the unique indexes: there is no further one for this."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from messaging.models import Message

_D = Message.Direction


def sent_as(ids: Iterable[str], *, accounts: Iterable[int]) -> QuerySet[Message]:
    """Outgoing messages of the accounts (ids) that have one of these ids. Two lines of an account may have the same one."""
    has_id = Q(direction__is=_D.OUT) & ~Q(remote_id__is="")
    return Message.objects.filter(has_id, account_id__in=accounts, remote_id__in=ids).order_by()


def received_as(ids: Iterable[str], *, account_id: int) -> QuerySet[Message]:
    """Incoming messages of an account that have one of these ids."""
    return Message.objects.filter(direction__is=_D.IN, account_id=account_id, remote_id__in=ids).order_by()
