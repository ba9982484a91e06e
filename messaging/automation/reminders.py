"""Reminders: how they are kept, and what they will do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.fields import field_name
from contacts.models import Contact, Group
from contacts.refusal import Refused
from contacts.rendering import problems_in
from contacts.zones import zone_named
from messaging.automation.dates import due_between, read_date
from messaging.automation.recurring import Plan, Repeat, fires, next_fire
from messaging.models import Line, Message, Reminder, ReminderFire, ReminderSending
from messaging.outbox.queueing import withdraw
from messaging.providers import PROVIDERS

MOST_DAYS = 366
_CHUNK = 1000
_LOOKED_AT = 2000  # people looked at for a preview
_AHEAD = timedelta(days=360)


@dataclass(frozen=True, kw_only=True)
class Due:
    """One person's message. occasion: the day it is for; at: when it is due, UTC."""

    contact: Contact
    occasion: date
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What is to come. moments: by the calendar; people: by their dates, soonest first; unreadable: of the people looked
    at, how many have no date that can be read."""

    moments: list[datetime]
    people: list[Due]
    unreadable: int
    looked_at: int


def save_reminder(
    *,
    reminder: Reminder | None,
    name: str,
    line: Line,
    contact: Contact | None,
    group: Group | None,
    body: str,
    repeat: str,
    starts_on: date,
    ends_on: date | None,
    at: time,
    time_zone: str,
    every: int,
    weekdays: Sequence[int],
    field: str,
    offset_days: int,
    is_yearly: bool,
    is_day_first: bool,
    user: User | None,
    now: datetime | None = None,
) -> Reminder:
    """Make or change a reminder. A change counts from its next fire on; by a date of each person, from the moment on until
    which people are queued already, at most an hour. Raises Refused with the field's name."""
    now = now or timezone.now()
    made = reminder or Reminder(created_by=user)
    made.name, made.line, made.contact, made.group = name.strip()[:100], line, contact, group
    made.body, made.repeat, made.starts_on, made.ends_on, made.at = body.strip(), repeat, starts_on, ends_on, at
    made.time_zone, made.every, made.weekdays = time_zone.strip(), every, sorted(set(weekdays))
    made.field, made.offset_days = field_name(field), offset_days
    made.is_yearly, made.is_day_first = is_yearly, is_day_first
    _check(made)
    if repeat == Repeat.FIELD:
        made.planned_until = made.planned_until or now
        made.next_fire_at = now
    else:
        made.planned_until = None
        made.next_fire_at = next_fire(plan_of(made), now)
        if made.next_fire_at is None:
            raise Refused(_("It would never fire: this moment has passed."), field="starts_on")
    made.save()
    return made


def pause(reminder: Reminder, *, user: User | None) -> int:
    """Stop it, and take back what is still queued; how many messages that were. Whoever was not reached yet is asked about."""
    with transaction.atomic():
        Reminder.objects.select_for_update().filter(pk=reminder.pk).update(is_paused=True)
        mine = ReminderSending.objects.filter(reminder=reminder)
        queued = mine.filter(message__status__is=Message.Status.QUEUED).values_list("id", "message_id", "fire_id")
        rows, taken_back = list(queued), 0
        for start in range(0, len(rows), _CHUNK):
            part = rows[start : start + _CHUNK]
            taken_back += withdraw(
                [message for _row, message, _fire in part if message], user_id=user.pk if user else None
            )
            gone = mine.filter(pk__in=[row for row, _message, _fire in part], message__status=Message.Status.CANCELLED)
            gone.delete()
        its = ReminderFire.objects.filter(reminder=reminder)
        stopped = its.filter(pk__in={fire for _row, _message, fire in rows})
        unfinished = its.filter(state=ReminderFire.State.FILLING) | stopped
        unfinished.update(state=ReminderFire.State.ASKED, cursor=0)
    return taken_back


def resume(reminder: Reminder) -> None:
    """Let it fire again. What it missed meanwhile is asked about."""
    Reminder.objects.filter(pk=reminder.pk).update(is_paused=False)


def delete(reminder: Reminder, *, user: User | None) -> None:
    """Take back what is queued, and forget it. Its messages stay."""
    with transaction.atomic():
        pause(reminder, user=user)
        reminder.delete()


def plan_of(reminder: Reminder) -> Plan:
    """Its calendar."""
    return Plan(
        repeat=reminder.repeat, start=reminder.starts_on, end=reminder.ends_on, at=reminder.at, zone=zone_of(reminder),
        every=reminder.every, weekdays=frozenset(reminder.weekdays),
    )  # fmt: skip


def zone_of(reminder: Reminder) -> ZoneInfo:
    """The zone of its wall clock; by a date of each person, for those whose own is not known."""
    return zone_named(reminder.time_zone) or ZoneInfo(settings.TIME_ZONE)


def members(reminder: Reminder) -> QuerySet[Contact]:
    """Whom it goes to, by id; nobody where the person or the group is gone."""
    if reminder.group_id:
        return Contact.objects.filter(membership__group=reminder.group_id).order_by("pk")
    return Contact.objects.filter(pk=reminder.contact_id) if reminder.contact_id else Contact.objects.none()


def due_of(reminder: Reminder, contact: Contact, *, since: datetime, until: datetime) -> Due | None:
    """When a person's message by their date is due after `since` and not after `until`."""
    value = date_of(reminder, contact)
    if value is None:
        return None
    zone = zone_named(contact.time_zone) or zone_of(reminder)
    found = due_between(
        value, offset_days=reminder.offset_days, is_yearly=reminder.is_yearly, at=reminder.at, zone=zone, since=since,
        until=until,
    )  # fmt: skip
    if found is None or found[0] < reminder.starts_on or (reminder.ends_on and found[0] > reminder.ends_on):
        return None
    return Due(contact=contact, occasion=found[0], at=found[1])


def date_of(reminder: Reminder, contact: Contact) -> date | None:
    """A person's date, if it can be read."""
    return read_date(contact.fields.get(reminder.field, ""), is_day_first=reminder.is_day_first)


def outlook(reminder: Reminder, *, now: datetime | None = None, size: int = 8) -> Outlook:
    """The next fires; by a date of each person, the next people among the first 2,000."""
    now = now or timezone.now()
    if reminder.repeat != Repeat.FIELD:
        return Outlook(moments=list(islice(fires(plan_of(reminder), now), size)), people=[], unreadable=0, looked_at=0)
    people = list(members(reminder)[:_LOOKED_AT])
    coming = sorted(_coming(reminder, people, now), key=lambda due: (due.at, due.contact.pk))
    unreadable = sum(1 for each in people if date_of(reminder, each) is None)
    return Outlook(moments=[], people=coming[:size], unreadable=unreadable, looked_at=len(people))


def _coming(reminder: Reminder, people: Sequence[Contact], now: datetime) -> Iterator[Due]:
    for contact in people:
        if due := due_of(reminder, contact, since=now, until=now + _AHEAD):
            yield due


def _check(made: Reminder) -> None:
    if not made.name:
        raise Refused(_("Give the reminder a name."), field="name")
    if (made.contact is None) == (made.group is None):
        raise Refused(_("Choose a group, or write one person's phone."), field="group")
    if not made.body:
        raise Refused(_("Write the text."), field="body")
    if wrong := problems_in(made.body):
        raise Refused(
            _("%(piece)s is not a merge field. Write it like {{ name }}.") % {"piece": wrong[0]}, field="body"
        )
    limit = PROVIDERS[made.line.account.provider].capabilities.text_limit
    if limit and len(made.body) > limit:
        raise Refused(
            _("This gateway takes at most %(limit)s characters; the text has %(length)s. Shorten it.")
            % {"limit": limit, "length": len(made.body)},
            field="body",
        )
    if zone_named(made.time_zone) is None:
        raise Refused(
            _("There is no time zone “%(name)s”. Write it like America/Mexico_City.") % {"name": made.time_zone[:40]},
            field="time_zone",
        )
    _check_calendar(made)


def _check_calendar(made: Reminder) -> None:
    if made.repeat not in Reminder.Repeat.values:
        raise Refused(_("Choose how often it repeats."), field="repeat")
    if not 2000 <= made.starts_on.year <= 2200:
        raise Refused(_("Write a day of this century."), field="starts_on")
    if made.ends_on and made.ends_on < made.starts_on:
        raise Refused(_("It would end before it begins."), field="ends_on")
    if not 1 <= made.every <= MOST_DAYS:
        raise Refused(_("From 1 to %(most)d days.") % {"most": MOST_DAYS}, field="every")
    if not set(made.weekdays) <= set(range(7)):
        raise Refused(_("Choose days of the week."), field="weekdays")
    if made.repeat == Repeat.FIELD and not made.field:
        raise Refused(_("Name the field of the contact that has the date, like birthday."), field="field")
    if abs(made.offset_days) > MOST_DAYS:
        raise Refused(_("At most %(most)d days before or after.") % {"most": MOST_DAYS}, field="offset_days")
