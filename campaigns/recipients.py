"""The people of a campaign, by state and reason."""

from django.db.models import QuerySet

from campaigns.models import Campaign, Recipient
from campaigns.reports import OPEN
from contacts.paging import Slice, keyset

PAGE = 50


def find_recipients(campaign: Campaign, *, state: str = "", reason: str = "") -> QuerySet[Recipient]:
    """Those in a state ("open" for everybody still to be messaged) and with a reason, where given."""
    people = Recipient.objects.filter(campaign=campaign)
    if state == "open":
        people = people.filter(state__in=OPEN)
    elif state:
        people = people.filter(state=state)
    return people.filter(reason=reason) if reason else people


def with_messages(people: QuerySet[Recipient]) -> QuerySet[Recipient]:
    """With contacts, messages and lines."""
    return people.select_related("contact", "message__line", "first_line")


def list_recipients(
    campaign: Campaign, *, state: str = "", reason: str = "", cursor: str | None = None, size: int = PAGE
) -> Slice[Recipient]:
    """One page with contacts and lines, in one query along the index (campaign, state, id). Refused for a bad cursor."""
    people = with_messages(find_recipients(campaign, state=state, reason=reason))
    return keyset(people, cursor=cursor, size=size, by=("state", "id"))
