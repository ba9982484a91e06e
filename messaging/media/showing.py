"""Files as people see them: which belongs to which message, and an answer that a browser cannot be misled by."""

from collections.abc import Iterable

from django.http import FileResponse

from messaging.media.kinds import TYPES
from messaging.models import MediaFile, Message

_SHOWN = {each.mime_type for each in TYPES.values() if each.is_shown}


def of(messages: Iterable[Message]) -> dict[int, MediaFile]:
    """The files of messages, by message: one query, and none where there is no attachment."""
    with_file = {m.pk: m.attachment for m in messages if m.attachment and m.attachment.get("type") == "media"}
    sent = {pk: attachment["media"] for pk, attachment in with_file.items() if attachment.get("media")}
    came = [pk for pk in with_file if pk not in sent]
    found = list(MediaFile.objects.filter(message__in=came)) if came else []
    by_id = MediaFile.objects.in_bulk(sent.values()) if sent else {}
    return {
        **{media.message_id: media for media in found if media.message_id},
        **{pk: by_id[media_id] for pk, media_id in sent.items() if media_id in by_id},
    }


def response(media: MediaFile, *, is_for_gateway: bool = False) -> FileResponse:
    """The file: images, audio and video as what they are, all else as a download. Whatever it holds, it runs nothing and
    reaches nothing. is_for_gateway: with its type in any case; Wablas and others look at it."""
    is_shown = media.mime_type in _SHOWN
    answer = FileResponse(
        media.file.open("rb"),
        content_type=media.mime_type if is_shown or is_for_gateway else "application/octet-stream",
        as_attachment=not is_shown,
        filename=media.filename,
    )
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin" if is_for_gateway else "same-origin"
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer
