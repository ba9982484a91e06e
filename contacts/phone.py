"""Phone numbers: one spelling to write to (E.164), one key to recognise a person by, whatever spelling arrives."""

import re
import unicodedata
from functools import lru_cache

import phonenumbers
from django.utils.translation import gettext as _
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, ValidationResult

from contacts.refusal import Refused

_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE]\+?\d+")
_AS_A_FORMULA = re.compile(r'=\s*"(.*)"')  # ="+5215512345678", the trick that keeps a spreadsheet's hands off
_AS_A_DECIMAL = re.compile(r"(\d{6,})[.,]0")  # 5512345678.0, a number column saved by a program
_WRITTEN = re.compile(r"\(?\+?[\d\s().\-/]*")
_MEXICAN_PREFIX = re.compile(r"04[45](\d{10})")  # how mobiles were dialled until 2019; lists still have it
_BRAZILIAN_MOBILE = re.compile(r"55\d{2}9\d{8}")
_BRAZILIAN_OLD_MOBILE = re.compile(r"(55\d{2})([6-9]\d{7})")  # landlines start with 2 to 5 and never had the 9
_LONGEST = 40  # characters of input looked at
_LONGEST_KEY = 20  # digits


def normalise(raw: str, *, region: str) -> str:
    """A number as a person or a file wrote it, in E.164: "+5215512345678".

    region: two letters, for numbers without a country code; empty when only international numbers make sense.
    Mexico's +521… is kept as it came: WhatsApp uses it, although the numbering plan calls it invalid.
    Length and country code are checked, not whether the range is in use: published ranges lag behind real phones.
    Raises Refused(field="phone") with a sentence.
    """
    text = _cleaned(raw)
    _refuse_what_is_no_number(text)
    if text.startswith("00"):
        text = f"+{text[2:]}"
    if region.upper() == "MX" and (dialled := _MEXICAN_PREFIX.fullmatch(_digits(text))):
        text = dialled[1]
    try:
        number = phonenumbers.parse(text, region.upper() or None)
    except NumberParseException as error:
        raise _refusal(text, region, error.error_type) from None
    written = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if _is_mexican_521(written):
        return written
    verdict = phonenumbers.is_possible_number_with_reason(number)
    if verdict != ValidationResult.IS_POSSIBLE:
        raise _wrong_length(text, region, verdict)
    return written


def is_phone_key(key: str) -> bool:
    """Whether a key is that of a phone; a sender's name and most ids of WhatsApp groups are none."""
    return key.isdecimal() and len(key) <= _LONGEST_KEY


def phone_key(phone: str) -> str:
    """What all spellings of one number share: digits only.

    phone: E.164, or the same digits without "+", as gateways give them. Mexico's +521 becomes +52, Argentina's +549
    becomes +54, an old Brazilian mobile gains its 9th digit; a Brazilian landline does not.
    """
    digits = _digits(phone)
    if digits.startswith("521") and len(digits) == 13:
        return f"52{digits[3:]}"
    if digits.startswith("549") and len(digits) == 13:
        return f"54{digits[3:]}"
    if old := _BRAZILIAN_OLD_MOBILE.fullmatch(digits):
        return f"{old[1]}9{old[2]}"
    return digits


def variants(phone: str) -> list[str]:
    """Every E.164 spelling of a number, the given one first: for gateways that know only one of them."""
    key = phone_key(phone)
    spellings = [f"+{_digits(phone)}", f"+{key}"]
    if key.startswith("52") and len(key) == 12:
        spellings.append(f"+521{key[2:]}")
    elif key.startswith("54") and len(key) == 12:
        spellings.append(f"+549{key[2:]}")
    elif _BRAZILIAN_MOBILE.fullmatch(key) and key[5] in "6789":
        spellings.append(f"+{key[:4]}{key[5:]}")
    return list(dict.fromkeys(spellings))


def country(phone: str) -> str:
    """The two-letter country of a number, for example "MX"; empty where the country code belongs to nobody."""
    number = _parsed(phone)
    if number is None:
        return ""
    exact = phonenumbers.region_code_for_number(number)
    found = exact or phonenumbers.region_code_for_country_code(number.country_code or 0)
    return "" if found in ("ZZ", "001") else found


@lru_cache(maxsize=4096)
def display(phone: str) -> str:
    """A number as people read it: "+52 1 55 1234 5678". What cannot be read is shown as it is."""
    number = _parsed(phone)
    if number is None:
        return phone
    shown = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    return shown.replace("+52 ", "+52 1 ", 1) if _is_mexican_521(f"+{_digits(phone)}") else shown


def _parsed(phone: str) -> PhoneNumber | None:
    digits = _digits(phone)
    if _is_mexican_521(f"+{digits}"):
        digits = phone_key(phone)
    try:
        return phonenumbers.parse(f"+{digits}", None)
    except NumberParseException:
        return None


def _cleaned(raw: str) -> str:
    """Without what copying and spreadsheets put around a number: invisible marks, quotes, a decimal point."""
    text = unicodedata.normalize("NFKC", raw[: _LONGEST * 2])
    kinds = [(character, unicodedata.category(character)) for character in text]
    text = "".join("-" if kind == "Pd" else character for character, kind in kinds if kind not in ("Cf", "Cc"))
    text = text.replace("−", "-").strip().removeprefix("'").strip()
    if wrapped := _AS_A_FORMULA.fullmatch(text):
        text = wrapped[1].strip()
    if decimal := _AS_A_DECIMAL.fullmatch(text):
        text = decimal[1]
    return text


def _refuse_what_is_no_number(text: str) -> None:
    if not text:
        raise _no(_("The phone number is missing."))
    if _SCIENTIFIC.fullmatch(text):
        raise _no(
            _(
                "“%(text)s” is what a spreadsheet made of a long number, and its last digits are lost. "
                "Format the phone column as text, enter the numbers again and save as CSV."
            )
            % {"text": text}
        )
    if len(text) > _LONGEST or any(mark in text for mark in ",;|&"):
        raise _no(_("“%(text)s” looks like more than one number: give each its own row.") % {"text": text[:_LONGEST]})
    if any(character.isalpha() for character in text):
        raise _no(_("“%(text)s” has letters in it: a phone number has only digits.") % {"text": text})
    if not _WRITTEN.fullmatch(text) or not any(character.isdigit() for character in text):
        raise _no(_("“%(text)s” is not a phone number.") % {"text": text})


def _refusal(text: str, region: str, reason: int) -> Refused:
    if reason == NumberParseException.INVALID_COUNTRY_CODE and not text.startswith("+"):
        return _no(_("“%(text)s” needs a country code: write it like +5215512345678.") % {"text": text})
    if reason == NumberParseException.INVALID_COUNTRY_CODE:
        return _no(_("“%(text)s” starts with a country code that does not exist.") % {"text": text})
    if reason == NumberParseException.TOO_LONG:
        return _wrong_length(text, region, ValidationResult.TOO_LONG)
    return _wrong_length(text, region, ValidationResult.TOO_SHORT)


def _wrong_length(text: str, region: str, verdict: int) -> Refused:
    words = {"text": text, "region": region.upper()}
    if verdict == ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
        return _no(_("“%(text)s” is missing its area code.") % words)
    if text.startswith("+"):
        if verdict == ValidationResult.TOO_SHORT:
            return _no(_("“%(text)s” is too short: digits are missing.") % words)
        return _no(_("“%(text)s” has too many digits, or a wrong number of them for its country.") % words)
    if verdict == ValidationResult.TOO_SHORT:
        return _no(
            _("“%(text)s” is too short for a number in %(region)s: digits are missing, or it needs a country code.")
            % words
        )
    return _no(
        _(
            "“%(text)s” does not have the digits of a number in %(region)s: "
            "if it is from another country it needs a country code, like +5215512345678."
        )
        % words
    )


def _no(sentence: str) -> Refused:
    return Refused(sentence, field="phone")


def _digits(text: str) -> str:
    return "".join(str(unicodedata.digit(character)) for character in text if character.isdigit())


def _is_mexican_521(written: str) -> bool:
    return written.startswith("+521") and len(written) == 14
