"""Where the mirrors stand: how far a pull is, what changed, the background work both ways, and opt-outs on their way out."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models import Group, Job
from messaging.models.account import Account


class MirrorState(models.Model):
    """How far one kind of one account is pulled. In progress while `finished_at` is empty: then `cursor` goes on."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="mirror_states")
    kind = models.CharField(_("kind"), max_length=30)
    cursor = models.CharField(max_length=200, blank=True)
    pages = models.PositiveIntegerField(_("pages"), default=0)
    added = models.PositiveIntegerField(_("added"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    gone = models.PositiveIntegerField(_("gone"), default=0)
    same = models.PositiveIntegerField(_("unchanged"), default=0)
    differing = models.PositiveIntegerField(
        _("two names"), default=0, help_text=_("people whose name there is not the name here; both are kept")
    )
    problem = models.CharField(_("problem"), max_length=300, blank=True)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    whole_at = models.DateTimeField(
        _("whole since"), null=True, blank=True, help_text=_("start of the last pull that reached the end")
    )

    class Meta:
        verbose_name = _("mirror")
        verbose_name_plural = _("mirrors")
        constraints = [models.UniqueConstraint(fields=["account", "kind"], name="mirror_state_once")]

    def __str__(self) -> str:
        return f"{self.account} {self.kind}"


class MirrorChange(models.Model):
    """One thing that changed at the gateway, or that we changed there. Append-only; after some days the rows of a day are
    folded into one per kind and sort of change, which has a count and no object."""

    class What(models.TextChoices):
        FIRST = "first", _("first pull")
        ADDED = "added", _("added")
        CHANGED = "changed", _("changed")
        GONE = "gone", _("gone")
        BACK = "back", _("back again")
        SENT = "sent", _("changed from here")
        DELETED = "deleted", _("deleted from here")

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="mirror_changes")
    kind = models.CharField(_("kind"), max_length=30)
    remote_id = models.CharField(max_length=120, blank=True)
    name = models.CharField(_("name"), max_length=300, blank=True)
    what = models.CharField(_("what"), max_length=10, choices=What)
    count = models.PositiveIntegerField(_("count"), default=1)
    before = models.JSONField(_("before"), default=dict, blank=True, help_text=_("only what differs"))
    after = models.JSONField(_("after"), default=dict, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("mirror change")
        verbose_name_plural = _("mirror changes")
        ordering = ["-id"]
        indexes = [models.Index(fields=["account", "kind", "-id"], name="mirror_change_of_kind")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name or self.remote_id} {self.what}"


class MirrorJob(models.Model):
    """What a background job does with a mirror, and what it needs to go on after a crash.

    pull: args {}. bring: {"kind", "remote_id", "group"}: people of a mirrored kind into contacts. push: {"group", "name",
    "remote_group", "under_way"}: people of one of our groups to the gateway. remove: {"remote_group"}: those who left ours out
    of the gateway's. check: {"line", "contacts"}: which of these people are on WhatsApp. `cursor` is the last contact or object
    done.
    """

    class Work(models.TextChoices):
        PULL = "pull", _("sync")
        BRING = "bring", _("bring people in")
        PUSH = "push", _("send people there")
        REMOVE = "remove", _("take people out there")
        CHECK = "check", _("check numbers")

    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="mirror")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="mirror_jobs")
    work = models.CharField(max_length=10, choices=Work)
    args = models.JSONField(default=dict, blank=True)
    cursor = models.PositiveBigIntegerField(default=0)
    stumbles = models.PositiveSmallIntegerField(
        default=0, help_text=_("how often in a row it had to wait for the gateway")
    )

    class Meta:
        verbose_name = _("mirror job")
        verbose_name_plural = _("mirror jobs")
        indexes = [models.Index(fields=["account", "work", "-id"], name="mirror_job_newest")]

    def __str__(self) -> str:
        return f"{self.account} {self.work}"


class MirrorProblem(models.Model):
    """Somebody who could not be brought in or sent there, and why."""

    mirror_job = models.ForeignKey(MirrorJob, on_delete=models.CASCADE, related_name="problems")
    phone = models.CharField(_("phone"), max_length=64)
    name = models.CharField(_("name"), max_length=200, blank=True)
    sentence = models.CharField(_("why"), max_length=300)

    class Meta:
        verbose_name = _("mirror problem")
        verbose_name_plural = _("mirror problems")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.phone}: {self.sentence}"


class PersonThere(models.Model):
    """Somebody whom we put into a gateway's group, kept where the gateway can take people out of it again.

    group: ours, from which they came; None once it is deleted.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="people_there")
    remote_group = models.CharField(_("the gateway's group"), max_length=120)
    group = models.ForeignKey(Group, null=True, blank=True, on_delete=models.SET_NULL, related_name="people_there")
    phone = models.CharField(_("phone"), max_length=32, help_text=_("E.164"))
    phone_key = models.CharField(max_length=20)
    put_at = models.DateTimeField(_("put there"), default=timezone.now)

    class Meta:
        verbose_name = _("person in a gateway's group")
        verbose_name_plural = _("people in gateways' groups")
        constraints = [
            models.UniqueConstraint(fields=["account", "remote_group", "group", "phone_key"], name="person_there_once")
        ]

    def __str__(self) -> str:
        return f"{self.phone}: {self.remote_group}"


class OptOutPush(models.Model):
    """What one gateway account has to be told about one phone: wanted → done. It is tried until the gateway has it or
    refuses the number for good (`refused_at`)."""

    class Wanted(models.TextChoices):
        OUT = "out", _("opted out")
        IN = "in", _("opted in again")

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="opt_out_pushes")
    phone_key = models.CharField(max_length=20)
    wanted = models.CharField(_("wanted"), max_length=3, choices=Wanted)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, default=timezone.now)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    refused_at = models.DateTimeField(_("refused"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("opt-out at the gateway")
        verbose_name_plural = _("opt-outs at the gateway")
        constraints = [models.UniqueConstraint(fields=["account", "phone_key"], name="opt_out_push_once")]
        indexes = [
            models.Index(
                fields=["account", "next_attempt_at"],
                condition=Q(done_at=None, refused_at=None),
                name="opt_out_push_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.phone_key} {self.wanted}"
