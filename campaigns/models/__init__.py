"""Campaigns, and one row per person in them."""

from campaigns.models.campaign import Campaign, CampaignEvent
from campaigns.models.recipient import Recipient

__all__ = ["Campaign", "CampaignEvent", "Recipient"]
