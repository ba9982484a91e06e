"""Files of messages."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messaging.models.message import Message


class MediaFile(models.Model):
    """A file that goes out, or one that came in: kept privately, shown through a view.

    One that came in: waiting → kept | failed (problem) → waiting, when somebody has it fetched again.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("being fetched")
        KEPT = "kept", _("kept")
        FAILED = "failed", _("not fetched")

    class Problem(models.TextChoices):
        EXPIRED = "expired", _("The gateway no longer has this file.")
        REFUSED = "refused", _("The file lies at an address that Carillon does not call.")
        TOO_LARGE = "too_large", _("The file is too large to be kept.")
        WRONG_TYPE = "wrong_type", _("This is no kind of file that Carillon shows.")
        UNREACHABLE = "unreachable", _("The place where the file lies does not answer.")

    message = models.OneToOneField(
        Message,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="media_file",
        help_text=_("the message it came with; empty for one that goes out"),
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.KEPT)
    problem = models.CharField(_("problem"), max_length=20, choices=Problem, blank=True)
    kind = models.CharField(_("kind"), max_length=10, help_text=_("image, audio, video or document"))
    url = models.TextField(blank=True, editable=False, help_text=_("where it came from"))
    file = models.FileField(_("file"), upload_to="messages/%Y/%m/", blank=True, max_length=200)
    filename = models.CharField(_("name"), max_length=200, blank=True)
    mime_type = models.CharField(_("type"), max_length=100, blank=True)
    size = models.PositiveBigIntegerField(_("size"), default=0, help_text=_("bytes"))
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    next_attempt_at = models.DateTimeField(null=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    used_at = models.DateTimeField(null=True, editable=False, help_text=_("when a message first took it along"))

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(next_attempt_at__isnull=False), name="media_to_fetch"
            ),
            models.Index(
                fields=["created_at"], condition=models.Q(message=None, used_at=None), name="media_never_used"
            ),
        ]

    def __str__(self) -> str:
        return self.filename or f"{self.kind} {self.pk}"
