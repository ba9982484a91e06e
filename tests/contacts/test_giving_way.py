"""Long work lets others write in between, where only one can write at a time."""

import threading

import pytest
from django.db import connection, transaction

from contacts.giving_way import GivingWay
from contacts.models import Group

ROUNDS = 20
_A_MOMENT = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT max(i) FROM n"


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_one_who_writes_again_and_again_keeps_nobody_out() -> None:
    """SQLite gives its lock to whoever asks while it is free: a moment between two slices of work is no moment at all."""
    is_at_work, is_through = threading.Event(), threading.Event()

    def work() -> None:
        give_way = GivingWay()
        for number in range(ROUNDS):
            with transaction.atomic(), connection.cursor() as cursor:
                Group.objects.create(name=f"Group {number}")
                cursor.execute(_A_MOMENT)
                is_at_work.set()
            give_way()
        is_through.set()
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    assert is_at_work.wait(timeout=30)
    Group.objects.create(name="Of somebody else")
    assert not is_through.is_set()
    worker.join()
    assert Group.objects.count() == ROUNDS + 1
