"""Campaigns, and one row per person in them."""

from campaigns.models.book_check import BookCheck
from campaigns.models.campaign import Campaign, CampaignEvent
from campaigns.models.gateway_run import GatewayRun
from campaigns.models.panic import PanicStop, TakeBack
from campaigns.models.recipient import Recipient
from campaigns.models.reply import Reply

__all__ = ["BookCheck", "Campaign", "CampaignEvent", "GatewayRun", "PanicStop", "Recipient", "Reply", "TakeBack"]
