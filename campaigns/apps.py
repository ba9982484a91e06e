from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    name = "campaigns"
    verbose_name = _("Campaigns")

    def ready(self) -> None:
        from campaigns import attribution, books, mirror, panic, runner, under_way
        from messaging.clock import add_chore
        from messaging.mirror.ours import add_claim
        from messaging.signals import message_changed, message_received

        message_changed.connect(runner.follow, dispatch_uid="campaigns.follow")
        message_received.connect(attribution.on_received, dispatch_uid="campaigns.replies")
        add_claim(under_way.phones_of)
        add_chore("campaigns", seconds=0.5, chore=runner.sweep)
        add_chore("gateway campaigns", seconds=1, chore=mirror.sweep)
        add_chore("panic", seconds=1, chore=panic.sweep)
        add_chore("books", seconds=60, chore=books.sweep)
