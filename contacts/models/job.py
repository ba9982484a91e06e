"""Long pieces of background work, with progress that people can watch."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models.contact import Group


class Job(models.Model):
    """One import, sync or check. `running` until it is `done` or `failed`; a job without a heartbeat is started again."""

    class Kind(models.TextChoices):
        IMPORT = "import", _("contact import")
        SYNC = "sync", _("gateway sync")
        EXPORT = "export", _("report file")

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    kind = models.CharField(max_length=10, choices=Kind)
    label = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    errors = models.PositiveIntegerField(default=0)
    summary = models.JSONField(default=dict, blank=True, help_text=_("counts of what changed"))
    message = models.TextField(blank=True, help_text=_("what went wrong, in words"))
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    heartbeat_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.label

    @property
    def percent(self) -> int:
        """0–100; a finished job is at 100 whatever was counted."""
        if self.state == self.State.DONE:
            return 100
        return min(100, self.done * 100 // self.total) if self.total else 0


class ContactImport(models.Model):
    """A CSV file on its way into contacts: how to read it, and what came of it."""

    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="contact_import", null=True)
    file = models.FileField(upload_to="imports/%Y/%m/")
    filename = models.CharField(max_length=255)
    encoding = models.CharField(max_length=20, default="utf-8")
    delimiter = models.CharField(max_length=1, default=",")
    header = models.JSONField(default=list)
    mapping = models.JSONField(
        default=dict,
        help_text=_("column number → phone, name, language, time_zone or field:<name>; columns left out are ignored"),
    )
    region = models.CharField(max_length=2, help_text=_("for numbers without a country code"))
    group = models.ForeignKey(Group, null=True, blank=True, on_delete=models.SET_NULL)
    next_row = models.PositiveIntegerField(
        default=0, help_text=_("rows already worked: a restarted import goes on here")
    )
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    duplicates = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("contact import")
        verbose_name_plural = _("contact imports")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.filename


class ImportProblem(models.Model):
    """A row that was not taken as it stood: rejected, or a duplicate of an earlier row. `row` counts as a spreadsheet does."""

    contact_import = models.ForeignKey(ContactImport, on_delete=models.CASCADE, related_name="problems")
    row = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=[("rejected", _("rejected")), ("duplicate", _("duplicate"))])
    value = models.CharField(max_length=200, blank=True)
    sentence = models.CharField(max_length=300)
    cells = models.JSONField(default=list)

    class Meta:
        verbose_name = _("import problem")
        verbose_name_plural = _("import problems")
        ordering = ["row"]
        constraints = [models.UniqueConstraint(fields=["contact_import", "row"], name="problem_once_per_row")]

    def __str__(self) -> str:
        return f"{self.row}: {self.sentence}"
