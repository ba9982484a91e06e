"""Campaigns and API tokens in the admin."""

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign
from config.models import ApiToken, hash_token
from tests.campaigns.desk import a_campaign, a_line, queries_of, set_going
from tests.world import make_people

pytestmark = pytest.mark.django_db
MODELS = ["campaign", "recipient", "campaignevent"]


@pytest.fixture
def running() -> Campaign:
    make_people(3)
    return set_going(a_campaign(a_line()))


@pytest.mark.parametrize("model", MODELS)
def test_it_lists_searches_and_shows_every_record(admin_site: Client, running: Campaign, model: str) -> None:
    row = apps.get_model("campaigns", model)._default_manager.first()
    assert row is not None
    assert admin_site.get(reverse(f"admin:campaigns_{model}_changelist"), {"q": "Spring"}).status_code == 200
    assert admin_site.get(reverse(f"admin:campaigns_{model}_change", args=[row.pk])).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_it_changes_nothing_there(admin_site: Client, running: Campaign, model: str) -> None:
    row = apps.get_model("campaigns", model)._default_manager.first()
    assert row is not None
    assert admin_site.get(reverse(f"admin:campaigns_{model}_add")).status_code == 403
    assert admin_site.post(reverse(f"admin:campaigns_{model}_change", args=[row.pk]), {"state": "x"}).status_code == 403
    assert (
        admin_site.post(reverse(f"admin:campaigns_{model}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    )


def test_it_asks_the_same_number_of_questions_for_3_and_30(admin_site: Client, running: Campaign) -> None:
    pages = [reverse(f"admin:campaigns_{model}_changelist") for model in MODELS]
    few = [queries_of(admin_site, page) for page in pages]
    make_people(30, group="Many", first=100)
    set_going(a_campaign(*running.lines.all(), group="Many"))
    assert [queries_of(admin_site, page) for page in pages] == few


def test_it_shows_a_new_token_once(admin_site: Client, bob: User) -> None:
    add = reverse("admin:config_apitoken_add")
    page = admin_site.post(add, {"user": bob.pk, "name": "till"}, follow=True).content.decode()
    kept = ApiToken.objects.get()
    token = page.split("carillon_")[1].split("<")[0].strip()
    assert hash_token(f"carillon_{token}") == kept.token_hash
    for address in ("changelist", "change"):
        arguments = [kept.pk] if address == "change" else []
        later = admin_site.get(reverse(f"admin:config_apitoken_{address}", args=arguments)).content.decode()
        assert token not in later
        assert kept.token_hash not in later
    assert not LogEntry.objects.filter(change_message__contains=token).exists()


def test_it_revokes_tokens(admin_site: Client, bob: User) -> None:
    token = ApiToken.issue(user_id=bob.pk)
    chosen = ApiToken.objects.values_list("pk", flat=True)
    data = {"action": "revoke", "_selected_action": list(chosen)}
    admin_site.post(reverse("admin:config_apitoken_changelist"), data)
    assert ApiToken.objects.get().revoked_at is not None
    assert admin_site.get("/api/v1/campaigns", headers={"Authorization": f"Bearer {token}"}).status_code == 401
