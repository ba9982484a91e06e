"""The file, place or link that goes with a campaign's text: kept with the draft, measured against every chosen line, and
carried only over lines whose gateway takes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from django.contrib.auth.models import User
from django.core.files.base import File
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from contacts.refusal import Refused
from messaging.media import files
from messaging.media.attaching import accepted
from messaging.media.kinds import TYPES
from messaging.models import Line, MediaFile
from messaging.outbox.queueing import check_attachment

Attachment = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What the chosen lines all take. accept: endings, for the browser's file picker. limit: bytes. takes_places: whether a
    point on the map may go out."""

    accept: str
    limit: int
    takes_places: bool


@dataclass(frozen=True, kw_only=True)
class Shown:
    """An attachment as people see it. media: a file of ours; words: what it is, where it is none."""

    media: MediaFile | None
    words: str
    href: str = ""


def offer(lines: Sequence[Line]) -> Offer:
    """What may be attached; before lines are chosen, anything that any gateway takes."""
    taken = [accepted(line) for line in lines]
    suffixes = [suffix for suffix in TYPES if all(suffix in each.suffixes for each in taken)]
    return Offer(
        accept=",".join(suffixes),
        limit=min([each.limit for each in taken], default=files.LARGEST),
        takes_places=all(each.locations for each in taken),
    )


def keep(*, file: File[bytes], filename: str, lines: Sequence[Line], user: User | None) -> Attachment:
    """Keep a file for a campaign or a template. Refused(field="attachment") for what one of the lines does not take."""
    try:
        media = files.keep(file=file, filename=filename, user=user)
    except Refused as refused:
        raise Refused(refused.sentence, field="attachment") from refused
    for line in lines:
        with _about(line):
            files.check(line, kind=media.kind, suffix=PurePosixPath(media.filename).suffix, size=media.size)
    kept = files.attachment(media)
    files.use(kept)
    return kept


def check(attachment: Attachment | None, *, lines: Iterable[Line], body: str, mode: str) -> None:
    """Raise Refused(field="attachment" or "body") for what one of the lines does not take, with the line's name."""
    if not attachment:
        return
    if mode == Campaign.Mode.GATEWAY:
        raise Refused(
            _("A gateway that sends by itself takes a text only. Take the file off, or let Carillon send."),
            field="attachment",
        )
    for line in lines:
        with _about(line):
            check_attachment(line, attachment, body=body)


def shown(attachment: Attachment | None) -> Shown | None:
    """For previews and pages: one query at most."""
    if not attachment:
        return None
    if attachment.get("media"):
        media = MediaFile.objects.filter(pk=attachment["media"]).first()
        return Shown(media=media, words=str(attachment.get("filename", "")))
    match attachment.get("type"):
        case "location":
            place = f"{attachment['latitude']:g}, {attachment['longitude']:g}"
            return Shown(
                media=None, words=" · ".join(word for word in (str(attachment.get("name", "")), place) if word)
            )
        case _:
            url = str(attachment.get("url", ""))
            return Shown(media=None, words=str(attachment.get("filename") or url), href=url)


@contextmanager
def _about(line: Line) -> Iterator[None]:
    """A question about one line; a no begins with the line's name."""
    try:
        yield
    except Refused as refused:
        field = "body" if refused.field == "body" else "attachment"
        words = {"line": line.label or str(line), "sentence": refused.sentence}
        raise Refused(_("%(line)s: %(sentence)s") % words, field=field) from refused
