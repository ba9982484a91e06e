"""When a campaign does so badly that it had better stop by itself. Judged from the newest outcomes: a handful of rows."""

from django.conf import settings

from campaigns.models import Campaign, CampaignEvent, Recipient
from messaging.models import Message
from messaging.providers.errors import Reason

S = Campaign.State
R = Recipient.State
WINDOW = 100  # outcomes over which the rate is taken
ENDED = (R.FAILED, R.ACCEPTED, R.SENT, R.DELIVERED, R.READ)  # of an unknown outcome nothing can be said


def trouble(campaign: Campaign) -> str:
    """ERROR_STREAK or ERROR_RATE, or "" when it may go on. After somebody resumed it, it is judged afresh."""
    outcomes = _newest(campaign)
    streak, percent = settings.PAUSE_AFTER_FAILURES, settings.PAUSE_AT_FAILED_PERCENT
    if streak and len(outcomes) >= streak and all(outcomes[:streak]):
        return Reason.ERROR_STREAK
    if percent and len(outcomes) == WINDOW and sum(outcomes) * 100 > percent * WINDOW:
        return Reason.ERROR_RATE
    return ""


def _newest(campaign: Campaign) -> list[bool]:
    """Whether each of the last people failed, the newest first. What never reached a gateway, or what a person decided,
    says nothing. By their messages, which an index has in the order in which they were written: people are not always
    written to in the order of their ids."""
    size = max(WINDOW, settings.PAUSE_AFTER_FAILURES)
    resumed = CampaignEvent.objects.filter(campaign=campaign, before=S.PAUSED, after=S.RUNNING).order_by("-id")
    since = resumed.values_list("at", flat=True).first()
    found: list[tuple[int, bool]] = []
    for state in ENDED:
        messages = Message.objects.filter(batch=campaign.batch_id, status=state, recipient__isnull=False)
        rows = (
            messages.exclude(reason__in=[Reason.DROPPED, Reason.RESENT])
            .order_by("-id")
            .values_list("id", "attempted_at")[:size]
        )
        found += [(pk, state == R.FAILED) for pk, at in rows if at and (since is None or at > since)]
    return [is_failed for _pk, is_failed in sorted(found, reverse=True)][:size]
