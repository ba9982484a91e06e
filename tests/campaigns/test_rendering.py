"""Merge fields and spintax."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.rendering import fields_in, problems_in, render, values_of

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
    assert fields_in("{{ a }} {{ b }} {{ a }}") == ("a", "b")


@given(st.text(alphabet=st.characters() | st.sampled_from("{}|\x00\x01 name\"'"), max_size=60), st.text(max_size=20))
def test_it_never_raises_on_any_text(template: str, name: str) -> None:
    assert isinstance(render(template, values_of(name=name, phone="+1", fields={}), seed="1"), str)
