"""Campaigns, and one row per person in them."""

from campaigns.models.book_check import BookCheck
from campaigns.models.campaign import Campaign, CampaignEvent
from campaigns.models.flight_plan import FlightPlan
from campaigns.models.gateway_run import GatewayRun
from campaigns.models.link import Click, TrackedLink
from campaigns.models.panic import PanicStop, TakeBack
from campaigns.models.recipient import Recipient
from campaigns.models.reply import Reply
from campaigns.models.report import ReportCount, ReportFile
from campaigns.models.series import Occurrence, Series
from campaigns.models.template import Tag, Template
from campaigns.models.variant import Variant

__all__ = [
    "BookCheck",
    "Campaign",
    "CampaignEvent",
    "Click",
    "FlightPlan",
    "GatewayRun",
    "Occurrence",
    "PanicStop",
    "Recipient",
    "Reply",
    "ReportCount",
    "ReportFile",
    "Series",
    "Tag",
    "TakeBack",
    "Template",
    "TrackedLink",
    "Variant",
]
