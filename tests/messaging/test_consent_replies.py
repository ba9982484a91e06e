"""STOP and START by reply: every gateway at once, one confirmation, and a person for what is doubtful."""

import pytest
from django.contrib.auth.models import User

from contacts import consent
from contacts.models import ConsentEvent
from contacts.optout_words import CONFIRMATIONS
from contacts.people import save_contact
from contacts.refusal import Refused
from messaging import outbox, tasks
from messaging.automation import doubts, words
from messaging.mirror import opt_outs_out
from messaging.models import ConsentReply, ConsentWords, Line, Message, OptOutDoubt, OptOutPush
from messaging.outbox.claiming import claim, lease_line
from messaging.outbox.pump import Pump
from tests.messaging.talking import answers, make_shop, says
from tests.sandbox_process import SandboxProcess, eventually
from tests.world import ask_now, make_account, phone, send, whatsapp_line

pytestmark = pytest.mark.django_db
OUT_ES, IN_ES = CONFIRMATIONS["es"]
S = Message.Status


def state(number: int = 1) -> set[str]:
    """What this person's channels stand at."""
    key = phone(number).lstrip("+")
    return set(consent.states([key])[key].values())


def test_it_stops_every_gateway_before_the_next_claim() -> None:
    shop, other = make_shop(), make_shop("Other", "wablas", "+5215500000002")
    line = other.lines.get()
    message, _ = outbox.queue(line=line, to=phone(1), body="Sale")
    assert lease_line(line, "ours", now=message.created_at)
    says(shop, "STOP")
    assert claim(line.pk, "ours", wanted=10).messages == []
    message.refresh_from_db()
    assert (message.status, message.reason, state()) == (S.CANCELLED, "opted_out", {"opted-out"})


def test_it_confirms_once_on_the_line_that_heard_it() -> None:
    shop = make_shop()
    says(shop, "BAJA, gracias")
    says(shop, "STOP")
    says(shop, "baja", remote_id="again")
    says(shop, "baja", remote_id="again")
    message = Message.objects.get(direction="out")
    assert (message.body, message.priority, message.line) == (OUT_ES, Message.Priority.URGENT, shop.lines.get())


def test_it_confirms_each_way_once_a_day_however_often_somebody_changes_their_mind() -> None:
    shop = make_shop()
    for text in ("STOP", "START", "STOP", "START", "STOP"):
        says(shop, text)
    assert answers() == [OUT_ES, IN_ES]
    assert state() == {"opted-out"}


def test_the_confirmation_leaves_although_the_person_is_out(sandbox: SandboxProcess) -> None:
    line = whatsapp_line(make_account(sandbox))
    says_stop = send(line, phone(1, "97"))

    def is_confirmed() -> bool:
        ask_now(line.account)
        return ConsentReply.objects.exists()

    eventually(is_confirmed, within=10)
    Pump(seconds=2).run()
    assert [each["text"] for each in sandbox.deliveries()] == ["Hello", OUT_ES]
    with pytest.raises(Refused):
        outbox.queue(line=line, to=says_stop.phone, body="Sale")


def test_nothing_else_leaves_to_somebody_who_is_out() -> None:
    shop = make_shop()
    line = shop.lines.get()
    says(shop, "STOP")
    Message.objects.create(
        account=shop, line=line, direction="out", channel="whatsapp", phone=phone(1), phone_key=phone(1)[1:], body="Sale",
        status="queued", priority=0,
    )  # fmt: skip
    assert lease_line(line, "ours", now=Message.objects.latest("id").created_at)
    Line.objects.update(gap_seconds=0, jitter_seconds=0)
    assert [message.body for message in claim(line.pk, "ours", wanted=10).messages] == [OUT_ES]


def test_it_speaks_the_persons_language() -> None:
    save_contact(phone=phone(1), name="Budi", language="id", region="MX")
    shop = make_shop()
    says(shop, "STOP")
    says(shop, "STOP", sender="+6281230000042")
    says(shop, "baja", sender="+14155550123")
    assert answers() == [CONFIRMATIONS["id"][0], CONFIRMATIONS["id"][0], OUT_ES]


@pytest.mark.parametrize("who", ["120363041234567890@g.us", "BANK"])
def test_it_answers_no_group_and_no_name(who: str) -> None:
    says(make_shop(), "STOP", sender=who, is_group=who != "BANK")
    assert answers() == []


def test_a_group_opts_nobody_out() -> None:
    says(make_shop(), "STOP", is_group=True)
    assert state() == {"unknown"}


def test_it_does_not_confirm_what_is_long_past() -> None:
    says(make_shop(), "STOP", minutes_ago=25 * 60)
    assert (answers(), state()) == ([], {"opted-out"})


def test_start_brings_back() -> None:
    consent.opt_out(phone_key=phone(1)[1:], source="staff")
    says(make_shop(), "Alta por favor")
    assert (answers(), state()) == ([IN_ES], {"opted-in"})


@pytest.mark.parametrize("source", ["staff", "gateway"])
def test_an_old_start_brings_nobody_back_who_is_out_since(source: str) -> None:
    consent.opt_out(phone_key=phone(1)[1:], source=source)
    says(make_shop("New", "wablas", "+5215500000002"), "ALTA", minutes_ago=365 * 24 * 60)
    assert (answers(), state()) == ([], {"opted-out"})


def test_an_old_start_brings_nobody_back_who_wrote_stop_since() -> None:
    says(make_shop(), "STOP", minutes_ago=60)
    says(make_shop("New", "wablas", "+5215500000002"), "START", minutes_ago=120)
    assert state() == {"opted-out"}


def test_the_later_word_counts_when_both_are_read_late() -> None:
    shop = make_shop()
    says(shop, "STOP", minutes_ago=180)
    says(shop, "START", minutes_ago=120)
    assert state() == {"opted-in"}


def test_words_of_a_new_language_count_and_stop_stays() -> None:
    words.save_language(code="pt", clear=["Parar!"], alone=["Sair"], back=["Voltar"], out_text="Tchau", in_text="")
    words.save_language(code="en", clear=[], alone=[], back=[], out_text="", in_text="")
    shop = make_shop()
    says(shop, "parar já")
    says(shop, "Stop.", number=2)
    says(shop, "quit", number=3)
    assert [state(number) for number in (1, 2, 3)] == [{"opted-out"}, {"opted-out"}, {"unknown"}]


def test_a_word_cannot_mean_both() -> None:
    with pytest.raises(Refused) as refused:
        words.save_language(code="en", clear=["Go"], alone=[], back=["stop"], out_text="", in_text="")
    assert refused.value.field == "back"
    assert not ConsentWords.objects.exists()


def test_an_empty_text_confirms_nothing() -> None:
    words.save_language(code="es", clear=["baja"], alone=[], back=[], out_text=" ", in_text="")
    says(make_shop(), "Baja")
    assert (answers(), state()) == ([], {"opted-out"})


# Doubts


@pytest.mark.parametrize("text", ["STOP this bill", "sotp", "I want you to stop calling my house"])
def test_what_is_doubtful_waits_for_a_person(text: str) -> None:
    says(make_shop(), text)
    assert [each.message.body for each in doubts.open_doubts()] == [text]
    assert (doubts.count_open(), state(), answers()) == (1, {"unknown"}, [])


def test_a_person_says_that_it_was_one(bob: User) -> None:
    shop = make_shop()
    says(shop, "please do stop calling my house")
    says(shop, "I mean it: stop it right now")
    doubts.opt_out(doubts.open_doubts()[0], user=bob)
    assert (doubts.count_open(), state(), answers()) == (0, {"opted-out"}, [OUT_ES])
    assert OptOutDoubt.objects.filter(state="out", decided_by=bob).count() == 2
    assert ConsentEvent.objects.filter(user=bob, source="staff").count() == 2


def test_a_person_says_that_it_was_none(bob: User) -> None:
    says(make_shop(), "STOP this bill")
    asked = doubts.open_doubts().get()
    doubts.keep(asked, user=bob)
    assert (doubts.count_open(), state(), answers()) == (0, {"unknown"}, [])
    with pytest.raises(Refused):
        doubts.opt_out(asked, user=bob)
    assert state() == {"unknown"}


def test_a_clear_word_settles_what_was_doubtful() -> None:
    shop = make_shop()
    says(shop, "STOP this bill")
    says(shop, "STOP")
    says(shop, "why do I not stop hearing from you")
    assert doubts.count_open() == 0


def test_a_gateway_that_keeps_a_list_is_told(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox, "wablas")
    opt_outs_out.collect()
    says(make_shop(), "STOP")
    for account_id in opt_outs_out.collect():
        tasks.push_opt_outs(account_id)
    push = OptOutPush.objects.get()
    assert (push.account, push.phone_key, push.done_at is not None) == (account, phone(1)[1:], True)
