"""What surrounds the text of a campaign: copies, tags, putting away, templates, what it costs at worst; and the same by REST."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from campaigns import attaching, plans, previews, worst_case
from campaigns.models import Campaign, Tag, Template, Variant
from contacts.models import Contact, Segment
from tests.campaigns.desk import a_campaign, a_line, set_going
from tests.test_api import Api
from tests.world import make_people

pytestmark = pytest.mark.django_db
LIST, SORT, TEMPLATES = reverse("campaigns:list"), reverse("campaigns:sort"), reverse("campaigns:templates")
HTMX = {"HX-Request": "true"}
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 100


@pytest.fixture(autouse=True)
def media_folder(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def api(marta: User) -> Api:
    return Api(marta)


def a_file() -> dict[str, Any]:
    return attaching.keep(file=SimpleUploadedFile("menu.png", PNG), filename="menu.png", lines=(), user=None)


def test_it_copies_everything_but_when_it_goes(marta_client: Client) -> None:
    campaign = a_campaign(a_line(1), sms_lines=[a_line(2, channel="sms")], tags=[Tag.objects.create(name="spring")])
    plans.change(campaign, attachment=a_file())
    chosen = {
        "tracks_links": True, "goal": "click", "canary_size": 50, "canary_minutes": 5, "canary_most_failed": 7,
        "canary_most_opt_outs": 2, "canary_asks": True, "most_messages": 3, "most_days": 30,
    }  # fmt: skip
    Campaign.objects.filter(pk=campaign.pk).update(
        **chosen, send_before="2099-01-01T00:00Z", archived_at="2020-01-01T00:00Z"
    )
    for name in ("segments", "excluded_segments"):
        getattr(campaign, name).add(Segment.objects.create(name=name))
    Variant.objects.create(campaign=campaign, letter="B", body="Other", share=30)
    marta_client.post(reverse("campaigns:clone", args=[campaign.pk]))
    campaign.refresh_from_db()
    copy = Campaign.objects.exclude(pk=campaign.pk).get()
    same = [*chosen, "body", "attachment", "channel", "mode"]
    assert [getattr(copy, name) for name in same] == [getattr(campaign, name) for name in same]
    for field in Campaign._meta.many_to_many:
        assert set(getattr(copy, field.name).all()) == set(getattr(campaign, field.name).all())
    assert copy.variants.values_list("letter", "body", "share").get() == ("B", "Other", 30)
    assert (copy.state, copy.send_before, copy.archived_at, copy.name) == ("draft", None, None, "Copy of Spring")


def test_it_puts_away_what_rests_and_brings_it_back(marta_client: Client) -> None:
    make_people(1)
    draft, started = a_campaign(a_line(), name="Old draft"), set_going(a_campaign(a_line(2), name="On its way"))
    refused = marta_client.post(SORT, {"campaign": [draft.pk, started.pk], "do": "archive"}, follow=True).text
    assert "“On its way” is running." in refused
    assert not Campaign.objects.filter(archived_at__isnull=False).exists()
    marta_client.post(SORT, {"campaign": [draft.pk], "do": "archive", "back": f"{LIST}?q=x"})
    assert "Old draft" not in marta_client.get(LIST).text
    away = marta_client.get(LIST, {"kept": "archived"}).text
    assert ("Old draft" in away, "On its way" in away) == (True, False)
    marta_client.post(SORT, {"campaign": [draft.pk], "do": "unarchive"})
    assert "Old draft" in marta_client.get(LIST).text


def test_it_sorts_by_tags(marta_client: Client) -> None:
    first, second = (a_campaign(a_line(n), name=f"Number {n}") for n in (1, 2))
    typed = {"name": "Number 1", "tags": "Spring , menu,spring,", "go": "next"}
    assert marta_client.post(reverse("campaigns:audience", args=[first.pk]), typed).status_code == 302
    assert set(first.tags.values_list("name", flat=True)) == {"Spring", "menu"}
    marta_client.post(SORT, {"campaign": [second.pk], "do": "tag", "tags": "SPRING"})
    assert list(second.tags.all()) == [Tag.objects.get(name="Spring")]
    assert 'value="menu, Spring"' in marta_client.get(reverse("campaigns:audience", args=[first.pk])).text
    page = marta_client.get(LIST, {"tag": "menu"})
    assert [row.campaign for row in page.context["rows"]] == [first]
    marta_client.post(SORT, {"campaign": [first.pk, second.pk], "do": "untag", "tags": "spring"})
    assert list(Tag.objects.filter(campaigns__isnull=False).values_list("name", flat=True)) == ["menu"]
    long = marta_client.post(reverse("campaigns:audience", args=[first.pk]), {"name": "Kept", "tags": "x" * 41})
    assert (long.status_code, "is too long for a tag" in long.text, "x" * 41 in long.text) == (422, True, True)


def test_it_keeps_templates(marta_client: Client, charlie_client: Client) -> None:
    assert "None is kept yet" in marta_client.get(TEMPLATES).text
    said = {"name": "Thanks", "language": "es", "body": "Gracias {{ name }}", "file": SimpleUploadedFile("m.png", PNG)}
    marta_client.post(TEMPLATES, said)
    template = Template.objects.get()
    assert (template.body, (template.attachment or {})["kind"]) == ("Gracias {{ name }}", "image")
    again = marta_client.post(TEMPLATES, {"name": "thanks", "body": "x"})
    assert (again.status_code, "There is already a template with this name." in again.text) == (422, True)
    page = reverse("campaigns:template", args=[template.pk])
    assert "Gracias {{ name }}" in marta_client.get(page).text
    marta_client.post(page, {"name": "Thank you", "body": "Hi", "without_file": "on"})
    template.refresh_from_db()
    assert (template.name, template.body, template.attachment) == ("Thank you", "Hi", None)
    assert charlie_client.post(TEMPLATES, said).status_code == 403
    assert charlie_client.post(reverse("campaigns:template_delete", args=[template.pk])).status_code == 403
    marta_client.post(reverse("campaigns:template_delete", args=[template.pk]))
    assert not Template.objects.exists()


def test_it_begins_with_a_template_and_keeps_a_text_as_one(marta_client: Client) -> None:
    campaign = plans.begin(name="Spring")
    plans.change(campaign, attachment=a_file())
    keep, use = (reverse(f"campaigns:template_{what}", args=[campaign.pk]) for what in ("keep", "use"))
    nameless = marta_client.post(keep, {"body": "Come", "template_name": ""})
    assert (nameless.status_code, "Give the template a name." in nameless.text) == (422, True)
    marta_client.post(keep, {"body": "Come", "template_name": "Invitation"})
    template = Template.objects.get()
    campaign.refresh_from_db()
    assert (template.body, template.attachment, campaign.body) == ("Come", campaign.attachment, "Come")
    other = plans.begin(name="Summer")
    none = marta_client.post(reverse("campaigns:template_use", args=[other.pk]), {"body": "Typed", "template": ""})
    assert (none.status_code, "Typed</textarea>" in none.text) == (422, True)
    marta_client.post(reverse("campaigns:template_use", args=[other.pk]), {"template": template.pk})
    other.refresh_from_db()
    assert (other.body, other.attachment) == ("Come", template.attachment)
    assert use


def test_it_names_the_worst_case_and_what_makes_it_so(marta_client: Client) -> None:
    short, long = make_people(2)
    Contact.objects.filter(pk=long.pk).update(name="Ludmiła " + "Ana " * 30)
    campaign = a_campaign(a_line(1, channel="sms"), body="Hi {{ name }}, “come” …")
    found = worst_case.worst_case(previews.draft_of(campaign))
    assert (found.person, found.parts, found.looked_at) == (long, 3, 2)
    assert [(each.character, each.instead, each.is_typed) for each in found.forcing] == [
        ("“", '"', True), ("”", '"', True), ("…", "...", True), ("ł", "l", False),
    ]  # fmt: skip
    page = marta_client.post(
        reverse("campaigns:preview", args=[campaign.pk]), {"body": campaign.body}, headers=HTMX
    ).text
    assert "At most <strong>3 SMS parts</strong> for one person: Ludmiła" in page
    assert 'data-replace="“" data-with="&quot;"' in page
    whatsapp = a_campaign(a_line(2))
    page = marta_client.post(reverse("campaigns:preview", args=[whatsapp.pk]), {"body": "“x”"}, headers=HTMX).text
    assert "worst-case" not in page
    assert short


def test_it_counts_sms_before_lines_are_chosen(marta_client: Client) -> None:
    sms, _whatsapp = a_line(1, channel="sms"), a_line(2)
    campaign = plans.begin(name="Spring")
    step = reverse("campaigns:message", args=[campaign.pk])
    assert "Until lines are chosen" in marta_client.get(step).text
    marta_client.post(step, {"body": "Hi", "channel": "sms"})
    shown = marta_client.get(step)
    assert (shown.context["preview"].is_sms, "At most" in shown.text) == (True, False)  # nobody to look at yet
    plans.change(campaign, lines=[sms])
    marta_client.post(step, {"body": "Hi", "channel": "whatsapp"})
    shown = marta_client.get(step)
    assert (shown.context["preview"].is_sms, "Until lines are chosen" in shown.text) == (True, False)


def test_it_shows_marks_as_the_phone_does(marta_client: Client) -> None:
    asked = {"body": "*Hi* <b>{{ name }}</b>"}
    campaign = a_campaign(a_line(1))
    page = marta_client.post(reverse("campaigns:preview", args=[campaign.pk]), asked, headers=HTMX).text
    assert "<strong>Hi</strong> &lt;b&gt;" in page
    sms = a_campaign(a_line(2, channel="sms"))
    page = marta_client.post(reverse("campaigns:preview", args=[sms.pk]), asked, headers=HTMX).text
    assert "*Hi* &lt;b&gt;" in page


@pytest.mark.once
@pytest.mark.parametrize("name", ["attachment", "template_use", "template_keep", "sort"])
def test_its_calls_are_closed_to_viewers(charlie_client: Client, name: str) -> None:
    url = SORT if name == "sort" else reverse(f"campaigns:{name}", args=[plans.begin(name="Spring").pk])
    assert charlie_client.post(url).status_code == 403


def test_rest_changes_some_fields_of_a_draft(api: Api) -> None:
    make_people(1)
    campaign = a_campaign(a_line())
    path = f"/campaigns/{campaign.pk}"
    changed = api.call("PATCH", path, {"body": "Hola", "tags": ["spring"], "send_before": None})
    assert (changed["body"], changed["tags"], changed["groups"], changed["name"]) == (
        "Hola",
        ["spring"],
        ["VIP"],
        "Spring",
    )
    refused = api.call("PATCH", path, {"body": "{{ nope }}"}, expect=422)
    assert "No contact has a field “nope”." in refused["detail"]
    place = {"type": "location", "latitude": 19.4, "longitude": -99.1}
    assert "cannot send such an attachment" in api.call("PATCH", path, {"attachment": place}, expect=422)["detail"]
    campaign.refresh_from_db()
    assert (campaign.body, campaign.attachment) == ("Hola", None)


def test_rest_archives_copies_and_finds(api: Api) -> None:
    campaign = a_campaign(a_line(), tags=[Tag.objects.create(name="spring")])
    assert api.call("POST", f"/campaigns/{campaign.pk}/clone", expect=201)["tags"] == ["spring"]
    assert api.call("POST", f"/campaigns/{campaign.pk}/archive", expect=200)["archived_at"]
    assert [row["id"] for row in api.call("GET", "/campaigns?archived=true&tag=SPRING")["items"]] == [campaign.pk]
    assert api.call("POST", f"/campaigns/{campaign.pk}/unarchive", expect=200)["archived_at"] is None
    assert len(api.call("GET", "/campaigns?archived=false")["items"]) == 2


def test_rest_keeps_templates(api: Api) -> None:
    made = api.call("POST", "/templates", {"name": "Thanks", "body": "Hi"}, expect=201)
    changed = api.call("PUT", f"/templates/{made['id']}", {"name": "Thanks", "body": "Hola", "language": "es"})
    assert (changed["body"], changed["language"]) == ("Hola", "es")
    assert api.call("GET", "/templates")["items"] == [changed]
    api.call("DELETE", f"/templates/{made['id']}", expect=204)
    assert not Template.objects.exists()
