"""People who write to us, for tests of what Carillon answers by itself."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count

from django.utils import timezone

from messaging import inbox
from messaging.models import Account, Line, Message
from messaging.providers.shapes import Incoming
from tests.world import phone

_ids: Iterator[int] = count(1)


def make_shop(name: str = "Shop", provider: str = "zender", number: str = "+5215500000001") -> Account:
    """An account with one WhatsApp line that is never asked to send."""
    account = Account.objects.create(
        name=name, provider=provider, base_url="https://gateway.example", credentials={}, region="MX", state="ready"
    )
    Line.objects.create(
        account=account, channel="whatsapp", kind="whatsapp", address=f"line of {name}", label=f"Line of {name}", phone=number
    )  # fmt: skip
    return account


def says(
    account: Account, text: str, *, number: int = 1, sender: str = "", minutes_ago: float = 0, remote_id: str = "",
    is_group: bool = False, is_own: bool = False,
) -> list[Message]:  # fmt: skip
    """Somebody writes; the messages that were new."""
    item = Incoming(
        channel="whatsapp", sender=sender or phone(number), body=text, at=timezone.now() - timedelta(minutes=minutes_ago),
        remote_id=remote_id or f"in-{next(_ids)}", is_group=is_group, is_own=is_own,
    )  # fmt: skip
    return inbox.receive(account, [item])


def answers(account: Account | None = None) -> list[str]:
    """What was queued for people, oldest first."""
    ours = Message.objects.filter(direction=Message.Direction.OUT)
    if account:
        ours = ours.filter(account=account)
    return list(ours.order_by("id").values_list("body", flat=True))
