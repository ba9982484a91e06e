"""What each role may do."""

from typing import Any


def can(app_label: str, *names: str) -> list[str]:
    """Permission names of one app, in full."""
    return [f"{app_label}.{name}" for name in names]


_VIEWER = [
    *can("contacts", "view_contact", "view_group", "view_segment", "view_job", "view_contactimport", "view_consent"),
    *can("messaging", "view_account", "view_line", "view_rate", "view_message", "view_conversation", "view_incident"),
    *can("messaging", "view_label", "view_conversationevent", "view_cannedreply"),
    *can("messaging", "view_reminder", "view_autoreplyrule", "view_consentwords"),
    *can("campaigns", "view_campaign", "view_template", "view_series", "view_recipient"),
]
_AGENT = [
    *_VIEWER,
    *can("messaging", "send_message", "change_conversation", "add_label"),
    *can("messaging", "add_cannedreply", "change_cannedreply", "delete_cannedreply"),
    *can("contacts", "add_contact", "change_contact", "add_consentevent"),
]
_MARKETER = [
    *_AGENT,
    *can("contacts", "add_group", "change_group", "delete_group", "add_contactimport", "delete_contact"),
    *can("contacts", "add_segment", "change_segment", "delete_segment"),
    *can("campaigns", "add_campaign", "change_campaign", "delete_campaign", "run_campaign"),
    *can("campaigns", "add_template", "change_template", "delete_template"),
    *can("messaging", "decide_message", "change_reminder"),
]
_MANAGER = [
    *_MARKETER,
    *can("messaging", "add_account", "change_account", "change_line", "see_exchange", "add_linksession"),
    *can("messaging", "view_webhook", "add_webhook", "change_webhook", "delete_webhook"),
    *can("messaging", "change_autoreplyrule", "change_consentwords", "add_rate", "change_rate", "delete_rate"),
    *can("campaigns", "approve_campaign"),
]
# The fifth role, admin, is Django's superuser.
ROLES: dict[str, list[str]] = {"viewer": _VIEWER, "agent": _AGENT, "marketer": _MARKETER, "manager": _MANAGER}


def make_roles(**kwargs: Any) -> None:
    """Bring the role groups to what ROLES says. Runs after every `migrate`."""
    # here, since apps.py imports this file before models can load
    from django.contrib.auth.models import Group, Permission

    everything = {
        f"{p.content_type.app_label}.{p.codename}": p for p in Permission.objects.select_related("content_type")
    }
    if not all(name in everything for names in ROLES.values() for name in names):
        return  # permissions of later apps are made by their own post_migrate, which calls us again
    for role, names in ROLES.items():
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.set([everything[name] for name in names])
