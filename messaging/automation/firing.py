"""Reminders that are due: each fire is written down with the next one, then people are queued slice by slice.

What was missed by more than GRACE is not sent but asked about, also where it was written down or queued before (see
`messaging.automation.overdue`). A slice and the place it reached are one transaction, and a
reminder reaches a phone once for each occasion by a unique row, so a crash or a second run sends nobody a second message.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import consent
from contacts.giving_way import GivingWay
from contacts.models import Contact
from contacts.refusal import Refused
from contacts.rendering import render, values_of
from messaging.automation.recurring import Repeat, next_fire
from messaging.automation.reminders import Due, due_of, members, plan_of, zone_of
from messaging.lease import Singleton
from messaging.models import Message, Reminder, ReminderFire, ReminderSending
from messaging.outbox.queueing import queue_many
from messaging.parts import count_parts
from messaging.providers import PROVIDERS

GRACE = timedelta(minutes=15)
HORIZON = timedelta(hours=1)  # by a date of each person: how far ahead people are queued, each for their own moment
OVERLAP = timedelta(minutes=10)  # before the horizon ends, the next stretch is looked at
CHUNK = 500
SLICE = 15.0  # seconds of queueing in one task
F = ReminderFire.State
O = ReminderSending.Outcome  # noqa: E741  # as F for fires


def is_due() -> bool:
    """Whether there is anything to do now."""
    return _due(timezone.now()).exists() or _filling().exists()


def work(*, seconds: float = SLICE) -> None:
    """Fire what is due, and queue people for a slice of time. One copy at a time."""
    turn = Singleton("reminders", seconds=120)
    if not turn.acquire():
        return
    deadline, give_way = time.monotonic() + seconds, GivingWay()
    try:
        for reminder_id in list(_due(timezone.now()).values_list("id", flat=True)[:200]):
            fire(reminder_id, now=timezone.now())
        while time.monotonic() < deadline and (fire_id := _filling().values_list("id", flat=True).first()):
            _fill(fire_id)
            give_way()
    finally:
        turn.release()


def fire(reminder_id: int, *, now: datetime) -> None:
    """Write down what fires, and when it fires next, together or not at all."""
    with transaction.atomic():
        reminder = _due(now).select_for_update().filter(pk=reminder_id).first()
        if reminder is None or reminder.next_fire_at is None:
            return
        if reminder.repeat == Repeat.FIELD:
            _fire_by_field(reminder, now)
        else:
            _fire_by_calendar(reminder, reminder.next_fire_at, now)
        reminder.save(update_fields=["next_fire_at", "planned_until"])


def asked() -> QuerySet[ReminderFire]:
    """Fires that wait for a person's decision, newest first."""
    return (
        ReminderFire.objects.filter(state=F.ASKED).select_related("reminder__line", "reminder__group").order_by("-id")
    )


def send_after_all(missed: ReminderFire, *, user: User) -> None:
    """Queue what was missed, or the rest of what was paused, now. Raises Refused when it is decided or paused."""
    if Reminder.objects.filter(pk=missed.reminder_id, is_paused=True).exists():
        raise Refused(_("This reminder is paused. Resume it first."))
    _decide(missed, F.FILLING, user)


def leave_out(missed: ReminderFire, *, user: User) -> None:
    """Do not send it. Raises Refused when it is decided already."""
    _decide(missed, F.SKIPPED, user)


def _decide(missed: ReminderFire, state: str, user: User) -> None:
    rows = ReminderFire.objects.filter(pk=missed.pk, state=F.ASKED)
    if not rows.update(state=state, decided_by=user, decided_at=timezone.now()):
        raise Refused(_("Somebody has decided about this already."))


def _fire_by_calendar(reminder: Reminder, first: datetime, now: datetime) -> None:
    plan, passed, moment = plan_of(reminder), [], first
    while moment is not None and moment <= now:
        passed.append(moment)
        following = next_fire(plan, moment)
        if following is None:
            break
        moment = following
    reminder.next_fire_at = next_fire(plan, passed[-1])
    missed = [each for each in passed if each < now - GRACE]
    if missed:
        _write(reminder, missed[-1], state=F.ASKED, missed=len(missed))
    if passed[-1] not in missed:
        _write(reminder, passed[-1], state=F.FILLING)


def _fire_by_field(reminder: Reminder, now: datetime) -> None:
    since, until = reminder.planned_until or now, now + HORIZON
    if since < now - GRACE:
        if count := _count_due(reminder, since, now - GRACE):
            _write(reminder, since, until=now - GRACE, state=F.ASKED, missed=count)
        since = now - GRACE
    if until > since:
        _write(reminder, since, until=until, state=F.FILLING)
        reminder.planned_until = until
    reminder.next_fire_at = until - OVERLAP


def _count_due(reminder: Reminder, since: datetime, until: datetime, *, after: int = 0) -> int:
    people = members(reminder).filter(pk__gt=after).iterator(chunk_size=2000)
    return sum(1 for contact in people if due_of(reminder, contact, since=since, until=until))


def _write(reminder: Reminder, at: datetime, *, state: str, until: datetime | None = None, missed: int = 0) -> None:
    ReminderFire.objects.get_or_create(
        reminder=reminder, at=at, defaults={"until": until, "state": state, "missed": missed}
    )


def _fill(fire_id: int) -> None:
    """Queue the next slice of a fire's people."""
    with transaction.atomic():
        found = ReminderFire.objects.select_for_update(of=("self",)).select_related("reminder__line__account")
        this = found.get(pk=fire_id)
        if this.state != F.FILLING or this.reminder.is_paused:
            return
        if not this.decided_at and (this.until or this.at) < timezone.now() - GRACE:
            _ask_about_the_rest(this)
            return
        people = list(members(this.reminder).filter(pk__gt=this.cursor)[:CHUNK])
        if not people:
            _finish(this)
            return
        _queue(this, _due_people(this, people))
        this.cursor = people[-1].pk
        this.save(update_fields=["cursor"])


def _ask_about_the_rest(this: ReminderFire) -> None:
    """Nothing ran while a fire was being queued, and its time has passed."""
    if this.until:
        this.missed = _count_due(this.reminder, this.at, this.until, after=this.cursor)
        if not this.missed:
            _finish(this)
            return
    elif not this.cursor:
        this.missed = 1
    this.state = F.ASKED
    this.save(update_fields=["state", "missed"])


def _finish(this: ReminderFire) -> None:
    """By dates of people most stretches concern nobody, and are not kept."""
    if this.until and not this.decided_at and not this.sendings.exists():
        this.delete()
    else:
        ReminderFire.objects.filter(pk=this.pk).update(state=F.DONE)


def _due_people(this: ReminderFire, people: Sequence[Contact]) -> list[Due]:
    if this.until is None:
        occasion = this.at.astimezone(zone_of(this.reminder)).date()
        return [Due(contact=contact, occasion=occasion, at=this.at) for contact in people]
    found = (due_of(this.reminder, contact, since=this.at, until=this.until) for contact in people)
    return [due for due in found if due]


def _queue(this: ReminderFire, due: Sequence[Due]) -> None:
    reminder, keys = this.reminder, [each.contact.phone_key for each in due]
    reached = set(
        ReminderSending.objects.filter(
            reminder=reminder, phone_key__in=keys, occasion__in={each.occasion for each in due}
        ).values_list("phone_key", "occasion")
    )
    out = set(consent.opted_out(reminder.line.channel).filter(phone_key__in=keys).values_list("phone_key", flat=True))
    new = [each for each in due if (each.contact.phone_key, each.occasion) not in reached]
    rows = [_sending(this, each, is_out=each.contact.phone_key in out) for each in new]
    queue_many([row.message for row in rows if row.message])
    ReminderSending.objects.bulk_create(rows)


def _sending(this: ReminderFire, due: Due, *, is_out: bool) -> ReminderSending:
    reminder, person = this.reminder, due.contact
    row = ReminderSending(
        reminder=reminder, fire=this, contact=person, phone_key=person.phone_key, occasion=due.occasion
    )  # fmt: skip
    text = render(
        reminder.body, values_of(name=person.name, phone=person.phone, fields=person.fields),
        seed=f"reminder:{reminder.pk}:{due.occasion}:{person.pk}",
    )  # fmt: skip
    limit = PROVIDERS[reminder.line.account.provider].capabilities.text_limit
    if is_out:
        row.outcome = O.OPTED_OUT
    elif not text:
        row.outcome = O.NO_TEXT
    elif limit and len(text) > limit:
        row.outcome = O.TOO_LONG
    else:
        row.outcome, row.message = O.QUEUED, _message(this, due, text)
    return row


def _message(this: ReminderFire, due: Due, text: str) -> Message:
    line, starts = this.reminder.line, max(due.at, timezone.now())
    return Message(
        account=line.account, line=line, channel=line.channel, phone=due.contact.phone, phone_key=due.contact.phone_key,
        contact=due.contact, body=text, parts=count_parts(text) if line.channel == "sms" else 1,
        priority=Message.Priority.CAMPAIGN, next_attempt_at=starts, send_before=starts + GRACE,
        created_by_id=this.reminder.created_by_id,
    )  # fmt: skip


def _due(now: datetime) -> QuerySet[Reminder]:
    return Reminder.objects.filter(is_paused=False, next_fire_at__lte=now).order_by("next_fire_at", "id")


def _filling() -> QuerySet[ReminderFire]:
    return ReminderFire.objects.filter(state=F.FILLING, reminder__is_paused=False).order_by("id")
