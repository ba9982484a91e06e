"""Numbers as people, files and gateways write them."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.phone import country, display, normalise, phone_key, variants
from contacts.refusal import Refused


@pytest.mark.parametrize(
    ("raw", "region", "expected"),
    [
        ("+52 1 55 1234 5678", "", "+5215512345678"),
        ("+52 55 1234 5678", "", "+525512345678"),
        ("55 1234 5678", "MX", "+525512345678"),
        ("5215512345678", "MX", "+5215512345678"),
        ("044 55 1234 5678", "MX", "+525512345678"),
        ("(011) 15 2345-6789", "AR", "+5491123456789"),
        ("11 98765-4321", "BR", "+5511987654321"),
        ("+55 11 8765-4321", "", "+551187654321"),
        ("0812 3456 7890", "ID", "+6281234567890"),
        ("0044 7400 123456", "ID", "+447400123456"),
        ("07400 123456", "gb", "+447400123456"),
        ("'+34 600 11 12 22", "US", "+34600111222"),
        ('="+34600111222"', "US", "+34600111222"),
        ("5512345678.0", "MX", "+525512345678"),
        ("\u202a+34\u00a0600 11 12 22\u202c", "", "+34600111222"),
        ("+34 600–11–12–22", "", "+34600111222"),
        ("٠٨١٢٣٤٥٦٧٨٩٠", "ID", "+6281234567890"),
    ],
)
def test_it_writes_every_spelling_in_e164(raw: str, region: str, expected: str) -> None:
    assert normalise(raw, region=region) == expected


@pytest.mark.parametrize(
    ("raw", "region", "words"),
    [
        ("", "MX", "missing"),
        ("   ", "MX", "missing"),
        ("4.41E+11", "GB", "Format the phone column as text"),
        ("4,41e11", "GB", "spreadsheet"),
        ("1-800-FLOWERS", "US", "letters"),
        ("ask Ana", "MX", "letters"),
        ("12345", "MX", "too short"),
        ("+52 55 123", "", "too short"),
        ("555-0100", "US", "area code"),
        ("55 1234 5678", "", "needs a country code"),
        ("447400123456", "MX", "needs a country code"),
        ("+999 1234 5678", "", "does not exist"),
        ("+52 55 1234 5678 999", "", "too many digits"),
        ("5512345678, 5587654321", "MX", "more than one number"),
        ("1" * 100, "MX", "more than one number"),
        ("#31#5512345678", "MX", "not a phone number"),
        ("+()", "MX", "not a phone number"),
    ],
)
def test_it_says_why_a_number_is_refused(raw: str, region: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        normalise(raw, region=region)
    assert words in refused.value.sentence
    assert refused.value.field == "phone"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+5215512345678", "+525512345678"),
        ("5215512345678", "+525512345678"),
        ("+5491123456789", "+541123456789"),
        ("+551187654321", "+5511987654321"),
        ("+34600111222", "34600111222"),
    ],
)
def test_it_recognises_one_number_in_two_spellings(one: str, other: str) -> None:
    assert phone_key(one) == phone_key(other)
    assert variants(one)[0] == "+" + one.lstrip("+")
    assert "+" + other.lstrip("+") in variants(one)


def test_it_gives_no_ninth_digit_to_a_brazilian_landline() -> None:
    assert phone_key("+551132345678") == "551132345678"
    assert variants("+551132345678") == ["+551132345678"]


def test_it_keeps_a_brazilian_landline_apart_from_the_mobile_with_the_same_digits() -> None:
    assert phone_key("+551132345678") != phone_key("+5511932345678")


@given(st.from_regex(r"\+(52|521|54|549|55|1|44|62|34)[1-9][0-9]{7,9}", fullmatch=True))
def test_it_gives_all_variants_one_key(phone: str) -> None:
    assert {phone_key(variant) for variant in variants(phone)} == {phone_key(phone)}


@given(st.text(max_size=60))
def test_it_normalises_or_refuses_whatever_is_typed(raw: str) -> None:
    with contextlib.suppress(Refused):
        phone = normalise(raw, region="MX")
        assert phone[0] == "+"
        assert phone[1:].isdecimal()
        assert len(phone) <= 20
        assert normalise(phone, region="") == phone


@pytest.mark.parametrize(
    ("phone", "expected"),
    [("+5215512345678", "MX"), ("+447400123456", "GB"), ("+15550001001", "US"), ("+99912345678", "")],
)
def test_it_knows_the_country(phone: str, expected: str) -> None:
    assert country(phone) == expected


def test_it_shows_a_number_in_groups() -> None:
    assert display("+5215512345678") == "+52 1 55 1234 5678"
    assert display("+34600111222") == "+34 600 11 12 22"
    assert display("StopService") == "StopService"
