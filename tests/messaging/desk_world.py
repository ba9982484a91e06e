"""People who write to a shop, for tests of the team inbox."""

from django.utils import timezone

from messaging import inbox
from messaging.models import Account, Conversation, Line
from messaging.providers.shapes import Incoming
from tests.world import phone


def make_shop(**more: str) -> Line:
    """A line of a shop's account, ready to answer on."""
    account = Account.objects.create(
        name="Shop", provider="zender", base_url="https://gateway.example", credentials={}, region="MX", state="ready"
    )
    return Line.objects.create(
        account=account, channel="whatsapp", kind="whatsapp", address="unique-1", label="Front desk", **more
    )


def write(line: Line, number: int, text: str) -> Conversation:
    """Somebody writes to us; their conversation."""
    item = Incoming(
        channel="whatsapp", sender=phone(number), body=text, at=timezone.now(), line_hint=line.address, remote_id=f"{number}:{text}"
    )  # fmt: skip
    (message,) = inbox.receive(line.account, [item])
    return Conversation.objects.select_related("account", "contact").get(
        account=line.account, phone_key=message.phone_key
    )
