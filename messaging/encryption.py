"""Credentials at rest: encrypted with the first key of FIELD_ENCRYPTION_KEYS, readable with any of them."""

import base64
import hashlib
import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _


class CannotDecrypt(Exception):
    """The key that encrypted a value is no longer in FIELD_ENCRYPTION_KEYS."""


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest())) for key in keys])


def encrypt(text: str) -> str:
    """Text → token, with the newest key."""
    return _cipher(tuple(settings.FIELD_ENCRYPTION_KEYS)).encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """Token → text. Raises CannotDecrypt; a wrong key is never mistaken for a value."""
    try:
        return _cipher(tuple(settings.FIELD_ENCRYPTION_KEYS)).decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise CannotDecrypt(
            _("FIELD_ENCRYPTION_KEYS lacks the key that encrypted this. Put the old key back, after the new one.")
        ) from error


class Unreadable:
    """In place of a value whose key is gone: its row can be listed and worked with, and whoever needs the value itself is
    told. It is never mistaken for one, and not written back."""

    def __init__(self, token: str, problem: CannotDecrypt) -> None:
        self._token, self._problem = token, problem

    def _refuse(self, *_args: object) -> NoReturn:
        raise CannotDecrypt(str(self._problem))

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        self._refuse()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unreadable) and other._token == self._token

    def __hash__(self) -> int:
        return hash(self._token)

    __bool__ = __len__ = __iter__ = __contains__ = __getitem__ = __str__ = _refuse


if TYPE_CHECKING:
    TextField = models.TextField[Any, Any]
else:
    TextField = models.TextField  # generic only for the type checker


class EncryptedJSONField(TextField):
    """A small JSON value that only this server can read. Cannot be searched."""

    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def from_db_value(self, value: str | None, expression: object, connection: object) -> Any:
        if not value:
            return None if value is None else {}
        try:
            return json.loads(decrypt(value))
        except CannotDecrypt as problem:
            return Unreadable(value, problem)

    def get_prep_value(self, value: Any) -> str | None:
        """Raises CannotDecrypt for a value that could not be read."""
        if isinstance(value, Unreadable):
            bool(value)
        return None if value is None else encrypt(json.dumps(value))

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        """Serialised as stored: a dump never holds a readable key."""
        return self.get_prep_value(self.value_from_object(obj)) or ""
