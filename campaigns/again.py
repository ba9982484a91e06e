"""Once more, by a person's word: those who failed for chosen reasons get a new message, or become a group of their own."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _
from django_q.tasks import async_task

from campaigns import live
from campaigns.breakdown import ReasonCount
from campaigns.models import Campaign, CampaignEvent, Recipient
from campaigns.recipients import find_recipients
from contacts.groups import add_ids, create_group
from contacts.models import Group
from contacts.refusal import Refused
from messaging import outbox
from messaging.providers.errors import Reason

S = Campaign.State
R = Recipient.State

MAY_RETRY = (S.RUNNING, S.PAUSED, S.BLOCKED, S.FINISHED)
# No second message changes these: there is none, or the person does not want it.
NEVER = frozenset({Reason.OPTED_OUT, Reason.NO_TEXT, Reason.NO_NUMBER, Reason.CONTACT_DELETED})
# These passed by themselves, or somebody has put them right. Everything else was refused for good, and is only ticked by hand.
WORTH_IT = frozenset({
    Reason.NOT_DELIVERED, Reason.NO_SERVICE, Reason.ATTEMPTS_EXHAUSTED, Reason.NO_CREDIT, Reason.QUOTA_REACHED,
    Reason.SUBSCRIPTION_EXPIRED, Reason.LINE_DISCONNECTED, Reason.LINE_MISSING, Reason.UNREACHABLE, Reason.THROTTLED,
    Reason.BAD_CREDENTIALS, Reason.NO_PERMISSION, Reason.WRONG_ADDRESS,
})  # fmt: skip
AT_ONCE = 100  # people in the request of whoever asks; the others in the background
SLICE = 20.0  # seconds a task goes on


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A reason for which people failed. is_chosen: worth trying again without a look at each."""

    reason: str
    sentence: str
    count: int
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class Retried:
    """done: messages that go out again. refused: those that may not. is_going_on: the rest follows in the background."""

    done: int = 0
    refused: int = 0
    after: int = 0
    is_going_on: bool = False


def choices(campaign: Campaign, counted: Sequence[ReasonCount]) -> list[Choice]:
    """Reasons for which failed people may be sent to again, of a breakdown; none while the campaign may not send."""
    if campaign.state not in MAY_RETRY:
        return []
    return [
        Choice(reason=each.reason, sentence=each.sentence, count=each.count, is_chosen=each.reason in WORTH_IT)
        for each in counted
        if each.state == R.FAILED and each.reason not in NEVER
    ]


def group_choices(counted: Sequence[ReasonCount]) -> list[tuple[str, str, int]]:
    """(state:reason, words, people) of a breakdown, for a group of those people."""
    return [
        (
            f"{each.state}:{each.reason}",
            ": ".join(filter(None, [live.state_label(each.state), each.sentence])),
            each.count,
        )
        for each in counted
    ]


def retry_failed(campaign: Campaign, *, reasons: Sequence[str], user: User | None) -> Retried:
    """Send to everybody who failed for one of these reasons once more, each as a new message linked to the old one.

    Those who fail again are not taken up a second time. Raises Refused(field="reasons").
    """
    wanted = [reason for reason in dict.fromkeys(reasons) if reason not in NEVER]
    if not wanted:
        raise Refused(_("Choose at least one reason."), field="reasons")
    if campaign.state not in MAY_RETRY:
        raise Refused(_("Nothing of this campaign can be sent again: it has been ended, or has not begun."))
    last = _failed(campaign, wanted).aggregate(last=Max("message_id"))["last"]
    if last is None:
        raise Refused(_("Nobody failed for these reasons."), field="reasons")
    CampaignEvent.objects.create(
        campaign=campaign, before=campaign.state, after=campaign.state, user=user, note=_("failed ones are sent again")
    )
    begun = _retry(campaign, wanted, user=user, after=0, upto=last, most=AT_ONCE)
    if begun.is_going_on:
        async_task(go_on, campaign.pk, wanted, user.pk if user else None, begun.after, last)
    return begun


def go_on(campaign_id: int, reasons: list[str], user_id: int | None, after: int, upto: int) -> None:
    """The rest, in slices (a task; the outbox takes each message up once, however often this runs)."""
    campaign = Campaign.objects.get(pk=campaign_id)
    user = User.objects.filter(pk=user_id).first() if user_id else None
    part = _retry(campaign, reasons, user=user, after=after, upto=upto, most=None)
    if part.is_going_on:
        async_task(go_on, campaign_id, reasons, user_id, part.after, upto)


def new_group(campaign: Campaign, *, name: str, state: str, reason: str = "") -> Group:
    """A group of the people in a state, for a reason where given; of many, most follow in the background. Deleted contacts
    cannot be in it. Raises Refused(field="name")."""
    if not _kept_people(campaign, state, reason).exists():
        raise Refused(_("Nobody is in this state for this reason."), field="who")
    with transaction.atomic():
        group = create_group(name=name, description=campaign.name)
        after = _fill(group, campaign, state, reason, after=0)
        if after:
            async_task(fill, group.pk, campaign.pk, state, reason, after)
    group.refresh_from_db()
    return group


def fill(group_id: int, campaign_id: int, state: str, reason: str, after: int) -> None:
    """The rest of a group, in slices (a task; a person is in a group once, however often this runs)."""
    group, campaign = Group.objects.filter(pk=group_id).first(), Campaign.objects.get(pk=campaign_id)
    deadline = time.monotonic() + SLICE
    while group and after and time.monotonic() < deadline:
        with transaction.atomic():
            after = _fill(group, campaign, state, reason, after=after)
    if group and after:
        async_task(fill, group_id, campaign_id, state, reason, after)


def _failed(campaign: Campaign, reasons: Sequence[str]) -> QuerySet[Recipient]:
    return Recipient.objects.filter(campaign=campaign, state=R.FAILED, reason__in=reasons, message__isnull=False)


def _retry(
    campaign: Campaign, reasons: Sequence[str], *, user: User | None, after: int, upto: int, most: int | None
) -> Retried:
    """A slice of them, in the order of their messages; it ends early where the campaign was ended meanwhile."""
    done, refused, deadline = 0, 0, time.monotonic() + SLICE
    while Campaign.objects.filter(pk=campaign.pk, state__in=MAY_RETRY).exists():
        ahead = _failed(campaign, reasons).filter(message_id__gt=after, message_id__lte=upto).order_by("message_id")
        people = list(ahead.select_related("message__line__account")[:AT_ONCE])
        if not people or (most is not None and done + refused >= most) or time.monotonic() > deadline:
            return Retried(done=done, refused=refused, after=after, is_going_on=bool(people))
        for person in people:
            if person.message is None:
                continue
            after = person.message.pk
            try:
                outbox.resend(person.message, user=user)
                done += 1
            except Refused:
                refused += 1
    return Retried(done=done, refused=refused, after=after)


def _kept_people(campaign: Campaign, state: str, reason: str) -> QuerySet[Recipient]:
    return find_recipients(campaign, state=state, reason=reason).filter(contact__isnull=False)


def _fill(group: Group, campaign: Campaign, state: str, reason: str, *, after: int, size: int = 1000) -> int:
    """The next people into the group. Returns the last one's id, 0 when nobody is left. Needs a transaction."""
    rows = _kept_people(campaign, state, reason).filter(id__gt=after).order_by("id").values_list("id", "contact_id")
    people = list(rows[:size])
    add_ids(group_ids=[group.pk], contact_ids=[contact for _pk, contact in people if contact])
    return people[-1][0] if len(people) == size else 0
