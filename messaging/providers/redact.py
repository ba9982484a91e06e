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


# The last part of our own address that a gateway calls, and what signs the address of a file.
_IN_OUR_PATH = re.compile(r"(/callbacks/[\w-]+/[0-9a-f-]{36}/|/files/signed/)[^/\s\"']+")


# Words beside which a number is a one-time password, in the languages people here are written to in.
_CODE_WORDS = re.compile(
    r"(?i)(?:\b(?:otp|2fa|codes?|c(?:ó|o|\\u00f3)digos?|kode|pin|pass(?:code|word)|contrase(?:ñ|n|\\u00f1)a|clave|sandi|one[ -]time|token)\b|\bverif)"
)
_CODE = re.compile(r"(?<!\w)(?:\d{2,4}[ -]\d{2,4}|(?=[A-Z]*\d)[A-Z0-9]{4,10})(?!\w)")
_CODE_ALONE = re.compile(r"\D{0,20}\d{4,8}\D{0,20}")
_TEXT_IN_JSON = re.compile(r'("(?:message|body|text)"\s*:\s*")((?:[^"\\]|\\.)*)(?=")')


def mask_codes(text: str) -> str:
    """A message's text with what may be a one-time password hidden: the numbers beside a word that speaks of a code, and a
    number that is nearly all there is."""
    if _CODE_WORDS.search(text) or _CODE_ALONE.fullmatch(text.strip()):
        return _CODE.sub(MASK, text)
    return text


def mask_codes_in_json(text: str) -> str:
    """A gateway's answer with the codes in the texts of its messages hidden."""
    if not _CODE_WORDS.search(text):
        return text
    return _TEXT_IN_JSON.sub(lambda found: found[1] + mask_codes(found[2]), text)


def mask(text: str, secrets: Iterable[str] = ()) -> str:
    """Text with every given secret, and every value under a secret-sounding name, replaced."""
    for secret in secrets:
        if secret in text:
            text = text.replace(secret, MASK)
        elif (quoted := quote(secret, safe="")) != secret and quoted in text:
            text = text.replace(quoted, MASK)
    text = _IN_OUR_PATH.sub(rf"\1{MASK}", text)
    lowered = text.lower()
    if not any(name in lowered for name in SECRET_NAMES):
        return text
    text = _IN_QUERY.sub(rf"\1{MASK}", text)
    return _IN_JSON.sub(rf'\1"{MASK}"', text)


def mask_fields(fields: Any) -> Any:
    """A form, query or JSON body with secret-sounding keys masked; bytes are told by their length only."""
    if isinstance(fields, str | int | None):  # most of them: asked first, because the next question is a slow one
        return fields
    if isinstance(fields, Mapping):
        return {k: MASK if str(k).lower() in SECRET_NAMES else mask_fields(v) for k, v in fields.items()}
    if isinstance(fields, list | tuple):
        return [mask_fields(value) for value in fields]
    if isinstance(fields, bytes):
        return f"({len(fields)} bytes)"
    return fields
