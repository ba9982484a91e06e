"""What a reply may carry beside its text: offered by what the line's gateway takes, read from the form."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.translation import gettext as _

from contacts.refusal import Refused
from messaging import threads
from messaging.media import files
from messaging.media.kinds import TYPES
from messaging.models import Conversation, Line
from messaging.providers import PROVIDERS


@dataclass(frozen=True, kw_only=True)
class Offer:
    """accept: what the browser's file picker shows. words: the limit, for people. locations: whether a place can be sent."""

    accept: str
    words: str
    locations: bool


def offer(line: Line | None) -> Offer | None:
    """What can go out on a line beside text; None when nothing can."""
    if line is None:
        return None
    can = PROVIDERS[line.account.provider].capabilities
    takes_files = can.media and line.channel in can.media_channels
    if not takes_files and not can.locations:
        return None
    suffixes = [suffix for suffix, each in TYPES.items() if takes_files and _is_taken(line, each.kind, suffix)]
    limit = _("up to %(limit)s MB") % {"limit": f"{files.limit_of(can) / 1024 / 1024:g}"}
    return Offer(accept=",".join(suffixes), words=limit if suffixes else "", locations=can.locations)


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """What a line's gateway takes. suffixes: of files, with the dot; limit: bytes."""

    suffixes: frozenset[str]
    limit: int
    locations: bool


def accepted(line: Line) -> Accepted:
    """What can be attached to a message on a line."""
    can = PROVIDERS[line.account.provider].capabilities
    suffixes = frozenset(suffix for suffix, each in TYPES.items() if _is_taken(line, each.kind, suffix))
    return Accepted(suffixes=suffixes, limit=files.limit_of(can), locations=can.locations)


def place(*, latitude: str, longitude: str, name: str = "") -> dict[str, Any] | None:
    """A point on the map from what was typed; None where nothing was. Raises Refused(field="body")."""
    latitude, longitude = latitude.strip(), longitude.strip()
    if not latitude and not longitude:
        return None
    return {"type": "location", **_point(latitude, longitude), "name": name.strip()[:100]}


def attachment_from(request: HttpRequest, conversation: Conversation, *, user: User) -> dict[str, Any] | None:
    """What a reply's form carries beside its text: a file or a place; None for neither. Raises Refused(field="body")."""
    if given := request.FILES.get("file"):
        line = threads.answering(conversation).line
        try:
            media = files.keep(file=given, filename=given.name or "", user=user, line=line)
        except Refused as refused:
            raise Refused(refused.sentence, field="body") from refused
        return files.attachment(media)
    return place(
        latitude=request.POST.get("latitude", ""),
        longitude=request.POST.get("longitude", ""),
        name=request.POST.get("place", ""),
    )


def _is_taken(line: Line, kind: str, suffix: str) -> bool:
    try:
        files.check(line, kind=kind, suffix=suffix, size=0)
    except Refused:
        return False
    return True


def _point(latitude: str, longitude: str) -> dict[str, float]:
    try:
        found = {"latitude": float(latitude.replace(",", ".")), "longitude": float(longitude.replace(",", "."))}
    except ValueError:
        found = {"latitude": 999.0, "longitude": 999.0}
    if not (-90 <= found["latitude"] <= 90 and -180 <= found["longitude"] <= 180):
        raise Refused(_("Write the place as two numbers, for example 19.4326 and -99.1332."), field="body")
    return found
