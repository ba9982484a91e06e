"""Handing messages over: one v2 request per kind of message, files first. docs/endpoints.md 3.2 rows 41, 46–52, 56."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from messaging.providers.errors import AccountRejected, MessageRejected, NotSent, ProviderError, Reason
from messaging.providers.shapes import Media, Outcome, Outgoing
from messaging.providers.wablas.client import WablasClient
from messaging.providers.wablas.judge import Answer
from messaging.providers.wablas.matching import line_up
from messaging.providers.wablas.payload import item_of, kind_of, objection_to
from messaging.providers.wablas.uploads import known_address, upload

# Seconds into a send after which no request with messages begins: the caller's claim on them must outlive the call.
REQUESTS_WITHIN = 5.0


@dataclass(frozen=True, kw_only=True)
class _Draft:
    """A message on its place in the batch. address: of its file, "" while that must be uploaded or there is none."""

    place: int
    message: Outgoing
    kind: str
    address: str = ""

    @property
    def needs_upload(self) -> bool:
        return isinstance(self.message.attachment, Media) and not self.address


def send(client: WablasClient, messages: Sequence[Outgoing]) -> list[Outcome]:
    """Outcomes in the order of the messages. A request's failure is its own messages' outcome; what says that the
    account or the way to it is closed also holds for the kinds that were not tried yet."""
    started = monotonic()
    outcomes: dict[int, Outcome] = {}
    batches: dict[tuple[bool, str], list[_Draft]] = {}
    for place, message in enumerate(messages):
        if objection := objection_to(message):
            outcomes[place] = objection
            continue
        media = message.attachment
        address = known_address(client, media) if isinstance(media, Media) else ""
        draft = _Draft(place=place, message=message, kind=kind_of(message), address=address)
        batches.setdefault((draft.needs_upload, draft.kind), []).append(draft)
    closed: ProviderError | None = None
    for (needs_upload, kind), drafts in sorted(batches.items(), key=lambda each: each[0][0]):
        if closed is None and needs_upload:
            drafts = _upload_all(client, drafts, outcomes, started)
        if closed is None and monotonic() - started > REQUESTS_WITHIN:
            closed = _too_slow()
        if closed is not None:
            outcomes.update({draft.place: closed for draft in drafts})
        elif drafts:
            results, closed = _send_kind(_calls(client)[kind], drafts)
            outcomes.update({draft.place: result for draft, result in zip(drafts, results, strict=True)})
    return [outcomes[place] for place in range(len(messages))]


def _send_kind(
    call: Callable[[Any], Answer], drafts: Sequence[_Draft]
) -> tuple[Sequence[Outcome], ProviderError | None]:
    """The outcomes of one request, and the error that closes the way for the next ones."""
    items = [item_of(draft.message, draft.address) for draft in drafts]
    try:
        return line_up([draft.message for draft in drafts], call(items)), None
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


def _upload_all(
    client: WablasClient, drafts: Sequence[_Draft], outcomes: dict[int, Outcome], started: float
) -> list[_Draft]:
    """Upload each file once; a draft whose file did not arrive gets its outcome, the others their address."""
    results: dict[Media, str | ProviderError] = {}
    ready: list[_Draft] = []
    for draft in drafts:
        media = draft.message.attachment
        assert isinstance(media, Media)  # noqa: S101 - what needs_upload says
        if media not in results:
            is_late = monotonic() - started > REQUESTS_WITHIN
            results[media] = _too_slow() if is_late else upload(client, media)
        result = results[media]
        if isinstance(result, ProviderError):
            outcomes[draft.place] = result
        else:
            ready.append(replace(draft, address=result))
    return ready


def _too_slow() -> NotSent:
    return NotSent(Reason.THROTTLED, "the gateway is slow; the rest waits for the next call")
