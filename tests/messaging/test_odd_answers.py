"""Answers with what no database keeps, in front of real rows: nobody is lost or doubted for them."""

from typing import Any

import pytest

from messaging import outbox
from messaging.models import Account, Exchange, Message
from messaging.outbox.pump import Pump
from tests.campaigns.desk import a_line
from tests.recorded_gateway import RecordedGateway
from tests.world import phone

pytestmark = pytest.mark.django_db(transaction=True)
S = Message.Status
TAKEN = '{"status":200,"message":"queued%s","data":{"messageId":"%s"}}'


def sent_to(gateway: RecordedGateway) -> Message:
    """A message after one look at the queue, when this gateway has answered."""
    line = a_line(gap_seconds=0)
    Account.objects.update(base_url=gateway.url, credentials={"secret": "not a real one"})
    message, _ = outbox.queue(line=line, to=phone(1), body="Hello")
    Pump(seconds=1).run()
    message.refresh_from_db()
    return message


@pytest.mark.parametrize(
    ("body", "remote_id"),
    [
        (TAKEN % (r"\u0000", r"7\u0000"), "7"),
        ((TAKEN % ("\x00", "7")).encode(), "7"),
        (TAKEN % (r"\ud83d", r"7\ude00"), "7"),
        (TAKEN % (r"\ud83d\ude00", r"\\u0000"), r"\u0000"),
        (TAKEN % ("", "8" * 200), "8" * 120),
    ],
    ids=["escaped NUL", "NUL", "half a character", "a backslash before u0000", "a long id"],
)
def test_what_cannot_be_kept_does_not_cost_an_outcome(body: Any, remote_id: str) -> None:
    with RecordedGateway() as gateway:
        gateway.answer(body, content_type="application/json")
        message = sent_to(gateway)
    assert (message.status, message.remote_id) == (S.ACCEPTED, remote_id)
    assert "\x00" not in Exchange.objects.get(events__message=message).response


def test_a_refusal_with_such_words_is_kept() -> None:
    with RecordedGateway() as gateway:
        gateway.answer({"status": 400, "message": "Invalid phone\x00 number!", "data": False})
        message = sent_to(gateway)
    assert (message.status, message.note) == (S.FAILED, "Invalid phone number!")
