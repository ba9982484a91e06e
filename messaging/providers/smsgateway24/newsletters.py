"""Newsletters: SMSGateway24's campaigns to everybody under a tag (docs/endpoints.md 4.2 rows 5 to 8). They are saved by call and
started by a tap on the phone. No call starts, stops, deletes or lists one; its messages carry its id (`paketid`)."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from messaging.providers.errors import MessageRejected, NotSent, OutcomeUnknown, ProviderError, Reason
from messaging.providers.shapes import CampaignPlan, CampaignResult, Outgoing, PushedCampaign
from messaging.providers.smsgateway24.client import Client
from messaging.providers.smsgateway24.reading import INCOMING, number, rows_of
from messaging.providers.smsgateway24.sent import SLACK, report_of

SIZE = 200  # each number is a call of its own, and each newsletter a tap on the phone
AT_ONCE = 8


def push(client: Client, plan: CampaignPlan) -> PushedCampaign:
    """A new tag, the numbers under it, and the newsletter to it. Only the newsletter's own answer can leave a doubt: before
    it there is nothing that could be sent."""
    try:
        tag = client.savetag(title=plan.name)
        left_out = _put_under(client, tag, plan.phones)
    except OutcomeUnknown as problem:
        raise NotSent(problem.reason, problem.detail) from None
    if len(left_out) == len(plan.phones):
        raise MessageRejected(Reason.INVALID_NUMBER, "the gateway takes none of the numbers")
    remote_id = client.savepaket(
        title=plan.name, device_id=plan.route.address, body=plan.body, tags=[tag], sim=plan.route.slot or 0
    )
    return PushedCampaign(remote_id=remote_id, left_out=left_out)


def results(client: Client, plan: CampaignPlan, pushed: PushedCampaign) -> list[CampaignResult]:
    """By the newsletter's id; by its unique title where the answer with the id got lost."""
    begin = plan.pushed_at - SLACK if plan.pushed_at else None
    rows = rows_of(client.getallsms(device_id=plan.route.address, begindate=begin).get("smss"))
    return [result for row in rows if _is_of(row, plan, pushed) and (result := _result(row, plan))]


def _put_under(client: Client, tag: str, phones: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the numbers that the gateway refuses."""

    def put(phone: str) -> ProviderError | None:
        try:
            client.savecontact(phone=phone, tag_id=tag)
        except ProviderError as problem:
            return problem
        return None

    with ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="newsletter") as pool:
        problems = dict(zip(phones, pool.map(put, phones), strict=True))
    for problem in problems.values():
        if problem is not None and not isinstance(problem, MessageRejected):
            raise problem
    return tuple(phone for phone, problem in problems.items() if problem is not None)


def _is_of(row: Mapping[str, Any], plan: CampaignPlan, pushed: PushedCampaign) -> bool:
    if number(row.get("status")) == INCOMING:
        return False
    if pushed.remote_id:
        return str(row.get("paketid")) == pushed.remote_id
    return str(row.get("pakettitle") or "") == plan.name


def _result(row: Mapping[str, Any], plan: CampaignPlan) -> CampaignResult | None:
    phone = str(row.get("sendto") or "").strip()
    message = Outgoing(reference="", route=plan.route, to=phone, remote_id=str(row["id"]))
    report = report_of(message, row)
    return CampaignResult(phone=phone, body=str(row.get("body") or ""), report=report) if report else None
