"""Who changed what: settings that decide about money and people are written down at each change, secrets never.

Campaigns keep their own history of moves (CampaignEvent), consent too (ConsentEvent), messages too (MessageEvent).
"""

from auditlog.registry import auditlog
from django.contrib.auth.models import User

from campaigns.models import Campaign
from config.models import ApiToken
from contacts.models import Contact, Group, Segment
from messaging.models import Account, AutoReplyRule, ConsentWords, KeptObject, Line, Reminder

LEFT_OUT = {
    Account: [
        "credentials",
        "callback_secret",
        "next_poll_at",
        "next_check_at",
        "received_until",
        "last_callback_at",
        "checked_at",
    ],
    KeptObject: ["raw", "key", "asked_at", "changed_at"],
    Line: ["next_free_at", "waits_for", "failures", "lease_token", "lease_until"],
    AutoReplyRule: [],
    ConsentWords: ["changed_at"],
    Reminder: ["next_fire_at", "planned_until"],
    Campaign: ["state"],
    Contact: ["updated_at"],
    Group: ["size"],
    Segment: ["size", "counted_at"],
    ApiToken: ["token_hash", "last_used_at"],
    User: ["password", "last_login"],
}


def register() -> None:
    """Tell auditlog which models it watches."""
    for model, fields in LEFT_OUT.items():
        auditlog.register(model, exclude_fields=fields)
