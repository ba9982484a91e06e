"""Countries by phone, in SQL. A country that shares its code with a larger one counts as that one, but for the codes +1 and
+7, where the digits behind tell."""

from functools import cache

from django.db.models import Q, Value
from django.db.models.functions import Substr
from django.db.models.lookups import In
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from contacts.phone import country

_AREAS = range(200, 1000)  # of the North American plan
_KAZAKH = ("+76", "+77")


def codes() -> list[str]:
    """The countries that can be told apart, two letters each."""
    alone = {regions[0] for regions in COUNTRY_CODE_TO_REGION_CODE.values()} | {"KZ", *_american()}
    return sorted(alone - {"001"})


def phones_in(code: str) -> Q | None:
    """Whose number belongs to this country; None for one that is not of `codes`."""
    code = code.upper()
    if code == "US":
        others = [prefix for prefixes in _american().values() for prefix in prefixes]
        return Q(phone__startswith="+1") & ~Q(_begins(others))
    if code in _american():
        return Q(_begins(list(_american()[code])))
    kazakh = Q(phone__startswith=_KAZAKH[0]) | Q(phone__startswith=_KAZAKH[1])
    if code in ("KZ", "RU"):
        return kazakh if code == "KZ" else Q(phone__startswith="+7") & ~kazakh
    for digits, regions in COUNTRY_CODE_TO_REGION_CODE.items():
        if regions[0] == code and code != "001":
            return Q(phone__startswith=f"+{digits}")
    return None


def _begins(prefixes: list[str]) -> In:
    return In(Substr("phone", 1, 5), [Value(prefix) for prefix in prefixes])


@cache
def _american() -> dict[str, tuple[str, ...]]:
    """Country → "+1" with its area codes, for all that share the code with the United States."""
    found: dict[str, list[str]] = {}
    for area in _AREAS:
        code = country(f"+1{area}2345678")
        if code not in ("US", ""):
            found.setdefault(code, []).append(f"+1{area}")
    return {code: tuple(prefixes) for code, prefixes in found.items()}
