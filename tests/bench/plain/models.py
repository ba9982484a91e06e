"""One row per message."""

from django.db import models


class PlainMessage(models.Model):
    """A text to a phone, and what became of it."""

    phone = models.CharField(max_length=20)
    body = models.TextField()
    status = models.CharField(max_length=10, default="queued", db_index=True)
    remote_id = models.CharField(max_length=100, blank=True)
    sent_at = models.DateTimeField(null=True)

    objects: models.Manager["PlainMessage"] = models.Manager()  # its app is not among those the type checker knows

    class Meta:
        app_label = "plain"

    def __str__(self) -> str:
        return f"{self.phone} {self.status}"
