"""How a campaign stands that gateways send by themselves, for its page: each piece, and in words what cannot be known."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import Campaign, GatewayRun
from messaging.models import Message
from messaging.providers import PROVIDERS
from messaging.reasons import sentence

Run = GatewayRun.State
SHOWN = 100


@dataclass(frozen=True, kw_only=True)
class Piece:
    """sentence: why it stands as it does, "" when there is nothing to say. can_decide: a person is asked what to do."""

    run: GatewayRun
    sentence: str
    can_decide: bool


@dataclass(frozen=True, kw_only=True)
class Standing:
    """pieces: the first of them; total: how many there are. limits: what staff have to know, a sentence each."""

    pieces: list[Piece]
    total: int
    limits: list[str]


def standing_of(campaign: Campaign) -> Standing:
    """Everything the page shows of it: a few queries, however many people."""
    runs = list(campaign.gateway_runs.select_related("line__account")[:SHOWN])
    total = campaign.gateway_runs.count() if len(runs) == SHOWN else len(runs)
    return Standing(pieces=[_piece(run) for run in runs], total=total, limits=list(_limits(campaign)))


def _piece(run: GatewayRun) -> Piece:
    return Piece(run=run, sentence=_sentence(run), can_decide=run.state == Run.UNKNOWN and run.look_at is None)


def _sentence(run: GatewayRun) -> str:
    if run.state == Run.UNKNOWN:
        if run.look_at is None:
            return _("Its answer got lost, and the gateway shows no campaign of this name. Look there, then decide.")
        return _("Its answer got lost. The gateway is being asked whether it has a campaign of this name.")
    if run.state == Run.GONE:
        return _("The gateway lists it no longer: somebody deleted it there. What was not sent by then is not sent.")
    if run.state == Run.PAUSED and run.asked == GatewayRun.Asked.START:
        return _("Somebody stopped it at the gateway. Pause and resume this campaign to let it go on.")
    return sentence(run.reason)


def _limits(campaign: Campaign) -> list[str]:
    cans = [PROVIDERS[line.account.provider].capabilities for line in campaign.lines.select_related("account")]
    found = [
        _("The gateway sends by itself, at its own pace, and goes on when this server is off. The lines' pace, limits and hours here do not apply."),
        _("Each person's message is found again in the gateway's lists. Until then all that is known is that it was accepted."),
    ]  # fmt: skip
    if any(not can.campaign_kinds for can in cans):
        found.append(
            _(
                "It starts when somebody taps start on the phone. It cannot be stopped or taken back from here, only there."
            )
        )
    if count := _not_recognised(campaign):
        found.append(
            ngettext(
                "%(n)s message was not found in the gateway's lists so far: whether it left cannot be told.",
                "%(n)s messages were not found in the gateway's lists so far: whether they left cannot be told.",
                count,
            )
            % {"n": count}
        )
    return found


def _not_recognised(campaign: Campaign) -> int:
    if campaign.batch_id is None:
        return 0
    return Message.objects.filter(batch=campaign.batch_id, status=Message.Status.ACCEPTED, remote_id="").count()
