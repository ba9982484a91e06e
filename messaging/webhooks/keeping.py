"""Receivers and their log, as staff keep them."""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.refusal import Refused
from messaging import guard, health
from messaging.models import Incident, Webhook, WebhookDelivery
from messaging.models.webhook import make_webhook_secret

CHOICES = [(event.value, event.label) for event in Webhook.Event if event is not Webhook.Event.PING]
S = WebhookDelivery.State


def save(webhook: Webhook, *, name: str, url: str, events: Iterable[str], user: User | None = None) -> Webhook:
    """Make or change a receiver. Refused(field=…) for what cannot be."""
    chosen = [event for event, _label in CHOICES if event in set(events)]
    webhook.name, webhook.url, webhook.events = name.strip(), url.strip(), chosen
    if not webhook.name:
        raise Refused(_("Give it a name."), field="name")
    if Webhook.objects.filter(name=webhook.name).exclude(pk=webhook.pk).exists():
        raise Refused(_("There is a webhook of this name."), field="name")
    if not chosen:
        raise Refused(_("Choose at least one event."), field="events")
    try:
        guard.check(webhook.url)
    except guard.NotAllowed as problem:
        raise Refused(
            _("Write a public address that begins with https:// or http://, without a user name."), field="url"
        ) from problem
    if webhook.pk is None:
        webhook.created_by = user
    webhook.save()
    return webhook


def switch(webhook: Webhook, *, on: bool) -> None:
    """On or off. While it is off nothing is written down for it; what waits is called when it is on again."""
    Webhook.objects.filter(pk=webhook.pk).update(
        is_active=on, failures=0, failing_since=None, next_attempt_at=timezone.now()
    )
    if on:
        health.close_incidents(kind=Incident.Kind.WEBHOOK_OFF, webhook=webhook)


def new_secret(webhook: Webhook) -> None:
    """Another secret, in force from the next call on."""
    webhook.secret = make_webhook_secret()
    webhook.save(update_fields=["secret"])


def ping(webhook: Webhook) -> WebhookDelivery:
    """A trial event, so that the other side can be seen to work."""
    with transaction.atomic():
        Webhook.objects.filter(pk=webhook.pk).update(next_attempt_at=timezone.now())
        return WebhookDelivery.objects.create(
            webhook=webhook, event=Webhook.Event.PING, data={"hello": "from Carillon"}
        )


def send_again(delivery: WebhookDelivery) -> None:
    """Call once more, whatever came of it before."""
    now = timezone.now()
    WebhookDelivery.objects.filter(pk=delivery.pk).update(
        state=S.WAITING, attempts=0, next_attempt_at=now, problem="", status_code=0, answer=""
    )
    Webhook.objects.filter(pk=delivery.webhook_id).update(next_attempt_at=now)


def forget_old(size: int = 5000) -> int:
    """Drop the log past its days; what waits stays. Returns how many rows went."""
    old = timezone.now() - timedelta(days=settings.EXCHANGE_DAYS)
    gone = WebhookDelivery.objects.filter(created_at__lt=old).exclude(state=S.WAITING)
    rows = list(gone.values_list("id", flat=True)[:size])
    return WebhookDelivery.objects.filter(id__in=rows).delete()[0]
