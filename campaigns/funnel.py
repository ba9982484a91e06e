"""What a report is made of: how many people came how far, and what each rate is a share of. The same for a campaign, for a
part of one, and for several side by side."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.attribution import scope_of
from campaigns.models import Campaign, Recipient
from campaigns.reports import OPEN
from messaging import tally

R = Recipient.State
TAKEN = (R.ACCEPTED, R.SENT, R.DELIVERED, R.READ)
ARRIVED = (R.DELIVERED, R.READ)


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """People by how far they came; each of them is in exactly one of excluded, open, sent, failed, unknown, cancelled, expired.

    delivered are among those sent, read among those delivered. replied, clicked and opted_out: each person once.
    """

    excluded: int = 0
    open: int = 0
    sent: int = 0
    delivered: int = 0
    read: int = 0
    failed: int = 0
    unknown: int = 0
    cancelled: int = 0
    expired: int = 0
    replied: int = 0
    clicked: int = 0
    opted_out: int = 0

    @property
    def selected(self) -> int:
        return self.excluded + self.to_send

    @property
    def to_send(self) -> int:
        """Everybody who was not left out."""
        return self.open + self.sent + self.failed + self.unknown + self.cancelled + self.expired

    def of(self, key: str) -> int:
        """One number by its name."""
        value: int = getattr(self, key)
        return value

    def rate(self, key: str) -> float | None:
        """Percent of its whole (WHOLES), None where that is empty."""
        whole = self.of(WHOLES[key])
        return 100 * self.of(key) / whole if whole else None


@dataclass(frozen=True, kw_only=True)
class Step:
    """One row of the funnel. share: percent; of: what it is a share of, in words; people: what the list of people is
    filtered by, "" where it cannot be."""

    key: str
    label: str | Promise
    count: int
    share: float | None
    of: str | Promise
    people: str
    tone: str

    @property
    def width(self) -> float:
        """Of its bar, percent."""
        return round(min(100.0, self.share or 0.0), 2)


WHOLES = {
    "selected": "selected", "excluded": "selected", "to_send": "selected",
    "open": "to_send", "cancelled": "to_send", "expired": "to_send", "failed": "to_send", "unknown": "to_send",
    "sent": "to_send", "delivered": "sent", "read": "delivered", "replied": "sent", "clicked": "sent", "opted_out": "sent",
}  # fmt: skip
ADD_UP = ("excluded", "open", "sent", "failed", "unknown", "cancelled", "expired")  # to everybody selected
LABELS: dict[str, str | Promise] = {
    "selected": _("Selected"),
    "excluded": _("Left out"),
    "to_send": _("To be messaged"),
    "open": _("Still to send"),
    "sent": _("Sent"),
    "delivered": _("Delivered"),
    "read": _("Read"),
    "replied": _("Replied"),
    "clicked": _("Clicked"),
    "opted_out": _("Opted out"),
    "failed": _("Failed"),
    "unknown": _("Outcome unknown"),
    "cancelled": _("Taken back"),
    "expired": _("Not sent in time"),
}
OF: dict[str, str | Promise] = {
    "selected": _("of all selected"),
    "to_send": _("of those to be messaged"),
    "sent": _("of those sent"),
    "delivered": _("of those delivered"),
}
RATES = ("sent", "delivered", "read", "replied", "clicked", "opted_out", "failed")  # what campaigns are compared by
_PEOPLE = {
    "open": "open",
    "excluded": "excluded",
    **{state: state for state in ("failed", "unknown", "cancelled", "expired")},
}
_TONES = {
    "sent": "info", "delivered": "good", "read": "read", "replied": "read", "clicked": "read", "opted_out": "warn",
    "failed": "bad", "unknown": "warn",
}  # fmt: skip
_ALWAYS = frozenset(
    {"selected", "excluded", "to_send", "sent", "delivered", "read", "replied", "clicked", "opted_out", "failed"}
)


def numbers(campaign: Campaign) -> Numbers:
    """A campaign's numbers from kept counters."""
    scope = campaign.tally_scope
    kept = tally.totals_of([scope, scope_of(campaign)])
    return from_states({**kept[scope_of(campaign)], **kept[scope]})


def numbers_of(campaigns: list[Campaign]) -> dict[int, Numbers]:
    """Those of several campaigns: one query."""
    scopes = [scope for each in campaigns for scope in (each.tally_scope, scope_of(each))]
    kept = tally.totals_of(scopes)
    return {each.pk: from_states({**kept[scope_of(each)], **kept[each.tally_scope]}) for each in campaigns}


def from_states(counts: Mapping[str, int]) -> Numbers:
    """From people by state (and replied, clicked, opted_out) to what a report shows."""

    def total(*states: str) -> int:
        return sum(counts.get(state, 0) for state in states)

    return Numbers(
        excluded=total(R.EXCLUDED), open=total(*OPEN), sent=total(*TAKEN), delivered=total(*ARRIVED), read=total(R.READ),
        failed=total(R.FAILED), unknown=total(R.UNKNOWN), cancelled=total(R.CANCELLED), expired=total(R.EXPIRED),
        replied=total("replied"), clicked=total("clicked"), opted_out=total("opted_out"),
    )  # fmt: skip


def together(several: list[Numbers]) -> Numbers:
    """The sum of several."""
    keys = (*ADD_UP, "delivered", "read", "replied", "clicked", "opted_out")
    return Numbers(**{key: sum(each.of(key) for each in several) for key in keys})


def steps(found: Numbers) -> list[Step]:
    """The funnel from top to bottom; what nobody is in is left away where it says nothing."""
    return [step(found, key) for key in LABELS if found.of(key) or key in _ALWAYS]


def step(found: Numbers, key: str) -> Step:
    """One row of it."""
    return Step(
        key=key, label=LABELS[key], count=found.of(key), share=found.rate(key), of=OF[WHOLES[key]],
        people=_PEOPLE.get(key, ""), tone=_TONES.get(key, "neutral"),
    )  # fmt: skip
