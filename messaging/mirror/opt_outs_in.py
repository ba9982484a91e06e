"""People who told the gateway to stop: each entry of its list becomes an opt-out here, once."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from contacts import consent
from contacts.models import Consent, ConsentState
from contacts.phone import normalise, phone_key
from contacts.refusal import Refused
from messaging.models import Account
from messaging.providers.shapes import RemoteObject

_SHORTEST = 7  # digits


def apply(account: Account, entries: Sequence[RemoteObject]) -> int:
    """Opt these people out on every channel; how many. Runs in the transaction that mirrors the entries, so each counts
    exactly once. Somebody who has opted in since the entry was made stays in: the later word is theirs."""
    found = {key: entry for entry in entries if (key := _key(account, entry.phone))}
    later = _opted_in_later(found)
    evidence = {
        key: _("On the unsubscribed list of %(account)s (entry %(id)s)")
        % {"account": account.name, "id": entry.remote_id}
        for key, entry in found.items()
        if key not in later
    }
    if evidence:
        consent.opt_out_many(evidence=evidence, source=consent.Source.GATEWAY)
    return len(evidence)


def _key(account: Account, phone: str) -> str:
    try:
        return phone_key(normalise(phone, region=account.region))
    except Refused:
        digits = phone_key(phone)  # a number we would not send to may still be somebody's
        return digits if _SHORTEST <= len(digits) <= 15 else ""


def _opted_in_later(found: dict[str, RemoteObject]) -> set[str]:
    said_yes = Consent.objects.filter(phone_key__in=found, state=ConsentState.OPTED_IN)
    return {
        key
        for key, changed_at in said_yes.values_list("phone_key", "changed_at")
        if (at := found[key].at) is not None and changed_at > at
    }
