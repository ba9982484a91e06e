from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class MessagingConfig(AppConfig):
    name = "messaging"
    verbose_name = _("Messaging")

    def ready(self) -> None:
        from contacts.job_pages import add_page
        from contacts.models import Job
        from messaging.schedules import declare

        add_page(Job.Kind.SYNC, "messaging:mirror_job_of")
        post_migrate.connect(declare, dispatch_uid="declare_schedules")
