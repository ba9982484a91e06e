"""Gateways, accounts, ways out, single messages, conversations and the news that comes back."""

from messaging.models.account import Account, Device, Incident, LinkSession, MirroredObject, WhatsAppAccount
from messaging.models.automation import AutoReply, AutoReplyRule, ConsentReply, ConsentWords, OptOutDoubt
from messaging.models.callback import Callback, Exchange
from messaging.models.clock import Heartbeat, Tally
from messaging.models.conversation import Conversation
from messaging.models.echo import Echo
from messaging.models.kept import KeptObject
from messaging.models.label import Label
from messaging.models.line import Line
from messaging.models.lookups import Is
from messaging.models.media import MediaFile
from messaging.models.message import Batch, Message, MessageEvent
from messaging.models.mirror import MirrorChange, MirrorJob, MirrorProblem, MirrorState, OptOutPush, PersonThere
from messaging.models.rate import Rate
from messaging.models.reminder import Reminder, ReminderFire, ReminderSending
from messaging.models.team import CannedReply, ConversationEvent, Draft, SearchWord
from messaging.models.webhook import Webhook, WebhookDelivery

__all__ = [
    "Account",
    "AutoReply",
    "AutoReplyRule",
    "Batch",
    "Callback",
    "CannedReply",
    "ConsentReply",
    "ConsentWords",
    "Conversation",
    "ConversationEvent",
    "Device",
    "Draft",
    "Echo",
    "Exchange",
    "Heartbeat",
    "Incident",
    "Is",
    "KeptObject",
    "Label",
    "Line",
    "LinkSession",
    "MediaFile",
    "Message",
    "MessageEvent",
    "MirrorChange",
    "MirrorJob",
    "MirrorProblem",
    "MirrorState",
    "MirroredObject",
    "OptOutDoubt",
    "OptOutPush",
    "PersonThere",
    "Rate",
    "Reminder",
    "ReminderFire",
    "ReminderSending",
    "SearchWord",
    "Tally",
    "Webhook",
    "WebhookDelivery",
    "WhatsAppAccount",
]
