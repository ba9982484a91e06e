"""Files that came in: fetched from where the gateway keeps them, by a worker, before they are gone there."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from messaging import guard
from messaging.lease import Singleton
from messaging.media import files
from messaging.media.kinds import type_of
from messaging.models import MediaFile, Message

log = logging.getLogger(__name__)

SECONDS = 12.0  # for one file, from the first name looked up to the last byte
LIMIT = 16 * 1024 * 1024  # bytes
AT_ONCE = 4
TRY_AGAIN = [30, 120, 600, 3600]  # seconds, for a place that does not answer
KINDS = ("image", "audio", "video", "document")
P = MediaFile.Problem
_Got = guard.Answer | guard.NotAllowed | guard.TooLarge | guard.Unreachable


def expect(message: Message, *, kind: str, url: str) -> MediaFile | None:
    """Have the file of an incoming message fetched; None where the gateway tells of a file and not where it lies."""
    if not url:
        return None
    return MediaFile.objects.create(
        message=message, kind=kind if kind in KINDS else "document", url=url, state=MediaFile.State.WAITING,
        next_attempt_at=timezone.now(),
    )  # fmt: skip


def fetch_due() -> int:
    """Fetch what is due, a handful; one copy at a time. Returns how many were looked at."""
    turn = Singleton("media", seconds=60)
    if not turn.acquire():
        return 0
    try:
        due = list(MediaFile.objects.filter(next_attempt_at__lte=timezone.now()).order_by("next_attempt_at")[:AT_ONCE])
        with ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="media") as pool:
            for media, got in zip(due, pool.map(_download, [media.url for media in due]), strict=True):
                _take_or_leave(media, got)
    finally:
        turn.release()
    return len(due)


def fetch_again(media: MediaFile) -> None:
    """Somebody wants it after all."""
    MediaFile.objects.filter(pk=media.pk, state=MediaFile.State.FAILED).exclude(url="").update(
        state=MediaFile.State.WAITING, problem="", attempts=0, next_attempt_at=timezone.now()
    )


def _download(url: str) -> _Got:
    """In a thread: no database here."""
    try:
        return guard.get(url, seconds=SECONDS, limit=LIMIT)
    except (guard.NotAllowed, guard.TooLarge, guard.Unreachable) as problem:
        return problem
    except Exception as fault:  # of ours: it must not keep the other files from being fetched
        log.exception("Fetching a file broke")
        return guard.Unreachable(type(fault).__name__)


def _take_or_leave(media: MediaFile, got: _Got) -> None:
    """A file that cannot be kept must not stay the first in the queue for ever."""
    try:
        _take(media, got)
    except (OperationalError, InterfaceError):
        raise  # the database is away: the rows stay due
    except Exception:
        log.exception("The file of message %s could not be kept", media.message_id)
        _try_again(media)


def _take(media: MediaFile, got: _Got) -> None:
    """Keep the file, plan another look, or say why there is none."""
    if isinstance(got, guard.NotAllowed):
        return _fail(media, P.REFUSED)
    if isinstance(got, guard.TooLarge):
        return _fail(media, P.TOO_LARGE)
    if isinstance(got, guard.Unreachable) or got.status_code == 429 or got.status_code >= 500:
        return _try_again(media)
    if got.status_code != 200 or not got.content:
        return _fail(media, P.EXPIRED)
    name = PurePosixPath(unquote(urlsplit(media.url).path)).name
    found = type_of(got.content, name)
    if found is None:
        return _fail(media, P.WRONG_TYPE)
    files.save(media, content=got.content, found=found, filename=name)
    return None


def _try_again(media: MediaFile) -> None:
    if media.attempts >= len(TRY_AGAIN):
        return _fail(media, P.UNREACHABLE)
    again = timezone.now() + timedelta(seconds=TRY_AGAIN[media.attempts])
    MediaFile.objects.filter(pk=media.pk).update(attempts=media.attempts + 1, next_attempt_at=again)
    return None


def _fail(media: MediaFile, problem: str) -> None:
    log.info("The file of message %s was not fetched: %s", media.message_id, problem)
    MediaFile.objects.filter(pk=media.pk).update(
        state=MediaFile.State.FAILED, problem=problem, next_attempt_at=None, attempts=media.attempts + 1
    )
