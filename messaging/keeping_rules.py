"""What may be asked of a gateway in one of its kinds: each field by its rule, in the gateway's limits."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import consent
from contacts.phone import normalise, phone_key
from contacts.refusal import Refused
from messaging.credential_words import said
from messaging.models import Account, Device
from messaging.providers.kept import KeptField, KeptKind, Value


def clean(account: Account, kind: KeptKind, values: Mapping[str, Any]) -> dict[str, Value]:
    """What the provider takes: phones in E.164, moments with a zone, nothing empty. Raises Refused(field=…)."""
    cleaned: dict[str, Value] = {}
    for field in kind.fields:
        value = values.get(field.name)
        value = value.strip() if isinstance(value, str) and field.ask != "text" else value
        if _is_empty(value):
            _refuse_missing(field, values)
            continue
        _refuse_needless(field, values)
        cleaned[field.name] = _read(account, field, value)
    if kind.channel is not None:
        _refuse_opted_out(kind, cleaned)
    return cleaned


def devices_of(account: Account) -> list[tuple[str, str]]:
    """The account's phones that the gateway lists: (its id there, its name)."""
    return [(each.remote_id, str(each)) for each in Device.objects.filter(account=account, gone_at=None).order_by("id")]


def shown(kind: KeptKind, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Stored values as a form takes them."""
    return {
        field.name: datetime.fromisoformat(stored[field.name]) if field.ask == "moment" else stored[field.name]
        for field in kind.fields
        if field.name in stored
    }


def storable(kind: KeptKind, values: Mapping[str, Value]) -> dict[str, Any]:
    """Values as a row keeps them: no secrets, moments as text."""
    return {
        field.name: value.isoformat() if isinstance(value := values[field.name], datetime) else value
        for field in kind.fields
        if field.name in values and field.ask != "secret"
    }


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _refuse_missing(field: KeptField, values: Mapping[str, Any]) -> None:
    if field.is_required or (field.depends_on and values.get(field.depends_on) in field.needed_for):
        raise Refused(_("Fill in “%(label)s”.") % {"label": said(field.label)}, field=field.name)


def _refuse_needless(field: KeptField, values: Mapping[str, Any]) -> None:
    if field.only_for and values.get(field.depends_on) not in field.only_for:
        raise Refused(_("This does not go with what is chosen above: leave it empty."), field=field.name)


def _read(account: Account, field: KeptField, value: Any) -> Value:
    match field.ask:
        case "phone":
            return normalise(str(value), region=account.region)
        case "moment":
            return _future(field, value)
        case "number":
            return _number(field, value)
        case "choice":
            if value not in dict(field.choices):
                raise Refused(_("Choose one of the list."), field=field.name)
        case "device":
            if value not in dict(devices_of(account)):
                raise Refused(_("Choose one of the list."), field=field.name)
        case "email":
            _check_email(field, value)
        case "link":
            parts = urlsplit(str(value))
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise Refused(_("Write the whole address, beginning with https://"), field=field.name)
    text = str(value).replace("\x00", "").replace("\r\n", "\n")
    if field.longest and len(text) > field.longest:
        raise Refused(_("At most %(most)s characters, please.") % {"most": field.longest}, field=field.name)
    if field.pattern and not re.fullmatch(field.pattern, text):
        raise Refused(_("Write it like this: %(example)s") % {"example": field.example}, field=field.name)
    return text


def _future(field: KeptField, value: Any) -> datetime:
    if not isinstance(value, datetime) or value <= timezone.now():
        raise Refused(_("Choose a time that is still to come."), field=field.name)
    return value


def _number(field: KeptField, value: Any) -> int:
    least, most = field.least or 0, field.most or 10**9
    if not isinstance(value, int) or not least <= value <= most:
        raise Refused(
            _("A number from %(least)s to %(most)s, please.") % {"least": least, "most": most}, field=field.name
        )
    return value


def _check_email(field: KeptField, value: Any) -> None:
    try:
        validate_email(value)
    except ValidationError:
        raise Refused(_("Write an e-mail address."), field=field.name) from None


def _refuse_opted_out(kind: KeptKind, values: Mapping[str, Value]) -> None:
    for field in kind.fields:
        if field.ask == "phone" and field.name in values:
            key = phone_key(str(values[field.name]))
            if consent.opted_out(str(kind.channel)).filter(phone_key=key).exists():
                raise Refused(
                    _("This person has opted out: the gateway is not asked to write to them."), field=field.name
                )
