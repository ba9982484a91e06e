"""What phones show of our own messages."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messaging.models.account import Account
from messaging.models.message import Message


class Echo(models.Model):
    """A message of ours as the gateway told of it once more, under this id; each is told of once. Kept for two days."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="echo")
    remote_id = models.CharField(max_length=120)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("echo")
        verbose_name_plural = _("echoes")
        constraints = [models.UniqueConstraint(fields=["account", "remote_id"], name="echo_once")]

    def __str__(self) -> str:
        return self.remote_id
