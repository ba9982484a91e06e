"""Which phones WhatsApp reaches, as far as anybody said. Written only where something is new."""

from collections.abc import Iterable

from django.utils import timezone

from contacts.models import Channel, Reach
from contacts.phone import is_phone_key


def note(phone_keys: Iterable[str], *, is_reached: bool, channel: str = Channel.WHATSAPP) -> int:
    """Write down whether a channel reaches these phones; how many rows were written. That somebody is not reached is written
    each time, so that it does not get old."""
    keys = {key for key in phone_keys if is_phone_key(key)}
    if is_reached and keys:
        known = Reach.objects.filter(phone_key__in=keys, channel=channel, is_reached=True)
        keys -= set(known.values_list("phone_key", flat=True))
    now = timezone.now()
    rows = [Reach(phone_key=key, channel=channel, is_reached=is_reached, at=now) for key in sorted(keys)]
    Reach.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["phone_key", "channel"], update_fields=["is_reached", "at"]
    )
    return len(rows)
