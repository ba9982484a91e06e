"""What is typed on the phone itself belongs in the thread; what Carillon sent is there already."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.utils import timezone

from messaging import echoes, inbox
from messaging.models import Account, Echo, Line, Message
from messaging.providers.shapes import Incoming
from tests.messaging.talking import make_shop
from tests.world import phone

pytestmark = pytest.mark.django_db
_ids = count(1)


@pytest.fixture
def shop() -> Account:
    return make_shop(provider="wablas")


def sent(
    shop: Account,
    body: str = "Ok",
    *,
    attempted: timedelta = timedelta(0),
    queued: timedelta = timedelta(0),
    **more: Any,
) -> Message:
    """One of ours that the gateway took; how long ago it was queued and handed over."""
    now = timezone.now()
    more = {"status": "accepted", "remote_id": f"ours-{next(_ids)}", "attempted_at": now - attempted, **more}
    return Message.objects.create(
        account=shop, line=Line.objects.get(account=shop), direction="out", channel="whatsapp", phone=phone(1), phone_key=phone(1)[1:],
        body=body, created_at=now - max(queued, attempted), **more,
    )  # fmt: skip


def shows(shop: Account, body: str = "Ok", *, remote_id: str = "", at: datetime | None = None, image: str = "") -> None:
    """The phone tells of a message that left it."""
    item = Incoming(
        channel="whatsapp", sender=phone(1), body=body, at=at or timezone.now(), remote_id=remote_id or f"shown-{next(_ids)}",
        is_own=True, media_url=image, media_kind="image" if image else "",
    )  # fmt: skip
    inbox.receive(shop, [item])


def typed() -> list[str]:
    """What came from the phone itself."""
    return list(Message.objects.filter(note=inbox.BY_PHONE).order_by("id").values_list("body", flat=True))


def test_the_same_words_typed_twice_are_two_messages(shop: Account) -> None:
    shows(shop)
    shows(shop)
    assert typed() == ["Ok", "Ok"]


def test_two_pictures_without_a_word_are_two_messages(shop: Account) -> None:
    shows(shop, "", image="https://gateway.example/1.jpg")
    shows(shop, "", image="https://gateway.example/2.jpg")
    assert len(typed()) == 2


def test_an_echo_is_no_message(shop: Account) -> None:
    sent(shop)
    shows(shop)
    assert typed() == []


@pytest.mark.parametrize("is_known", [True, False])
def test_what_is_typed_after_an_echo_is_a_message(shop: Account, is_known: bool) -> None:
    ours = sent(shop)
    shows(shop, remote_id=ours.remote_id if is_known else "another")
    shows(shop, remote_id="typed")
    shows(shop, remote_id=ours.remote_id if is_known else "another")  # gateways repeat themselves
    assert typed() == ["Ok"]


def test_each_of_ours_is_echoed_once(shop: Account) -> None:
    sent(shop)
    sent(shop)
    for _ in range(3):
        shows(shop)
    assert typed() == ["Ok"]


def test_the_echo_of_what_waited_long_in_the_queue_is_known(shop: Account) -> None:
    sent(shop, queued=timedelta(hours=5))
    shows(shop)
    assert typed() == []


def test_an_echo_may_come_before_the_answer_to_our_call(shop: Account) -> None:
    sent(shop, queued=timedelta(hours=5), status="sending", remote_id="")
    shows(shop)
    assert typed() == []


def test_an_echo_that_is_told_late_is_known(shop: Account) -> None:
    sent(shop, attempted=timedelta(hours=3))
    shows(shop, at=timezone.now() - timedelta(hours=3))
    assert typed() == []


def test_a_picture_is_no_echo_of_a_document(shop: Account) -> None:
    sent(shop, "", attachment={"type": "media", "kind": "document", "url": "https://shop.example/offer.pdf"})
    sent(shop, "", attachment={"type": "media", "kind": "image", "url": "https://shop.example/1.jpg"})
    shows(shop, "", image="https://gateway.example/1.jpg")
    assert typed() == []
    shows(shop, "", image="https://gateway.example/2.jpg")
    assert len(typed()) == 1


def test_a_place_of_ours_is_known_whatever_its_words(shop: Account) -> None:
    sent(shop, "", attachment={"type": "location", "latitude": 19.4, "longitude": -99.1})
    item = Incoming(
        channel="whatsapp", sender=phone(1), body="https://map.example/", at=timezone.now(), is_own=True, media_kind="location",
        remote_id="place",
    )  # fmt: skip
    inbox.receive(shop, [item])
    assert typed() == []


def test_old_echoes_are_forgotten(shop: Account) -> None:
    sent(shop)
    shows(shop)
    assert Echo.objects.count() == 1
    Echo.objects.update(at=timezone.now() - echoes.KEPT * 2)
    echoes.forget_old()
    assert not Echo.objects.exists()
