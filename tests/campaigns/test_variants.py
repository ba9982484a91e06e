"""Several texts in one campaign: who reads which, what has to be right, and how they are written."""

from collections import Counter
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from campaigns import checks, lifecycle, plans, variant_edits, variants
from campaigns.models import Campaign, Recipient, Variant
from campaigns.variants import Texts
from contacts.models import Contact, Group, Membership
from contacts.refusal import Refused
from messaging.models import Line, Message
from tests.campaigns.desk import a_campaign, a_line, set_going
from tests.sandbox_process import SandboxProcess
from tests.world import make_account, make_campaign, make_people, start, whatsapp_line, work

HTMX = {"HX-Request": "true"}
ALL = {("A", "es"): "A es", ("B", ""): "B", ("B", "es-mx"): "B es-mx", ("A", "pt-br"): "A pt-br"}


@pytest.fixture
def line(db: None) -> Line:
    return a_line()


def with_texts(campaign: Campaign, rows: dict[tuple[str, str], str], **shares: int) -> Campaign:
    Variant.objects.bulk_create(
        Variant(
            campaign=campaign,
            letter=letter,
            language=language,
            body=body,
            share=0 if language else shares.get(letter, 0),
        )
        for (letter, language), body in rows.items()
    )
    return campaign


@pytest.mark.parametrize(
    ("letter", "language", "text"),
    [
        ("A", "", "own"), ("A", "en", "own"), ("A", "es", "A es"), ("A", "es-MX", "A es"), ("A", "ES_mx", "A es"),
        ("A", "est", "own"), ("A", "pt", "own"), ("A", "pt-BR", "A pt-br"), ("B", "es", "B"), ("B", "es-mx", "B es-mx"),
        ("B", "", "B"), ("C", "es", "own"),
    ],
)  # fmt: skip
def test_it_reads_the_text_of_its_letter_and_language(letter: str, language: str, text: str) -> None:
    assert Texts(own="own", others=ALL, shares=[("B", 50)]).body(letter, language) == text


def test_letters_are_drawn_evenly_and_the_same_each_time_in_python_and_in_the_database(line: Line) -> None:
    keys = [f"5255{number:08d}" for number in range(3000)]
    group = Group.objects.create(name="VIP")
    people = Contact.objects.bulk_create(
        Contact(phone=f"+{key}", phone_key=key, language="ES_mx" if int(key) % 2 else "") for key in keys
    )
    Membership.objects.bulk_create(Membership(group=group, contact=person) for person in people)
    first, second = (with_texts(a_campaign(line), {("B", ""): "b", ("C", ""): "c"}, B=30, C=20) for _ in range(2))
    for campaign in (first, second):
        lifecycle.start(campaign)
        lifecycle.prepare(campaign.pk)
    frozen = dict(Recipient.objects.filter(campaign=first).values_list("contact_id", "letter"))
    texts = variants.texts_of(first)
    assert frozen == {pk: variants.letter_of(first, pk, texts) for pk in frozen}
    count = Counter(frozen.values())
    assert count.total() == 3000
    # Four standard deviations either side: wrong once in 15,000 campaigns, and these three are always the same.
    assert abs(count["A"] - 1500) < 110
    assert abs(count["B"] - 900) < 101
    neighbours = sum(frozen[pk] == frozen.get(pk + 1) for pk in frozen)
    assert abs(neighbours - 3000 * (0.25 + 0.09 + 0.04)) < 150  # it has nothing to do with the order of the ids
    assert frozen != dict(Recipient.objects.filter(campaign=second).values_list("contact_id", "letter"))
    assert Counter(Recipient.objects.filter(campaign=first).values_list("language", flat=True)) == {
        "es-mx": 1500,
        "": 1500,
    }


def test_everybody_reads_the_right_text_and_keeps_it(sandbox: SandboxProcess, transactional_db: None) -> None:
    """Two languages and two letters through a gateway; what phones got is what the previews said."""
    make_people(16)
    Contact.objects.filter(name__in=[f"Person {n}" for n in range(1, 9)]).update(language="es-MX")
    gateway_line = whatsapp_line(make_account(sandbox))
    campaign = make_campaign([gateway_line], body="A {{ name }}")
    with_texts(
        campaign, {("A", "es"): "Hola {{contact.name}}", ("B", ""): "B {{ name }}", ("B", "es"): "Be {name}"}, B=50
    )
    people = list(Contact.objects.order_by("id"))
    said = {person.phone: plans.text_for(campaign, person) for person in people}
    start(campaign)
    Contact.objects.update(language="")  # it was frozen
    work(campaign)
    assert {message.phone: message.body for message in Message.objects.filter(batch=campaign.batch)} == said
    for person in Recipient.objects.filter(campaign=campaign).select_related("contact", "message"):
        assert person.contact
        assert person.message
        words = {("A", ""): "A", ("A", "es-mx"): "Hola", ("B", ""): "B", ("B", "es-mx"): "Be"}
        assert person.message.body == f"{words[person.letter, person.language]} {person.contact.name}"
    got = {each["to"]: each["text"] for each in sandbox.deliveries()}
    assert got == said
    assert len({text.split()[0] for text in said.values()}) == 4


WRONG: list[tuple[dict[tuple[str, str], str], dict[str, int], str]] = [
    ({("B", ""): "b"}, {}, "Nobody would read text B"),
    ({("B", ""): "b", ("C", ""): "c"}, {"B": 60, "C": 40}, "leaves nobody for text A"),
    ({("B", ""): " "}, {"B": 50}, "Text B: Write the message"),
    ({("A", "es"): "{{ nme }}"}, {}, "Text A es: .*nme"),
    ({("A", "es"): "{{date.now}}"}, {}, "Write the date itself"),
]


@pytest.mark.once
@pytest.mark.parametrize(("rows", "shares", "sentence"), WRONG)
def test_it_says_what_is_wrong_with_a_text(
    line: Line, rows: dict[tuple[str, str], str], shares: dict[str, int], sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        checks.message_ready(with_texts(a_campaign(line), rows, **shares))


def test_clicks_are_only_compared_where_links_are_followed(line: Line) -> None:
    campaign = with_texts(a_campaign(line), {("B", ""): "b"}, B=50)
    campaign.goal = Campaign.Goal.CLICK
    with pytest.raises(Refused, match="let their links be followed"):
        checks.message_ready(campaign)


def test_a_gateway_that_sends_by_itself_knows_one_text(line: Line) -> None:
    campaign = with_texts(a_campaign(line), {("A", "es"): "Hola"})
    campaign.mode, campaign.body = Campaign.Mode.GATEWAY, "Hi"
    campaign.save()
    with pytest.raises(Refused, match="knows one text"):
        checks.message_ready(campaign)


def do(client: Client, campaign: Campaign, what: str, **more: Any) -> str:
    response = client.post(reverse("campaigns:variants", args=[campaign.pk]), {"do": what, **more}, headers=HTMX)
    assert response.status_code in (200, 422)
    return response.content.decode()


def test_somebody_writes_other_texts_on_the_card(marta_client: Client, line: Line) -> None:
    campaign = a_campaign(line, body="Hi")
    assert "Text A in <strong>es-mx</strong>" in do(marta_client, campaign, "language:A", **{"language-A": "es_MX"})
    spanish = Variant.objects.get()
    card = do(marta_client, campaign, "letter", **{f"text-{spanish.pk}": "Hola\r\ntú"})
    assert "Text A, the campaign's own, is read by 50 %" in card
    other = Variant.objects.get(letter="B")
    assert (other.body, other.share) == ("Hi", 50)
    state = do(
        marta_client, campaign, "", **{f"share-{other.pk}": "30", f"text-{other.pk}": "Hey {{ x }}", "goal": "click"}
    )
    assert "Text B" in state
    assert "<section" not in state
    do(marta_client, campaign, "language:B", **{"language-B": "es"})
    assert (
        do(marta_client, campaign, "language:B", **{"language-B": "español!"}).count("Write the language as its code")
        == 1
    )
    campaign.refresh_from_db()
    assert campaign.goal == "click"
    rows = [(row.letter, row.language, row.body, row.share) for row in Variant.objects.order_by("letter", "language")]
    assert rows == [("A", "es-mx", "Hola\ntú", 0), ("B", "", "Hey {{ x }}", 30), ("B", "es", "Hey {{ x }}", 0)]
    do(marta_client, campaign, f"remove:{other.pk}")
    assert Variant.objects.get() == spanish


def test_letters_share_the_audience_evenly_until_somebody_says_otherwise(line: Line) -> None:
    campaign = a_campaign(line)
    for _ in range(5):
        variant_edits.add_letter(campaign)
    assert [row.share for row in Variant.objects.order_by("letter")] == [16] * 5
    with pytest.raises(Refused, match="More than 6"):
        variant_edits.add_letter(campaign)


def test_only_who_may_change_a_draft_changes_its_texts(
    charlie_client: Client, marta_client: Client, line: Line
) -> None:
    make_people(1)
    campaign = a_campaign(line)
    for name in ("variants", "follow_links"):
        assert charlie_client.post(reverse(f"campaigns:{name}", args=[campaign.pk]), {}).status_code == 403
    set_going(campaign)
    assert "Only a draft can be changed" in do(marta_client, campaign, "letter")


def test_a_copy_has_the_same_texts(line: Line) -> None:
    campaign = with_texts(a_campaign(line), ALL, B=40)
    Campaign.objects.filter(pk=campaign.pk).update(tracks_links=True, goal="click")
    campaign.refresh_from_db()
    copy = plans.clone(campaign)
    assert (copy.tracks_links, copy.goal) == (True, "click")
    assert variants.texts_of(copy) == variants.texts_of(campaign)
