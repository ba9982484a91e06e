"""WhatsApp's marks as they are shown, and what may stand in place of characters that an SMS pays for."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.gsm_instead import instead_of
from messaging.marks import as_shown
from messaging.parts import is_gsm

TAG = re.compile(r"</?(?:strong|em|s|code)>")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*bold* and _it_ and ~no~", "<strong>bold</strong> and <em>it</em> and <s>no</s>"),
        ("_*both*_", "<em><strong>both</strong></em>"),
        ("```a *b*\nc```", "<code>a *b*\nc</code>"),
        ("2*3*4 and snake_case_name", "2*3*4 and snake_case_name"),
        ("* not * _ this _", "* not * _ this _"),
        ("*one\ntwo*", "*one\ntwo*"),
        ("*a _b* c_", "<strong>a _b</strong> c_"),
        ("*<b onclick='x'>*", "<strong>&lt;b onclick=&#x27;x&#x27;&gt;</strong>"),
    ],
)
def test_it_shows_marks_and_escapes_the_rest(text: str, shown: str) -> None:
    assert as_shown(text) == shown


@given(st.text(alphabet=st.sampled_from(list("ab *_~`<>&\"'\n/")), max_size=80) | st.text(max_size=60))
def test_it_never_lets_anything_but_its_own_tags_through(text: str) -> None:
    shown = str(as_shown(text))
    bare = TAG.sub("", shown)
    assert "<" not in bare
    assert ">" not in bare
    marks = re.compile(r"[*_~`]")
    assert marks.sub("", html.unescape(bare)) == marks.sub("", text)
    open_tags: list[str] = []
    for tag in TAG.findall(shown):
        if not tag.startswith("</"):
            open_tags.append(tag[1:-1])
        else:
            assert open_tags.pop() == tag[2:-1]
    assert not open_tags


@pytest.mark.parametrize(
    ("character", "instead"),
    [("“", '"'), ("’", "'"), ("–", "-"), ("…", "..."), ("á", "a"), ("\u00a0", " "), ("\u200b", ""),
     ("ç", "c"), ("😀", None), ("中", None), ("ﬁ", "fi")],
)  # fmt: skip
def test_it_offers_what_costs_nothing(character: str, instead: str | None) -> None:
    assert instead_of(character) == instead


@given(st.characters())
def test_what_it_offers_fits_an_sms(character: str) -> None:
    instead = instead_of(character)
    assert instead is None or is_gsm(instead)
