from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    name = "campaigns"
    verbose_name = _("Campaigns")

    def ready(self) -> None:
        # here, since models load only after all apps are known
        from campaigns import attribution, books, mirror, panic, runner, segment_facts, series, under_way
        from campaigns.exporting import making
        from contacts.job_pages import add_page
        from contacts.models import Job
        from messaging.clock import add_chore
        from messaging.mirror.ours import add_claim
        from messaging.signals import message_changed, message_received

        message_changed.connect(runner.follow, dispatch_uid="campaigns.follow")
        message_received.connect(attribution.on_received, dispatch_uid="campaigns.replies")
        segment_facts.register()
        add_claim(under_way.phones_of)
        add_chore("campaigns", seconds=0.5, chore=runner.sweep)
        add_chore("ended campaigns", seconds=30, chore=runner.sweep_ended)
        add_chore("gateway campaigns", seconds=1, chore=mirror.sweep)
        add_chore("panic", seconds=1, chore=panic.sweep)
        add_chore("series", seconds=1, chore=series.sweep)
        add_chore("books", seconds=60, chore=books.sweep)
        add_chore("stalled report files", seconds=30, chore=making.resume_stalled)
        add_chore("old report files", seconds=300, chore=making.remove_expired)
        add_page(Job.Kind.EXPORT, "campaigns:report_job")
