"""Texts that are used again, and the words campaigns are sorted by."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Tag(models.Model):
    """A word campaigns are sorted by."""

    name = models.CharField(_("name"), max_length=40)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="tag_name_unique")]

    def __str__(self) -> str:
        return self.name


class Template(models.Model):
    """A text to begin a campaign with. attachment: as a message's."""

    name = models.CharField(_("name"), max_length=100)
    language = models.CharField(_("language"), max_length=10, blank=True)
    body = models.TextField(_("text"), blank=True)
    attachment = models.JSONField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("template")
        verbose_name_plural = _("templates")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="template_name_unique",
                violation_error_message=_("There is already a template with this name."),
            )
        ]

    def __str__(self) -> str:
        return self.name
