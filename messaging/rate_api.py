"""REST calls about prices."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema, Status

from messaging import rates
from messaging.api import acting
from messaging.models import Account, Rate

router = Router(tags=["rates"])


class RateIn(Schema):
    price: Decimal
    currency: str
    country: str = ""
    channel: Literal["sms", "whatsapp"] = "sms"


class RateOut(Schema):
    id: int
    channel: str
    country: str
    price: Decimal
    currency: str
    changed_at: datetime


@router.get("/accounts/{account_id}/rates", response=dict[str, Any])
def list_rates(request: HttpRequest, account_id: int) -> dict[str, Any]:
    """rates: kept by hand; a country of "" is all others. gateway: what it lists for its paid routes. Prices are text."""
    acting(request, "messaging.view_rate")
    account = get_object_or_404(Account, pk=account_id)
    routes = [
        {
            "name": route.name, "currency": route.currency, "countries": {code: str(price) for code, price in route.countries},
            "default": None if route.default is None else str(route.default),
        }
        for route in rates.listed_routes(account)
    ]  # fmt: skip
    return {"rates": [RateOut.from_orm(rate).model_dump() for rate in account.rates.all()], "gateway": routes}


@router.post("/accounts/{account_id}/rates", response=list[RateOut])
def keep_rates(request: HttpRequest, account_id: int, data: list[RateIn]) -> list[Rate]:
    """Keep prices, each replacing the one of the same channel and country; all of them or none."""
    acting(request, "messaging.add_rate")
    acting(request, "messaging.change_rate")
    account = get_object_or_404(Account, pk=account_id)
    with transaction.atomic():
        return [
            rates.save(
                account=account, channel=each.channel, country=each.country, price=each.price, currency=each.currency
            )
            for each in data
        ]


@router.delete("/rates/{rate_id}", response={204: None})
def delete_rate(request: HttpRequest, rate_id: int) -> Status[None]:
    acting(request, "messaging.delete_rate")
    get_object_or_404(Rate, pk=rate_id).delete()
    return Status(204, None)
