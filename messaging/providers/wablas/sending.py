"""Handing messages over: files first, then one v2 request per kind of message. providers.md 3.2 rows 41, 46–52, 56."""

from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Any

from messaging.providers.base import Media, Outcome, Outgoing
from messaging.providers.errors import (
    AccountRejected,
    MessageRejected,
    NotSent,
    OutcomeUnknown,
    ProviderError,
    Reason,
)
from messaging.providers.wablas.client import WablasClient
from messaging.providers.wablas.judge import Answer
from messaging.providers.wablas.matching import line_up
from messaging.providers.wablas.payload import Item, item_of, kind_of, objection_to

NEW_CALLS_WITHIN = 5.0  # seconds into a send: after that no second request begins, so that a send has an end


def send(client: WablasClient, messages: Sequence[Outgoing]) -> list[Outcome]:
    """Outcomes in the order of the messages. A request's failure is its own messages' outcome; what says that the
    account or the way to it is closed also holds for the kinds that were not tried yet."""
    started = monotonic()
    outcomes: dict[int, Outcome] = {}
    batches: dict[str, list[tuple[int, Item]]] = {}
    uploads: dict[Media, str | ProviderError] = {}
    for place, message in enumerate(messages):
        item = objection_to(message) or _prepare(client, message, uploads, started)
        if isinstance(item, ProviderError):
            outcomes[place] = item
        else:
            batches.setdefault(kind_of(message), []).append((place, item))
    closed: ProviderError | None = None
    for number, (kind, batch) in enumerate(batches.items()):
        places = [place for place, _ in batch]
        if number and closed is None and monotonic() - started > NEW_CALLS_WITHIN:
            closed = _wait_for_the_next()
        if closed is None:
            some = [messages[place] for place in places]
            results, closed = _send_kind(_calls(client)[kind], some, [item for _, item in batch])
        else:
            results = [closed] * len(places)
        outcomes.update(zip(places, results, strict=True))
    return [outcomes[place] for place in range(len(messages))]


def _send_kind(
    call: Callable[[Any], Answer], messages: Sequence[Outgoing], items: list[Item]
) -> tuple[Sequence[Outcome], ProviderError | None]:
    """The outcomes of one request, and the error that closes the way for the next ones."""
    try:
        return line_up(messages, call(items)), None
    except (AccountRejected, NotSent) as error:
        return [error] * len(items), error
    except MessageRejected as error:
        # turned away as a whole: the fault of one must not be told of all
        told = error if len(items) == 1 else MessageRejected(Reason.REJECTED, error.detail)
        return [told] * len(items), None
    except ProviderError as error:
        return [error] * len(items), None


def _calls(client: WablasClient) -> Mapping[str, Callable[[Any], Answer]]:
    return {
        "text": client.send_messages,
        "image": client.send_images,
        "audio": client.send_audios,
        "document": client.send_documents,
        "video": client.send_videos,
        "link": client.send_links,
        "list": client.send_lists,
        "location": client.send_locations,
    }


def _prepare(
    client: WablasClient, message: Outgoing, uploads: dict[Media, str | ProviderError], started: float
) -> Item | ProviderError:
    """The v2 item; a file given as bytes is uploaded first, once per send."""
    media = message.attachment
    if not isinstance(media, Media) or media.url:
        return item_of(message)
    if media not in uploads:
        is_late = bool(uploads) and monotonic() - started > NEW_CALLS_WITHIN
        uploads[media] = _wait_for_the_next() if is_late else _upload(client, media)
    address = uploads[media]
    return item_of(message, address) if isinstance(address, str) else address


def _upload(client: WablasClient, media: Media) -> str | ProviderError:
    """The file's address at the gateway. While it is being uploaded no message is sent, whatever happens."""
    name, mime = media.filename or media.kind, media.mime_type or "application/octet-stream"
    try:
        answer = client.upload(type=media.kind, file=media.content, name=name, mime=mime)
    except OutcomeUnknown as error:
        return NotSent(error.reason, error.detail)
    except MessageRejected as error:
        return MessageRejected(Reason.MEDIA_INVALID, error.detail)
    except ProviderError as error:
        return error
    data = answer.get("data")
    rows = data.get("messages") if isinstance(data, dict) else None
    row = rows[0] if isinstance(rows, list) and rows else rows
    address = str(row.get("url") or "") if isinstance(row, dict) else ""
    return address or NotSent(Reason.UNREADABLE, "the upload's answer has no address")


def _wait_for_the_next() -> NotSent:
    return NotSent(Reason.THROTTLED, "the gateway is slow; the rest waits for the next call")
