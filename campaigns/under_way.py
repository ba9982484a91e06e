"""People in pieces that gateways send by themselves, whose message is not known yet: what a gateway lists for their phones
may be ours, although no message of ours has its id."""

from collections.abc import Collection
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from campaigns.models import GatewayRun, Recipient

Run = GatewayRun.State
OPEN = (Run.SENDING, Run.UNKNOWN, Run.RUNNING, Run.PAUSED)
AFTERWARDS = timedelta(days=2)  # after it was handed over, for pieces that have ended


def phones_of(account_id: int, keys: Collection[str]) -> set[str]:
    """Those of these phone keys to whom a piece at this account's gateway goes, as long as their message has no id."""
    is_near = Q(run__state__in=OPEN) | Q(run__pushed_at__gt=timezone.now() - AFTERWARDS)
    is_open = Q(message=None) | Q(message__remote_id="")
    people = Recipient.objects.filter(is_near, is_open, run__line__account=account_id, phone_key__in=keys)
    return set(people.values_list("phone_key", flat=True))
