"""From a file's headings to what its columns mean, in English, Spanish and Indonesian."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from contacts.fields import field_name
from contacts.phone import normalise
from contacts.refusal import Refused

# Best first: a file may have several columns that could be it.
_PHONE = (
    *("phone", "phone_number", "mobile", "mobile_phone", "mobile_number", "cell", "cell_phone", "cellphone"),
    *("whatsapp", "whatsapp_number", "telephone", "telephone_number", "tel", "msisdn", "number"),
    *("telefono", "numero_de_telefono", "numero_telefono", "telefono_movil", "movil", "celular", "numero_celular"),
    *("numero_de_celular", "numero_de_whatsapp", "cel", "numero"),
    *("telepon", "nomor_telepon", "no_telepon", "no_telp", "telp", "nomor_hp", "no_hp", "hp", "handphone", "ponsel"),
    *("nomor_ponsel", "nomor_wa", "no_wa", "wa", "nomor"),
)
_NAME = (
    "full_name",
    "contact_name",
    "nombre_completo",
    "nama_lengkap",
    "nombre_y_apellidos",
    "nombre",
    "nama",
    "contact",
)
_LANGUAGE = ("language", "lang", "locale", "idioma", "lengua", "bahasa")
_TIME_ZONE = ("time_zone", "timezone", "tz", "zona_horaria", "huso_horario", "zona_waktu")
# Columns of our own exports that say what we know already.
_LEFT_OUT = ("errors", "groups", "grupos", "grup", "consent_sms", "consent_whatsapp")
_KINDS = ("phone", "name", "language", "time_zone")


def propose_mapping(header: Sequence[str]) -> dict[str, str]:
    """What each column seems to be: {"0": "phone", "2": "field:city"}; columns that say nothing are left out."""
    names = [_plain(heading) for heading in header]
    mapping: dict[str, str] = {}
    for kind, known in (
        ("phone", _PHONE),
        ("name", ("name", *_NAME)),
        ("language", _LANGUAGE),
        ("time_zone", _TIME_ZONE),
    ):
        found = next((names.index(word) for word in known if word in names), None)
        if found is not None:
            mapping.setdefault(str(found), kind)
    taken: set[str] = set()
    for place, heading in enumerate(header):
        name = field_name(heading)
        if str(place) not in mapping and name and name not in taken and names[place] not in _LEFT_OUT:
            mapping[str(place)] = f"field:{name}"
            taken.add(name)
    return dict(sorted(mapping.items(), key=lambda item: int(item[0])))


def check_mapping(mapping: Mapping[str, str], header: Sequence[str]) -> dict[str, str]:
    """A mapping that can be used. Raises Refused(field="mapping"), naming the headings when no column is the phone."""
    checked = {}
    for place, meaning in mapping.items():
        kind, _colon, field = meaning.partition(":")
        if not place.isdecimal() or int(place) >= len(header):
            raise Refused(_("The file has no column %(place)s.") % {"place": place[:10]}, field="mapping")
        if kind == "field" and field_name(field):
            checked[str(int(place))] = f"field:{field_name(field)}"
        elif meaning in _KINDS:
            checked[str(int(place))] = meaning
        elif meaning:
            raise Refused(_("“%(meaning)s” is nothing a column can be.") % {"meaning": meaning[:60]}, field="mapping")
    meanings = list(checked.values())
    if meanings.count("phone") != 1:
        raise _no_phone(header) if "phone" not in meanings else _twice("phone")
    for meaning in meanings:
        if meanings.count(meaning) > 1:
            raise _twice(meaning)
    return checked


def _no_phone(header: Sequence[str]) -> Refused:
    listed = ", ".join(f"“{heading[:40]}”" for heading in header[:20] if heading)
    if any(_is_phone(heading) for heading in header):
        sentence = _("The first row must name the columns, for example: phone, name. It is: %(headings)s.")
    else:
        sentence = _("No column has the phone number. The headings found are %(headings)s: name one of them “phone”.")
    return Refused(sentence % {"headings": listed}, field="mapping")


def _twice(meaning: str) -> Refused:
    return Refused(
        _("Two columns are both “%(meaning)s”.") % {"meaning": meaning.removeprefix("field:")}, field="mapping"
    )


def _is_phone(text: str) -> bool:
    try:
        normalise(text, region="US")
    except Refused:
        return False
    return True


def _plain(heading: str) -> str:
    """A heading without case, accents and punctuation. `field_name` marks the reserved words; here they are wanted."""
    name = field_name(heading)
    return name.removeprefix("field_") if not heading.casefold().startswith("field") else name
