"""The product speaks Spanish and Indonesian as completely as English. After a change of texts: `make messages`."""

import gettext
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import translation

from contacts.importing import uploads
from messaging.providers import PROVIDERS
from tests import texts
from tests.texts import ROOT, Entry, Text
from tests.world import run_tasks

LANGUAGES = ("es", "id")
PAGES = {
    "campaigns:dashboard": {"es": "Los próximos siete días", "id": "Tujuh hari mendatang"},
    "campaigns:list": {"es": "Nueva campaña", "id": "Kampanye baru"},
    "campaigns:add": {"es": "Nueva campaña", "id": "Kampanye baru"},
    "contacts:list": {"es": "Aún no hay contactos", "id": "Belum ada kontak"},
    "contacts:import": {"es": "Importar personas", "id": "Impor orang"},
    "messaging:inbox": {"es": "Bandeja de entrada", "id": "Kotak masuk"},
    "messaging:accounts": {"es": "Agregar cuenta", "id": "Tambah akun"},
}

pytestmark = pytest.mark.parametrize("language", LANGUAGES)


@pytest.fixture(autouse=True)
def back_to_english() -> Iterator[None]:
    """A request leaves its language behind in the thread."""
    with translation.override(settings.LANGUAGE_CODE):
        yield


def catalogue(language: str, suffix: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / f"django{suffix}"


def done(language: str) -> list[Entry]:
    """What is translated, by a person and not by gettext's guess."""
    return [entry for entry in texts.entries(catalogue(language, ".po")) if all(entry.said) and not entry.is_guess]


def compiled(language: str) -> gettext.GNUTranslations:
    with catalogue(language, ".mo").open("rb") as file:
        return gettext.GNUTranslations(file)


def heard(said: gettext.GNUTranslations, text: Text) -> set[str]:
    """Every form in which a compiled catalogue says a text."""
    if not text.plural:
        return {said.pgettext(text.context, text.one) if text.context else said.gettext(text.one)}
    counts = (0, 1, 2, 5, 1_000_000)
    if text.context:
        return {said.npgettext(text.context, text.one, text.plural, count) for count in counts}
    return {said.ngettext(text.one, text.plural, count) for count in counts}


def test_it_translates_every_text_of_the_sources(language: str) -> None:
    known = {entry.text for entry in done(language)}
    missing = sorted((texts.texts_of_templates() | texts.texts_of_code()) - known)
    assert not missing, f"{language} lacks (run `make messages`, then translate): " + " | ".join(map(str, missing))


def test_it_keeps_no_text_that_the_sources_lost(language: str) -> None:
    known = {entry.text for entry in texts.entries(catalogue(language, ".po"))}
    lost = sorted(known - texts.texts_of_templates() - texts.texts_of_code())
    assert not lost, f"{language} has, and no source says (run `make messages`): " + " | ".join(map(str, lost))


def test_it_keeps_what_is_to_be_filled_in(language: str) -> None:
    wrong = [
        f"{said!r} for {entry.text}"
        for entry in done(language)
        for said in entry.said
        if texts.placeholders(said) != texts.placeholders(f"{entry.text.one} {entry.text.plural}")
    ]
    assert wrong == []


def test_it_is_compiled_as_it_is_written(language: str) -> None:
    said = compiled(language)
    stale = [str(entry.text) for entry in done(language) if heard(said, entry.text) != set(entry.said)]
    assert not stale, "not compiled (run `make messages`): " + " | ".join(stale)


def test_its_catalogue_is_what_gettext_accepts(language: str) -> None:
    if shutil.which("msgfmt") is None:
        pytest.skip(
            "msgfmt is not installed, so gettext's own check of the catalogue is left out (apt-get install gettext)"
        )
    command = ["msgfmt", "--check-format", "--check-header", "--output-file=-", str(catalogue(language, ".po"))]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.django_db
def test_it_greets_a_visitor_in_the_browsers_language(language: str, client: Client) -> None:
    page = client.get(reverse("account_login"), headers={"Accept-Language": f"{language},en;q=0.5"})
    assert f'<html lang="{language}"' in page.text
    assert {"es": "¿Sin cuenta u olvidaste la contraseña?", "id": "lupa kata sandi?"}[language] in page.text


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize("name", PAGES)
def test_it_shows_the_page_in_the_chosen_language(language: str, name: str, client: Client, admin: User) -> None:
    client.force_login(admin)
    client.post(reverse("set_language"), {"language": language})
    page = client.get(reverse(name))
    assert client.cookies[settings.LANGUAGE_COOKIE_NAME].value == language
    assert f'<html lang="{language}"' in page.text
    assert PAGES[name][language] in page.text


@pytest.mark.django_db
def test_it_writes_an_imports_reasons_in_the_language_of_who_started_it(language: str) -> None:
    with translation.override(language):
        job = uploads.start_import(
            file=ContentFile(b"phone\nabc\n"), filename="people.csv", region="MX", group=None, user=None
        )
    run_tasks()
    said = {"es": "“abc” tiene letras", "id": "“abc” mengandung huruf"}
    assert said[language] in job.contact_import.problems.get().sentence


def test_it_asks_for_a_gateways_keys_in_the_readers_language(language: str) -> None:
    asked = {
        words for p in PROVIDERS.values() for f in p.credential_fields for words in (f.label, f.help_text) if words
    }
    assert sorted(asked - {entry.text.one for entry in done(language)}) == []
