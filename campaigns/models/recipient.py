"""One row per person in a campaign: what happened to each, and why."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign
from campaigns.models.gateway_run import GatewayRun
from contacts.models import Contact
from messaging.models import Line, Message


class Recipient(models.Model):
    """A person in a campaign, once. `planned` until a message exists, then the message's status; or `excluded` with a reason."""

    class State(models.TextChoices):
        EXCLUDED = "excluded", _("left out")
        PLANNED = "planned", _("planned")
        QUEUED = "queued", _("queued")
        SENDING = "sending", _("sending")
        ACCEPTED = "accepted", _("accepted")
        SENT = "sent", _("sent")
        DELIVERED = "delivered", _("delivered")
        READ = "read", _("read")
        FAILED = "failed", _("failed")
        UNKNOWN = "unknown", _("unknown")
        CANCELLED = "cancelled", _("cancelled")
        EXPIRED = "expired", _("too late")

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="recipients")
    contact = models.ForeignKey(Contact, null=True, on_delete=models.SET_NULL, related_name="+")
    phone = models.CharField(_("phone"), max_length=20)
    phone_key = models.CharField(max_length=20)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PLANNED)
    reason = models.CharField(_("reason"), max_length=30, blank=True)
    goes_on = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text=_("turned away, and not yet looked at whether another line is open"),
    )
    first_line = models.ForeignKey(
        Line,
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        verbose_name=_("first line"),
        help_text=_("on which the message waited or was tried first, where it went on over another line"),
    )
    message = models.OneToOneField(Message, null=True, on_delete=models.SET_NULL, related_name="recipient")
    run = models.ForeignKey(
        GatewayRun,
        null=True,
        on_delete=models.SET_NULL,
        related_name="recipients",
        db_index=False,
        verbose_name=_("run"),
    )

    letter = models.CharField(
        _("variant"), max_length=1, default="A", db_default="A", editable=False, help_text=_("frozen when it started")
    )
    language = models.CharField(_("language"), max_length=10, default="", db_default="", blank=True, editable=False)
    due_at = models.DateTimeField(
        _("due"), null=True, editable=False, help_text=_("not before, by this person's clock; none: at once")
    )
    clicked_at = models.DateTimeField(_("clicked"), null=True, editable=False)
    replied_at = models.DateTimeField(_("replied"), null=True, editable=False)

    class Meta:
        verbose_name = _("recipient")
        verbose_name_plural = _("recipients")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "phone_key"], name="recipient_once"),
            models.CheckConstraint(
                condition=~Q(state__in=["planned", "excluded"]) | Q(message=None),
                name="recipient_planned_has_no_message",
            ),
        ]
        indexes = [
            models.Index(fields=["campaign", "state", "id"], name="recipient_state"),
            models.Index(fields=["campaign", "id"], condition=Q(state="planned"), name="recipient_planned"),
            models.Index(
                fields=["campaign", "due_at", "id"],
                condition=Q(state="planned", due_at__isnull=False),
                name="recipient_due",
            ),
            models.Index(fields=["campaign", "id"], condition=Q(goes_on=True), name="recipient_goes_on"),
            models.Index(fields=["run", "state"], condition=Q(run__isnull=False), name="recipient_run"),
        ]

    def __str__(self) -> str:
        return f"{self.phone} {self.state}"
