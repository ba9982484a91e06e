"""Reminders: messages that fire by the calendar, or by a date of each person."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models import Contact, Group
from messaging.models.line import Line
from messaging.models.message import Message


class Reminder(models.Model):
    """A message to a person or a group that fires again and again. The arithmetic is in `messaging.automation.recurring`."""

    class Repeat(models.TextChoices):
        ONCE = "once", _("once")
        DAILY = "daily", _("every day")
        EVERY = "every", _("every so many days")
        WEEKLY = "weekly", _("every week")
        MONTHLY = "monthly", _("every month")
        YEARLY = "yearly", _("every year")
        FIELD = "field", _("by a date of each person")

    name = models.CharField(_("name"), max_length=100)
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="reminders", verbose_name=_("line"))
    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.SET_NULL, related_name="reminders")
    group = models.ForeignKey(Group, null=True, blank=True, on_delete=models.SET_NULL, related_name="reminders")
    body = models.TextField(_("text"))
    repeat = models.CharField(_("repeats"), max_length=10, choices=Repeat)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    at = models.TimeField(_("at"))
    time_zone = models.CharField(_("time zone"), max_length=64)
    every = models.PositiveSmallIntegerField(_("days between"), default=1)
    weekdays = models.JSONField(_("weekdays"), default=list, blank=True, help_text=_("Monday is 0"))
    field = models.CharField(_("field"), max_length=40, blank=True, help_text=_("a field of the contact with a date"))
    offset_days = models.SmallIntegerField(_("days after"), default=0, help_text=_("negative: before"))
    is_yearly = models.BooleanField(_("each year"), default=True)
    is_day_first = models.BooleanField(_("day before month"), default=True, help_text=_("5/4 is the fifth of April"))
    is_paused = models.BooleanField(_("paused"), default=False)
    next_fire_at = models.DateTimeField(_("next"), null=True, blank=True, editable=False)
    planned_until = models.DateTimeField(
        null=True, editable=False, help_text=_("by a date of each person: whoever is due until then is queued")
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(contact=None) | Q(group=None), name="reminder_one_audience"),
            models.CheckConstraint(condition=Q(every__gte=1), name="reminder_every_positive"),
        ]
        indexes = [
            models.Index(
                fields=["next_fire_at"], condition=Q(is_paused=False, next_fire_at__isnull=False), name="reminder_due"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ReminderFire(models.Model):
    """One time a reminder fired. filling → done; what was missed or paused is `asked` about: → filling | skipped.

    at: when it was to fire; by a date of each person, those due after `at` and not after `until`.
    """

    class State(models.TextChoices):
        FILLING = "filling", _("being queued")
        ASKED = "asked", _("needs a decision")
        DONE = "done", _("done")
        SKIPPED = "skipped", _("left out")

    reminder = models.ForeignKey(Reminder, on_delete=models.CASCADE, related_name="fires")
    at = models.DateTimeField(_("at"))
    until = models.DateTimeField(null=True, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.FILLING)
    missed = models.PositiveIntegerField(default=0, help_text=_("how many fires were missed, this one the last"))
    cursor = models.BigIntegerField(default=0, help_text=_("contacts up to this one are queued"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("fire of a reminder")
        verbose_name_plural = _("fires of reminders")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["reminder", "at"], name="reminder_fires_once")]
        indexes = [
            models.Index(fields=["id"], condition=Q(state="filling"), name="reminder_fire_filling"),
            models.Index(fields=["id"], condition=Q(state="asked"), name="reminder_fire_asked"),
        ]

    def __str__(self) -> str:
        return f"{self.reminder_id} {self.at:%Y-%m-%d %H:%M} {self.state}"


class ReminderSending(models.Model):
    """What one fire made of one person. A reminder reaches a phone once for each occasion, whatever crashes."""

    class Outcome(models.TextChoices):
        QUEUED = "queued", _("queued")
        OPTED_OUT = "opted_out", _("opted out")
        NO_TEXT = "no_text", _("nothing is left of the text")
        TOO_LONG = "too_long", _("the text is too long")

    reminder = models.ForeignKey(Reminder, on_delete=models.CASCADE, related_name="sendings", db_index=False)
    fire = models.ForeignKey(ReminderFire, on_delete=models.CASCADE, related_name="sendings")
    contact = models.ForeignKey(Contact, null=True, on_delete=models.SET_NULL, related_name="+")
    phone_key = models.CharField(max_length=20)
    occasion = models.DateField(help_text=_("the day, by the wall clock of the reminder or the person"))
    outcome = models.CharField(max_length=10, choices=Outcome)
    message = models.OneToOneField(Message, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("person of a fire")
        verbose_name_plural = _("people of a fire")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["reminder", "phone_key", "occasion"], name="reminder_reaches_once")
        ]

    def __str__(self) -> str:
        return f"{self.phone_key} {self.occasion} {self.outcome}"
