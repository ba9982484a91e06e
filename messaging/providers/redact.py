"""Hiding keys. Three of the four gateways carry theirs in the URL, so nothing is kept or logged before it went through here."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

MASK = "•••"
SECRET_NAMES = frozenset(
    [
        "secret",
        "apikey",
        "api_key",
        "token",
        "pass",
        "password",
        "client_secret",
        "access_token",
        "authorization",
        "otp",
        "secret_key",
    ]
)
_NAMES = "|".join(sorted(SECRET_NAMES))
_IN_QUERY = re.compile(rf"(?i)\b((?:{_NAMES})=)[^&\s\"']+")
_IN_JSON = re.compile(rf"(?i)(\\?\"(?:{_NAMES})\\?\"\s*:\s*)(\\?\"(?:[^\"\\]|\\[^\"])*\\?\"|\d+)")


def mask(text: str, secrets: Iterable[str] = ()) -> str:
    """Text with every given secret, and every value under a secret-sounding name, replaced."""
    for secret in secrets:
        if secret in text:
            text = text.replace(secret, MASK)
        elif (quoted := quote(secret, safe="")) != secret and quoted in text:
            text = text.replace(quoted, MASK)
    text = _IN_QUERY.sub(rf"\1{MASK}", text)
    return _IN_JSON.sub(rf'\1"{MASK}"', text)


def mask_fields(fields: Any) -> Any:
    """A form, query or JSON body with secret-sounding keys masked; bytes are told by their length only."""
    if isinstance(fields, Mapping):
        return {k: MASK if str(k).lower() in SECRET_NAMES else mask_fields(v) for k, v in fields.items()}
    if isinstance(fields, list | tuple):
        return [mask_fields(value) for value in fields]
    if isinstance(fields, bytes):
        return f"({len(fields)} bytes)"
    return fields
