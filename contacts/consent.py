"""Who may be messaged: an append-only history of what people said, and the state that follows from it."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

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
    "was_opted_out_since",
]

Source = ConsentEvent.Source
_EVIDENCE = 500  # characters kept
_CLOCK_SLACK = timedelta(minutes=1)  # between a gateway's clock and ours


def record(
    *,
    phone_key: str,
    channel: str,
    state: str,
    source: str,
    evidence: str = "",
    user: AbstractBaseUser | None = None,
    said_at: datetime | None = None,
) -> ConsentEvent:
    """Append one statement and make it the present state, both or neither.

    phone_key: of contacts.phone.phone_key. channel, state, source: words of Channel, ConsentState, ConsentEvent.Source.
    evidence: the reply's words, the file and row, … Longer than 500 characters is cut. said_at: when they said so, now if
    None; the state holds since then, or since a later word that said the same.
    """
    now = timezone.now()
    since = min(said_at or now, now)
    with transaction.atomic():
        same = Consent.objects.filter(phone_key=phone_key, channel=channel, state=state, changed_at__gt=since)
        since = same.values_list("changed_at", flat=True).first() or since
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
            [Consent(phone_key=phone_key, channel=channel, state=state, changed_at=since)],
            update_conflicts=True,
            unique_fields=["phone_key", "channel"],
            update_fields=["state", "changed_at"],
        )
        consent_changed.send(sender=None, events=[event])
    return event


def opt_out(
    *,
    phone_key: str,
    source: str,
    evidence: str = "",
    user: AbstractBaseUser | None = None,
    said_at: datetime | None = None,
) -> list[ConsentEvent]:
    """Stop every channel: whoever says STOP means us, not one of our ways to reach them."""
    return _over_all_channels(ConsentState.OPTED_OUT, phone_key, source, evidence, user, said_at)


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
    *,
    phone_key: str,
    source: str,
    evidence: str = "",
    user: AbstractBaseUser | None = None,
    said_at: datetime | None = None,
) -> list[ConsentEvent]:
    """Allow every channel again."""
    return _over_all_channels(ConsentState.OPTED_IN, phone_key, source, evidence, user, said_at)


def states(phone_keys: Iterable[str]) -> dict[str, dict[str, str]]:
    """Present states: {phone key: {"sms": "opted-in", "whatsapp": "unknown"}}, every key and channel in it. One query."""
    found = {key: {str(channel): str(ConsentState.UNKNOWN) for channel in Channel.values} for key in phone_keys}
    for key, channel, state in Consent.objects.filter(phone_key__in=found).values_list("phone_key", "channel", "state"):
        found[key][channel] = state
    return found


def was_opted_out_since(phone_key: str, moment: datetime) -> bool:
    """Whether somebody is out on a channel by a word later than `moment`, which a gateway's clock told: what they said
    then no longer holds."""
    out = Consent.objects.filter(phone_key=phone_key, state=ConsentState.OPTED_OUT)
    return out.filter(changed_at__gt=moment + _CLOCK_SLACK).exists()


def opted_out(channel: str | F) -> QuerySet[Consent]:
    """The opted-out people of a channel, for queries of others.

    `.exclude(phone_key__in=opted_out("sms").values("phone_key"))`, or row by row
    `~Exists(opted_out(OuterRef("line__channel")).filter(phone_key=OuterRef("phone_key")))`.
    """
    return Consent.objects.filter(channel=channel, state=ConsentState.OPTED_OUT)


def _over_all_channels(
    state: str,
    phone_key: str,
    source: str,
    evidence: str,
    user: AbstractBaseUser | None,
    said_at: datetime | None,
) -> list[ConsentEvent]:
    with transaction.atomic():
        return [
            record(
                phone_key=phone_key, channel=channel, state=state, source=source, evidence=evidence, user=user,
                said_at=said_at,
            )
            for channel in Channel.values
        ]  # fmt: skip
