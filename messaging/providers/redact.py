"""Hiding keys. Three of the four gateways carry theirs in the URL, so nothing is kept or logged before it went through here."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, quote_plus, unquote_plus

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
_IN_JSON = re.compile(rf"(?i)(\"(?:{_NAMES})\"\s*:\s*)(?:\"(?:[^\"\\]|\\.)*\"|\d+)")
_IN_QUOTED_JSON = (
    re.compile(  # JSON within a text of JSON: its quotes are escaped, and those within its texts once more
        rf"(?i)(\\\"(?:{_NAMES})\\\"\s*:\s*)(?:\\\"(?:[^\"\\]|\\\\\\\"|\\[^\"])*\\\"|\d+)"
    )
)


# The last part of our own address that a gateway calls, and what signs the address of a file.
_IN_OUR_PATH = re.compile(r"(/callbacks/[\w-]+/[0-9a-f-]{36}/|/files/signed/)[^/\s\"']+")


# Words beside which a number is a one-time password, in the languages people here are written to in.
_CODE_WORDS = re.compile(
    r"(?i)(?:\b(?:otp|2fa|codes?|c(?:ó|o|\\u00f3)digos?|kode|pin|pass(?:code|word)|contrase(?:ñ|n|\\u00f1)a|clave|sandi|one[ -]time|token)\b|\bverif)"
)
# What each of them contains. Looking for these first is ten times as quick, and nearly always enough.
_CODE_STEMS = (
    "otp", "2fa", "code", "digo", "kode", "pin", "pass", "contrase", "clave", "sandi", "one time", "one-time", "token", "verif"
)  # fmt: skip
_CODE = re.compile(r"(?<!\w)(?:\d{2,4}[ -]\d{2,4}|(?=[A-Z]*\d)[A-Z0-9]{4,10})(?!\w)")
_CODE_ALONE = re.compile(r"\D{0,20}\d{4,8}\D{0,20}")
_TEXT_IN_JSON = re.compile(r'("(?:message|body|text)"\s*:\s*")((?:[^"\\]|\\.)*)(?=")')


def mask_codes(text: str) -> str:
    """A message's text with what may be a one-time password hidden: the numbers beside a word that speaks of a code, and a
    number that is nearly all there is."""
    if _speaks_of_codes(text) or _CODE_ALONE.fullmatch(text.strip()):
        return _CODE.sub(MASK, text)
    return text


def mask_codes_in_json(text: str) -> str:
    """A gateway's answer with the codes in the texts of its messages hidden."""
    if not _speaks_of_codes(text):
        return text
    return _TEXT_IN_JSON.sub(lambda found: found[1] + mask_codes(found[2]), text)


def _speaks_of_codes(text: str) -> bool:
    lowered = text.lower()
    return any(stem in lowered for stem in _CODE_STEMS) and bool(_CODE_WORDS.search(text))


def mask(text: str, secrets: Iterable[str] = ()) -> str:
    """Text with every given secret, and every value under a secret-sounding name, replaced."""
    for secret in secrets:
        if secret in text:
            text = text.replace(secret, MASK)
        elif (quoted := quote(secret, safe="")) != secret and quoted in text:
            text = text.replace(quoted, MASK)
    if "/callbacks/" in text or "/files/signed/" in text:
        text = _IN_OUR_PATH.sub(rf"\1{MASK}", text)
    lowered = text.lower()
    if not any(name in lowered for name in SECRET_NAMES):
        return text
    text = _IN_QUERY.sub(rf"\1{MASK}", text)
    text = _IN_JSON.sub(rf'\1"{MASK}"', text)
    return _IN_QUOTED_JSON.sub(rf'\1\\"{MASK}\\"', text)


_FORM = re.compile(r"[^=&\s{\"]+=")
_TEXT_NAMES = frozenset(["message", "body", "text", "caption", "transcript"])


def mask_call(text: str, secrets: Iterable[str] = ()) -> str:
    """A gateway's call to us with its keys hidden, as readable as it came: what people write stays theirs, also where it
    looks like a key. A short secret is hidden where it is a whole value only, because phones and ids contain it."""
    known = [secret for secret in secrets if secret]
    try:
        said = json.loads(text)
        if isinstance(said, dict | list):
            kept = _masked(said, "", known)
            return text if kept == said else json.dumps(kept)
    except (ValueError, RecursionError):
        if _FORM.match(text):
            return "&".join(_masked_pair(pair, known) for pair in text.split("&"))
    return mask(text, filter(_is_long, known))


def _masked(value: Any, name: str, secrets: Sequence[str]) -> Any:
    if name.lower() in SECRET_NAMES:
        return MASK
    if isinstance(value, dict):
        return {key: _masked(inner, key, secrets) for key, inner in value.items()}
    if isinstance(value, list):
        return [_masked(inner, name, secrets) for inner in value]
    return _masked_text(value, name, secrets) if isinstance(value, str) else value


def _masked_pair(pair: str, secrets: Sequence[str]) -> str:
    """One `name=value` of a form; names are nested as PHP does it: data[token]."""
    name, equals, value = pair.partition("=")
    last_name = unquote_plus(name).removesuffix("]").rpartition("[")[2]
    said = unquote_plus(value)
    kept = _masked(said, last_name, secrets)
    return pair if kept == said else f"{name}{equals}{quote_plus(kept)}"


def _masked_text(value: str, name: str, secrets: Sequence[str]) -> str:
    if name not in _TEXT_NAMES and value.startswith(("{", "[")):
        return mask_call(value, secrets)
    for secret in secrets:
        if _is_long(secret):
            value = value.replace(secret, MASK).replace(quote(secret, safe=""), MASK)
        elif value == secret and name not in _TEXT_NAMES:
            value = MASK
    return _IN_OUR_PATH.sub(rf"\1{MASK}", value)


def _is_long(secret: str) -> bool:
    """Whether it is no accident where a secret is found within something longer."""
    return len(secret) >= (16 if secret.isdecimal() else 8)


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
