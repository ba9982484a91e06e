"""People, groups, consent, and the background jobs that bring them in and out."""

from contacts.models.consent import Channel, Consent, ConsentEvent, ConsentState
from contacts.models.contact import Contact, Group, Membership
from contacts.models.job import ContactImport, ImportProblem, Job
from contacts.models.segment import Reach, Segment

__all__ = [
    "Channel",
    "Consent",
    "ConsentEvent",
    "ConsentState",
    "Contact",
    "ContactImport",
    "Group",
    "ImportProblem",
    "Job",
    "Membership",
    "Reach",
    "Segment",
]
