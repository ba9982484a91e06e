from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class MessagingConfig(AppConfig):
    name = "messaging"
    verbose_name = _("Messaging")

    def ready(self) -> None:
        # here, since models load only after all apps are known
        from django_q.signals import pre_execute

        from contacts.job_pages import add_page
        from contacts.models import Job
        from contacts.signals import consent_changed
        from messaging import pulse, reaching
        from messaging.automation import ticking
        from messaging.clock import add_chore
        from messaging.schedules import declare
        from messaging.signals import message_changed, message_received
        from messaging.webhooks import telling

        add_page(Job.Kind.SYNC, "messaging:mirror_job_of")
        message_received.connect(telling.on_received, dispatch_uid="webhooks.received")
        message_changed.connect(telling.on_changed, dispatch_uid="webhooks.changed")
        consent_changed.connect(telling.on_consent, dispatch_uid="webhooks.consent")
        message_received.connect(reaching.on_received, dispatch_uid="reach.received")
        message_changed.connect(reaching.on_changed, dispatch_uid="reach.changed")
        pre_execute.connect(pulse.beat, dispatch_uid="pulse")
        post_migrate.connect(declare, dispatch_uid="declare_schedules")
        add_chore("reminders", seconds=2, chore=ticking.watch)
        add_chore("queued reminders", seconds=60, chore=ticking.watch_queued)
