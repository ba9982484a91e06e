"""Files that go out: kept, measured against what the line's gateway takes, handed over in the way it takes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.fields import tidy_text
from contacts.refusal import Refused
from messaging.media.kinds import FileType, type_of
from messaging.models import Line, MediaFile
from messaging.providers import PROVIDERS
from messaging.providers.base import Capabilities
from messaging.providers.shapes import Media, Outgoing

LARGEST = 16 * 1024 * 1024  # bytes, where the gateway tells no limit of its own
SIGNED_FOR = timedelta(days=1)  # how long a gateway may fetch a file: its queue may be long
UNUSED_FOR = timedelta(days=1)
_SALT = "messaging.media"


def keep(*, file: File[bytes], filename: str, user: User | None, line: Line | None = None) -> MediaFile:
    """Keep a file that is to be sent. line: refused at once for what its gateway does not take. Refused(field="file")."""
    limit = limit_of(PROVIDERS[line.account.provider].capabilities) if line else LARGEST
    if file.size > limit:
        raise Refused(_too_large(limit), field="file")
    content = file.read()
    if not content:
        raise Refused(_("This file is empty."), field="file")
    found = type_of(content, filename)
    if found is None:
        raise Refused(
            _("This kind of file cannot be sent. Images, audio, video, PDF, office documents and plain text can."),
            field="file",
        )
    if line:
        check(line, kind=found.kind, suffix=found.suffix, size=len(content))
    return save(MediaFile(created_by=user), content=content, found=found, filename=filename)


def save(media: MediaFile, *, content: bytes, found: FileType, filename: str) -> MediaFile:
    """Write a file down under a name of our own; theirs is only shown."""
    stem = tidy_text(PurePosixPath(filename.replace("\\", "/")).stem)[:150] or found.kind
    media.kind, media.mime_type, media.size = found.kind, found.mime_type, len(content)
    media.filename, media.state, media.problem = f"{stem}{found.suffix}", MediaFile.State.KEPT, ""
    media.next_attempt_at = None
    media.file.save(f"{uuid4().hex}{found.suffix}", ContentFile(content), save=False)
    media.save()
    return media


def check(line: Line, *, kind: str, suffix: str, size: int) -> None:
    """Whether a line's gateway takes such a file. Refused(field="file") with what it takes."""
    can = PROVIDERS[line.account.provider].capabilities
    if kind not in can.media or line.channel not in can.media_channels:
        raise Refused(_("This line's gateway cannot send such a file. Choose another line."), field="file")
    if kind == "document" and can.document_types and suffix.lstrip(".") not in can.document_types:
        raise Refused(_("This gateway takes these documents: %(kinds)s.") % {"kinds": ", ".join(can.document_types)}, field="file")  # fmt: skip
    if size > limit_of(can):
        raise Refused(_too_large(limit_of(can)), field="file")
    if not _ways(can):
        raise Refused(
            _("This gateway fetches files from a public address. Set PUBLIC_URL to the address under which Carillon is "
              "found from outside."), field="file",
        )  # fmt: skip


def check_attached(line: Line, attachment: dict[str, Any], *, body: str) -> None:
    """Whether a line's gateway takes this attachment with this text. Refused(field="file" or "body")."""
    can = PROVIDERS[line.account.provider].capabilities
    kind = str(attachment.get("kind") or attachment.get("type"))
    if attachment.get("media"):
        media = MediaFile.objects.filter(pk=attachment["media"]).first()
        if media is None:
            raise Refused(_("The file is not kept any more. Attach it again."), field="file")
        check(line, kind=media.kind, suffix=PurePosixPath(media.filename).suffix, size=media.size)
    if kind in can.captionless and body.strip():
        raise Refused(_("This gateway sends no text with it. Send the text as a message of its own."), field="body")
    if kind in can.needs_caption and not body.strip():
        raise Refused(_("This gateway sends it with a text only. Write one."), field="body")


def attachment(media: MediaFile) -> dict[str, Any]:
    """What a message keeps of its file."""
    return {
        "type": "media", "media": media.pk, "kind": media.kind, "file": media.file.name, "filename": media.filename,
        "mime_type": media.mime_type,
    }  # fmt: skip


def own(media_id: int, user: User | None) -> MediaFile:
    """A file that this user gave us to send. Refused(field="media")."""
    found = MediaFile.objects.filter(pk=media_id, created_by=user, message=None).first()
    if found is None:
        raise Refused(_("There is no file with this id. Send it to us first."), field="media")
    return found


def use(stored: dict[str, Any] | None) -> None:
    """A message takes this file along: from now on it is kept."""
    if stored and stored.get("media"):
        MediaFile.objects.filter(pk=stored["media"], used_at=None).update(used_at=timezone.now())


def hand_over(message: Outgoing, stored: dict[str, Any] | None, capabilities: Capabilities) -> Outgoing:
    """The message with its file as the gateway takes it: its bytes, or an address of ours that ends. No database here.

    A file that is gone makes a message without one, which every gateway refuses by itself."""
    if not stored or not stored.get("file") or not isinstance(message.attachment, Media):
        return message
    media = message.attachment
    if _ways(capabilities)[:1] == ["address"]:
        return replace(message, attachment=replace(media, url=public_url(stored)))
    try:
        with default_storage.open(stored["file"]) as file:
            return replace(message, attachment=replace(media, content=file.read()))
    except OSError:
        return message


def public_url(stored: dict[str, Any]) -> str:
    """An address under which anybody may fetch the file for a while."""
    signed = signing.dumps(stored["media"], salt=_SALT)
    return f"{settings.PUBLIC_URL}{reverse('messaging:media_signed', args=[signed, stored['filename']])}"


def by_signature(signed: str) -> MediaFile | None:
    """The file of a `public_url`; None when the address is wrong or too old."""
    try:
        media_id = signing.loads(signed, salt=_SALT, max_age=SIGNED_FOR)
    except signing.BadSignature:
        return None
    return MediaFile.objects.filter(pk=media_id, state=MediaFile.State.KEPT).first()


def forget_unused(size: int = 500) -> int:
    """Delete files that nobody sent. Returns how many."""
    old = MediaFile.objects.filter(message=None, used_at=None, created_at__lt=timezone.now() - UNUSED_FOR)
    return forget(old[:size])


def forget(files: Iterable[MediaFile]) -> int:
    """Delete files with their rows."""
    found = list(files)
    for media in found:
        media.file.delete(save=False)
    MediaFile.objects.filter(id__in=[media.pk for media in found]).delete()
    return len(found)


def _ways(can: Capabilities) -> list[str]:
    """How the gateway can get a file from us now, the best first. An address of ours is one only when we have a name
    outside."""
    return [way for way in can.media_by if way == "upload" or settings.PUBLIC_URL]


def limit_of(can: Capabilities) -> int:
    """The largest file a gateway takes from us, bytes."""
    return can.media_limit or LARGEST


def _too_large(limit: int) -> str:
    return _("This file is too large: at most %(limit)s MB are taken.") % {"limit": f"{limit / 1024 / 1024:g}"}
