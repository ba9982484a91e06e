"""Contacts and the groups they are kept in."""

from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Group(models.Model):
    """A hand-kept list of people."""

    name = models.CharField(_("name"), max_length=100)
    description = models.CharField(_("description"), max_length=255, blank=True)
    size = models.PositiveIntegerField(_("people"), default=0, editable=False, help_text=_("kept, not counted"))
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="group_name_unique",
                violation_error_message=_("There is already a group with this name."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """One person. `phone` is what we write to, `phone_key` is what we recognise them by (one number, many spellings)."""

    phone = models.CharField(_("phone"), max_length=20, help_text=_("E.164, for example +5215512345678"))
    phone_key = models.CharField(max_length=20, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    fields = models.JSONField(_("fields"), default=dict, blank=True, help_text=_("merge fields: name → text"))
    groups = models.ManyToManyField(
        Group, through="Membership", related_name="contacts", verbose_name=_("groups"), blank=True
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["-id"]
        indexes = [
            models.Index(Lower("name"), name="contact_name_lower"),
            models.Index(fields=["phone"], name="contact_phone"),
        ]

    def __str__(self) -> str:
        return self.name or self.phone


class Membership(models.Model):
    """A contact in a group."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [models.UniqueConstraint(fields=["group", "contact"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.contact_id} in {self.group_id}"
