"""Every call of the Wablas API (73), in the gateway's own words; the resources are in the files beside this one."""

from messaging.providers.wablas.bulk import Bulk, ContactGroupMessages
from messaging.providers.wablas.devices import Devices
from messaging.providers.wablas.messages import Messages
from messaging.providers.wablas.people import Agents, AutoReplies, Contacts
from messaging.providers.wablas.reports import Reports
from messaging.providers.wablas.schedules import Reminders, Schedules


class WablasClient(
    Devices, Messages, Bulk, ContactGroupMessages, Reports, Schedules, Reminders, Agents, Contacts, AutoReplies
):
    """One device at one server. Answers are judged (judge.py) and returned parsed; no call is ever repeated."""
