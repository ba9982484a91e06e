"""Who may be messaged: an append-only history of what people said, and the state that follows from it."""

from collections.abc import Iterable, Mapping

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from contacts.models import Channel, Consent, ConsentEvent, ConsentState
from contacts.optout import Verdict, reads_as_opt_in, reads_as_opt_out
from contacts.signals import consent_changed

__all__ = [
    "Source",
    "Verdict",
    "opt_in",
    "opt_out",
    "opt_out_many",
    "opted_out",
    "reads_as_opt_in",
    "reads_as_opt_out",
    "record",
    "states",
]

Source = ConsentEvent.Source
_EVIDENCE = 500  # characters kept


def record(
    *,
    phone_key: str,
    channel: str,
    state: str,
    source: str,
    evidence: str = "",
    user: AbstractBaseUser | None = None,
) -> ConsentEvent:
    """Append one statement and make it the present state, both or neither.

    phone_key: of contacts.phone.phone_key. channel, state, source: words of Channel, ConsentState, ConsentEvent.Source.
    evidence: the reply's words, the file and row, … Longer than 500 characters is cut.
    """
    now = timezone.now()
    with transaction.atomic():
        event = ConsentEvent.objects.create(
            phone_key=phone_key,
            channel=channel,
            state=state,
            source=source,
            evidence=evidence.replace("\x00", "")[:_EVIDENCE],
            user_id=user.pk if user else None,
            created_at=now,
        )
        # One statement, so that two news about one person at the same instant cannot collide.
        Consent.objects.bulk_create(
            [Consent(phone_key=phone_key, channel=channel, state=state, changed_at=now)],
            update_conflicts=True,
            unique_fields=["phone_key", "channel"],
            update_fields=["state", "changed_at"],
        )
        consent_changed.send(sender=None, events=[event])
    return event


def opt_out(
    *, phone_key: str, source: str, evidence: str = "", user: AbstractBaseUser | None = None
) -> list[ConsentEvent]:
    """Stop every channel: whoever says STOP means us, not one of our ways to reach them."""
    return _over_all_channels(ConsentState.OPTED_OUT, phone_key, source, evidence, user)


def opt_out_many(*, evidence: Mapping[str, str], source: str) -> int:
    """Stop every channel for many people in a few statements; how many events were written.

    evidence: {phone key: what tells us so}.
    """
    now = timezone.now()
    state = ConsentState.OPTED_OUT
    events = [
        ConsentEvent(
            phone_key=key, channel=channel, state=state, source=source, created_at=now,
            evidence=words.replace("\x00", "")[:_EVIDENCE],
        )
        for key, words in sorted(evidence.items())
        for channel in Channel.values
    ]  # fmt: skip
    rows = [Consent(phone_key=e.phone_key, channel=e.channel, state=state, changed_at=now) for e in events]
    with transaction.atomic():
        ConsentEvent.objects.bulk_create(events)
        Consent.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["phone_key", "channel"],
            update_fields=["state", "changed_at"],
        )
        consent_changed.send(sender=None, events=events)
    return len(events)


def opt_in(
    *, phone_key: str, source: str, evidence: str = "", user: AbstractBaseUser | None = None
) -> list[ConsentEvent]:
    """Allow every channel again."""
    return _over_all_channels(ConsentState.OPTED_IN, phone_key, source, evidence, user)


def states(phone_keys: Iterable[str]) -> dict[str, dict[str, str]]:
    """Present states: {phone key: {"sms": "opted-in", "whatsapp": "unknown"}}, every key and channel in it. One query."""
    found = {key: {str(channel): str(ConsentState.UNKNOWN) for channel in Channel.values} for key in phone_keys}
    for key, channel, state in Consent.objects.filter(phone_key__in=found).values_list("phone_key", "channel", "state"):
        found[key][channel] = state
    return found


def opted_out(channel: str | F) -> QuerySet[Consent]:
    """The opted-out people of a channel, for queries of others.

    `.exclude(phone_key__in=opted_out("sms").values("phone_key"))`, or row by row
    `~Exists(opted_out(OuterRef("line__channel")).filter(phone_key=OuterRef("phone_key")))`.
    """
    return Consent.objects.filter(channel=channel, state=ConsentState.OPTED_OUT)


def _over_all_channels(
    state: str, phone_key: str, source: str, evidence: str, user: AbstractBaseUser | None
) -> list[ConsentEvent]:
    with transaction.atomic():
        return [
            record(phone_key=phone_key, channel=channel, state=state, source=source, evidence=evidence, user=user)
            for channel in Channel.values
        ]
