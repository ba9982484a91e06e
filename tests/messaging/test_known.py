"""Messages are found by the ids of the gateways along an index, on both databases."""

from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet

from messaging.known import received_as, sent_as
from messaging.models import Message

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("messages", "index"),
    [
        (lambda: sent_as(["a1", "a2"], accounts=[1, 2]), "message_out_remote_once"),
        (lambda: sent_as(["a1", "a2"], accounts=[1]).filter(line_id__in=[3]), "message_out_remote_once"),
        (lambda: received_as(["a1", "a2"], account_id=1), "message_in_remote_once"),
        (lambda: Message.objects.filter(idempotency_key="booking-7"), "message_idempotency_key"),
    ],
    ids=["sent", "sent-on-a-line", "received", "by-key"],
)
def test_they_are_looked_up_along_an_index(messages: Callable[[], QuerySet[Message]], index: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # which else reads tables as small as this one from end to end
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("DROP INDEX message_received")  # likewise; the test's end brings it back
        plan = messages().explain()
    assert index in plan
