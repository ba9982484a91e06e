"""Consent: what a reply says, and what is kept of it."""

import pytest
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef
from hypothesis import given
from hypothesis import strategies as st

from contacts import consent
from contacts.models import Consent, ConsentEvent, Contact
from contacts.optout import Verdict, reads_as_opt_in, reads_as_opt_out

ANA, BEN = "525512345678", "447400123456"


@pytest.mark.parametrize(
    "text",
    [
        *("STOP", "stop", "Stop.", "Stop. Thank you", "please stop", "STOP!!!", "S.T.O.P.", "\u200bstop", "ＳＴＯＰ"),
        *("stopall", "Unsubscribe me now", "opt out", "opt-out please", "QUIT", "END", "Cancel", "Remove me please"),
        *("BAJA", "baja por favor", "Baja, gracias", "Quiero no", "Darme de baja", "salir", "ALTO", "cancelar"),
        *("baja mi número", "BAJA del servicio", "cancelar suscripción", "parar mensajes, por favor"),
        *("cancel my subscription", "end these messages", "Alto mensajes", "keluar dari daftar", "batal langganan"),
        *("Berhenti", "BERHENTI kirim sms", "tolong hentikan", "Stop ya, terima kasih"),
    ],
)
def test_it_reads_an_opt_out(text: str) -> None:
    expected = Verdict.NO if text == "Quiero no" else Verdict.YES
    assert reads_as_opt_out(text) is expected


@pytest.mark.parametrize(
    "text",
    [
        "we have got to STOP this bill",
        "don't stop sending these, I love them",
        "cancel my order from yesterday",
        "Baja California Sur",
        "Baja California",
        "baja del precio",
        "cancel my order",
        "cancelar mi cita",
        "batal pesanan saya",
        "End of May suits me",
        "quiero darme de baja de la lista ahora mismo",
    ],
)
def test_it_leaves_a_doubtful_one_to_a_person(text: str) -> None:
    assert reads_as_opt_out(text) is Verdict.MAYBE


@pytest.mark.parametrize(
    "text", ["", "  ", "Yes!", "See you at the bus station", "nonstop", "¿Cuándo baja el precio?", "👍", "Weekend?"]
)
def test_it_leaves_other_replies_alone(text: str) -> None:
    assert reads_as_opt_out(text) is Verdict.NO


@pytest.mark.parametrize("text", ["START", "start please", "Alta", "MULAI", "unstop", "opt in", "Darme de alta"])
def test_it_reads_an_opt_in(text: str) -> None:
    assert reads_as_opt_in(text)


@pytest.mark.parametrize("text", ["", "start date?", "When do we start", "STOP", "alta calidad"])
def test_it_takes_nothing_else_for_an_opt_in(text: str) -> None:
    assert not reads_as_opt_in(text)


@given(st.text(max_size=200))
def test_it_never_reads_both_ways(text: str) -> None:
    assert not (reads_as_opt_in(text) and reads_as_opt_out(text) is Verdict.YES)


@given(st.sampled_from(["stop", "salir", "berhenti"]), st.text(alphabet=" .,!?¡¿-_*\n", max_size=8))
def test_it_ignores_punctuation_and_case(word: str, marks: str) -> None:
    assert reads_as_opt_out(f"{marks}{word.upper()}{marks}") is Verdict.YES


@pytest.mark.django_db
def test_it_keeps_the_history_and_the_present_state(bob: User) -> None:
    consent.record(phone_key=ANA, channel="sms", state="opted-in", source="import", evidence="people.csv, row 2")
    consent.record(phone_key=ANA, channel="sms", state="opted-out", source="staff", evidence="called us", user=bob)
    said = ConsentEvent.objects.order_by("id").values_list("state", "source", "evidence", "user__username")
    assert list(said) == [
        ("opted-in", "import", "people.csv, row 2", None),
        ("opted-out", "staff", "called us", "bob"),
    ]
    assert [str(row) for row in Consent.objects.all()] == [f"{ANA} sms opted-out"]


@pytest.mark.django_db
def test_it_stops_every_channel_at_once() -> None:
    consent.opt_out(phone_key=ANA, source="reply", evidence="STOP")
    assert consent.states([ANA, BEN]) == {
        ANA: {"sms": "opted-out", "whatsapp": "opted-out"},
        BEN: {"sms": "unknown", "whatsapp": "unknown"},
    }
    consent.opt_in(phone_key=ANA, source="reply", evidence="START")
    assert consent.states([ANA])[ANA] == {"sms": "opted-in", "whatsapp": "opted-in"}


@pytest.mark.django_db
def test_it_cuts_evidence_that_is_too_long_and_keeps_the_statement() -> None:
    consent.opt_out(phone_key=ANA, source="reply", evidence="STOP\x00" + "!" * 900)
    assert {len(event.evidence) for event in ConsentEvent.objects.all()} == {500}


@pytest.mark.django_db
def test_it_excludes_opted_out_people_inside_a_query() -> None:
    for key in (ANA, BEN):
        Contact.objects.create(phone=f"+{key}", phone_key=key)
    consent.record(phone_key=ANA, channel="sms", state="opted-out", source="staff")
    consent.record(phone_key=BEN, channel="whatsapp", state="opted-out", source="staff")
    row_by_row = Exists(consent.opted_out("sms").filter(phone_key=OuterRef("phone_key")))
    assert [person.phone_key for person in Contact.objects.filter(~row_by_row)] == [BEN]
    in_one = Contact.objects.exclude(phone_key__in=consent.opted_out("whatsapp").values("phone_key"))
    assert [person.phone_key for person in in_one] == [ANA]


@pytest.mark.django_db
def test_it_answers_for_many_people_in_one_query(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        consent.states([str(number) for number in range(200)])
