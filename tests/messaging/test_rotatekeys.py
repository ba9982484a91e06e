"""Keys at rest are replaced without losing what they protect."""

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from messaging.models import Account
from messaging.providers import PROVIDERS

pytestmark = pytest.mark.django_db
CREDENTIALS = {"secret": "the-key-at-the-gateway"}


@pytest.fixture
def account(settings: Settings) -> Account:
    settings.FIELD_ENCRYPTION_KEYS = ["old"]
    url = PROVIDERS["zender"].default_base_url
    return Account.objects.create(name="Ours", provider="zender", base_url=url, credentials=CREDENTIALS)


def test_it_lets_the_old_key_go(account: Account, settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    settings.FIELD_ENCRYPTION_KEYS = ["new", "old"]
    call_command("rotatekeys")
    settings.FIELD_ENCRYPTION_KEYS = ["new"]
    assert Account.objects.get().credentials == CREDENTIALS
    assert ": 1 rows" in capsys.readouterr().out


def test_it_says_when_the_old_key_is_missing(account: Account, settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = ["new"]
    with pytest.raises(CommandError, match="Put the old key back"):
        call_command("rotatekeys")
    settings.FIELD_ENCRYPTION_KEYS = ["old"]
    assert Account.objects.get().credentials == CREDENTIALS
