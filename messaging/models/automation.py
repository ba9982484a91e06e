"""What Carillon answers by itself: consent by reply, and automatic answers."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messaging.models.account import Account
from messaging.models.message import Message


class ConsentWords(models.Model):
    """The words of one language that end or bring back our messages, and what is confirmed. A language without a row has the
    built-in ones of `contacts.optout_words`."""

    language = models.CharField(_("language"), max_length=10, unique=True, help_text=_("a code, for example es"))
    clear = models.JSONField(_("stop words"), default=list, help_text=_("mean it wherever they open a short message"))
    alone = models.JSONField(_("stop words when alone"), default=list, blank=True)
    back = models.JSONField(_("words that come back"), default=list, blank=True)
    out_text = models.CharField(_("answer to an opt-out"), max_length=300, blank=True)
    in_text = models.CharField(_("answer to an opt-in"), max_length=300, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("words of consent")
        verbose_name_plural = _("words of consent")
        ordering = ["language"]

    def __str__(self) -> str:
        return self.language


class ConsentReply(models.Model):
    """The one confirmation of an opt-out or opt-in by reply. Its message may leave although the person has opted out."""

    class Kind(models.TextChoices):
        OUT = "out", _("opted out")
        IN = "in", _("opted in")

    incoming = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="+")
    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="+")
    phone_key = models.CharField(max_length=64)
    kind = models.CharField(max_length=3, choices=Kind)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("confirmation of consent")
        verbose_name_plural = _("confirmations of consent")
        ordering = ["-id"]
        indexes = [models.Index(fields=["phone_key", "created_at"], name="consent_reply_recent")]

    def __str__(self) -> str:
        return f"{self.phone_key} {self.kind}"


class OptOutDoubt(models.Model):
    """A reply that may ask us to stop: a person decides. open → out | kept."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        OUT = "out", _("opted out")
        KEPT = "kept", _("kept")

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="+")
    phone_key = models.CharField(max_length=64)
    state = models.CharField(max_length=4, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("doubtful opt-out")
        verbose_name_plural = _("doubtful opt-outs")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["id"], condition=Q(state="open"), name="opt_out_doubt_open"),
            models.Index(fields=["phone_key"], condition=Q(state="open"), name="opt_out_doubt_phone"),
        ]

    def __str__(self) -> str:
        return f"{self.phone_key} {self.state}"


class AutoReplyRule(models.Model):
    """What Carillon answers to which incoming texts of an account."""

    class Kind(models.TextChoices):
        KEYWORD = "keyword", _("the text contains a word")
        FIRST_WORD = "first_word", _("the text begins with a word")
        OUTSIDE_HOURS = "outside", _("any text outside opening hours")
        ANY = "any", _("any text")

    name = models.CharField(_("name"), max_length=100)
    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="auto_replies", verbose_name=_("account")
    )
    kind = models.CharField(_("answers when"), max_length=10, choices=Kind)
    words = models.JSONField(_("words"), default=list, blank=True)
    language = models.CharField(
        _("language"), max_length=10, blank=True, help_text=_("only people of this language; empty: everybody")
    )
    windows = models.JSONField(_("opening hours"), default=list, blank=True, help_text=_("it answers outside of them"))
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    body = models.TextField(_("answer"))
    position = models.PositiveSmallIntegerField(_("position"), default=100, help_text=_("lower ones are tried first"))
    rest_minutes = models.PositiveIntegerField(
        _("rest"), default=60, help_text=_("minutes until the same person gets this answer again")
    )
    per_day = models.PositiveSmallIntegerField(
        _("a day"), default=3, help_text=_("how often at most the same person gets this answer in 24 hours")
    )
    is_on = models.BooleanField(_("on"), default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("auto-reply")
        verbose_name_plural = _("auto-replies")
        ordering = ["account_id", "position", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(rest_minutes__gte=1), name="auto_reply_rests"),
            models.CheckConstraint(condition=Q(per_day__gte=1), name="auto_reply_daily"),
        ]

    def __str__(self) -> str:
        return self.name


class AutoReply(models.Model):
    """What a rule made of one incoming message: answered, or why not. At most one for each."""

    class Outcome(models.TextChoices):
        ANSWERED = "answered", _("answered")
        RESTING = "resting", _("the same person had this answer a moment ago")
        DAILY = "daily", _("the same person had this answer often enough today")
        LOOP = "loop", _("two machines seemed to answer each other")
        OPTED_OUT = "opted_out", _("the person has opted out")
        OLD = "old", _("the message came too late")
        NO_LINE = "no_line", _("there was no number or line to answer on")
        EMPTY = "empty", _("nothing was left of the text, or it was too long")

    incoming = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="+")
    rule = models.ForeignKey(AutoReplyRule, null=True, on_delete=models.SET_NULL, related_name="replies")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    phone_key = models.CharField(max_length=64)
    outcome = models.CharField(max_length=10, choices=Outcome)
    message = models.OneToOneField(Message, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("automatic answer")
        verbose_name_plural = _("automatic answers")
        ordering = ["-id"]
        indexes = [models.Index(fields=["account", "phone_key", "created_at"], name="auto_reply_recent")]

    def __str__(self) -> str:
        return f"{self.phone_key} {self.outcome}"
