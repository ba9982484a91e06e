"""Merge fields, spintax, and the gateways' own shortcodes."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.rendering import fields_in, problems_in, render, values_of
from contacts.shortcodes import translate

ANA = values_of(name="Ana Vega", phone="+5222200000100", fields={"City": "Puebla", "age": 31, "empty": None})


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Hi {{ name }}", "Hi Ana Vega"),
        ("Hi {{name}}", "Hi Ana Vega"),
        ("Hi {{ first_name }}", "Hi Ana"),
        ("{{ city }} {{ CITY }}", "Puebla Puebla"),
        ("{{ age }}", "31"),
        ('{{ empty|default:"friend" }}', "friend"),
        ("{{ unknown|default:'friend' }}", "friend"),
        ('{{ name|default:"friend" }}', "Ana Vega"),
        ("a {b} c", "a {b} c"),
        ("{same|same} {x|x}", "same x"),
        ("{a {b|b}|a b}", "a b"),
        ("{{x|x}|{{x|x}|x}} {y", "x {y"),
        ("{Hi {{ name }}|Hi {{name}}} | {b {c|c}}", "Hi Ana Vega | {b c}"),
        ("{" * 3000 + "x", "{" * 3000 + "x"),
    ],
)
def test_it_renders(template: str, text: str) -> None:
    assert render(template, ANA, seed="1") == text


def test_it_never_reads_a_value_as_an_instruction() -> None:
    values = values_of(name="{evil|evil} {{ phone }}", phone="+1", fields={})
    assert render("Hi {{ name }}", values, seed="1") == "Hi {evil|evil} {{ phone }}"


def test_it_gives_a_person_the_same_choice_each_time() -> None:
    texts = {render("{a|b|c|d|e|f|g|h}", ANA, seed="7:9") for _ in range(5)}
    assert len(texts) == 1


def test_it_gives_people_different_choices() -> None:
    assert len({render("{a|b|c|d|e|f|g|h}", ANA, seed=str(number)) for number in range(50)}) > 3


def test_it_names_what_is_no_merge_field() -> None:
    assert problems_in("{{ name|upper }} {{ name }} {{}}") == ["{{ name|upper }}", "{{}}"]
    assert problems_in("{{ name } and {{ city") == ["{{ name }", "{{ city"]
    assert problems_in("{{Hi|Hello}|{Hey|Yo}} {{{ name }}|you}") == []
    assert fields_in("{{ a }} {{ b }} {{ a }}") == ("a", "b")


# What people type, with much of what means something here.
ANY_TEXT = st.lists(
    st.sampled_from(
        ["{", "}", "{{", "}}", "|", "{{ name }}", "{{ city }}", "{a|b}", "|default:'x'", "\x00", "\x01", '"']
    )
    | st.text(max_size=5),
    max_size=40,
).map("".join)


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_it_never_raises_and_always_says_the_same(template: str, name: str, city: str) -> None:
    values = values_of(name=name, phone="+1", fields={"city": city})
    assert render(template, values, seed="1") == render(template, values, seed="1")
    assert isinstance(problems_in(template), list)
    assert translate(translate(template).text).text == translate(template).text


@given(ANY_TEXT, ANY_TEXT)
def test_it_says_nothing_about_anybody_but_the_person(template: str, name: str) -> None:
    render(template, values_of(name="Zoë-7391", phone="+5222200000200", fields={"city": "Mérida-7391"}), seed="1")
    text = render(template, values_of(name=name, phone="+1", fields={}), seed="1")
    assert "7391" not in text.replace(name, "").replace(template, "")


@given(ANY_TEXT, st.text(alphabet="{}|\"' namecity", max_size=20))
def test_it_puts_values_in_as_they_are(template: str, value: str) -> None:
    """Whatever a value is made of, the text is the one with another value in the same places."""
    said = render(template, values_of(name=value, phone="+1", fields={}), seed="1")
    marked = render(template, values_of(name="\ue000", phone="+1", fields={}), seed="1")
    if value.strip() and value.split(" ", 1)[0] == value:
        assert said == marked.replace("\ue000", value.strip()).strip()


@pytest.mark.parametrize(
    "template",
    [
        "{" * 50_000, "{{" * 25_000 + "}}", "{a|" * 15_000 + "}" * 15_000, "{" + "|" * 50_000, "{" + "a|" * 50_000 + "}",
        "{{ " + " " * 50_000, "{{" + "a " * 25_000, '{{a|default:"' * 5_000, "{{a|default:" * 5_000, "{{ a" * 10_000,
    ],
    ids=range(10),
)  # fmt: skip
def test_it_takes_no_longer_for_texts_that_mean_harm(template: str) -> None:
    began = time.process_time()
    render(template, ANA, seed="1")
    problems_in(template), fields_in(template), translate(template)
    assert time.process_time() - began < 3


def test_it_reads_what_was_written_for_a_gateway() -> None:
    found = translate(
        "Hi {{contact.name|default:'you'}}, {name} of {city} and {zip}: {a|b} {{ name }} {{contact.number}}. {{unsubscribe.command}}",
        known={"city"},
    )
    assert found.text == (
        "Hi {{ name|default:'you' }}, {{ name }} of {{ city }} and {zip}: {a|b} {{ name }} {{ phone }}. STOP"
    )
    assert "{city} → {{ city }}" in found.sentence
    assert translate("Hi {{ name }}").sentence == ""
