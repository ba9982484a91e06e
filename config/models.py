"""Keys for other systems."""

import hashlib
import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def hash_token(token: str) -> str:
    """How a token is kept: it has 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def make_token() -> str:
    """A new token: 256 random bits, with a word by which a leaked one is recognised."""
    return f"carillon_{secrets.token_urlsafe(32)}"


class ApiToken(models.Model):
    """A key with which another system acts as one user. Shown once, kept as a hash."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=100, blank=True)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.user} {self.name}".strip()

    @classmethod
    def issue(cls, *, user_id: int, name: str = "") -> str:
        """Make a token for a user and return it: the only time it can be read."""
        token = make_token()
        cls.objects.create(user_id=user_id, name=name, token_hash=hash_token(token))
        return token
