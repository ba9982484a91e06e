from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from config.roles import make_roles


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = _("Access")

    def ready(self) -> None:
        # here, since models load only after all apps are known
        from config import audit

        audit.register()
        post_migrate.connect(make_roles, dispatch_uid="make_roles")
