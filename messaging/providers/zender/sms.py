"""SMS: docs/endpoints.md 1.2 rows 12 to 23."""

from collections.abc import Sequence
from typing import Literal

from messaging.providers.zender.calls import PAGE_SIZE, Calls, Row, as_row

Mode = Literal["devices", "credits"]


class SmsCalls(Calls):
    # 1.2 row 12
    def delete_sms_received(self, *, id: int | str) -> None:
        self._get("delete/sms.received", id=id)

    # 1.2 row 13
    def delete_sms_campaign(self, *, id: int | str) -> None:
        """The document says `id`, the program reads `campaign`: both are sent."""
        self._get("delete/sms.campaign", id=id, campaign=id)

    # 1.2 row 14
    def delete_sms_sent(self, *, id: int | str) -> None:
        """Also drops a message that is still waiting."""
        self._get("delete/sms.sent", id=id)

    # 1.2 row 15
    def get_sms_pending(self, *, limit: int = PAGE_SIZE, page: int = 1) -> list[Row]:
        """Rows of id, mode, sender, sender_type, sim, priority, api, recipient, message, created; no status.
        `priority` true means normal, not high (1.6.9)."""
        return self._rows("get/sms.pending", limit=limit, page=page)

    # 1.2 row 16
    def get_sms_received(self, *, limit: int = PAGE_SIZE, page: int = 1) -> list[Row]:
        """Rows of id, device, sender (a phone or a name), message, created (unix seconds)."""
        return self._rows("get/sms.received", limit=limit, page=page)

    # 1.2 row 17
    def get_sms_campaigns(self, *, limit: int = PAGE_SIZE, page: int = 1) -> list[Row]:
        """Rows of id, sender, sender_type, status, name, contacts, created."""
        return self._rows("get/sms.campaigns", limit=limit, page=page)

    # 1.2 row 18
    def get_sms_message(self, *, id: int | str, type: Literal["sent", "received"]) -> Row:
        """The only place that shows a message the phone has taken and not sent yet (1.6.4). MessageRejected: no such id."""
        return self._row("get/sms.message", id=id, type=type)

    # 1.2 row 19
    def get_sms_sent(self, *, limit: int = PAGE_SIZE, page: int = 1) -> list[Row]:
        """Rows as get_sms_pending with status and status_code."""
        return self._rows("get/sms.sent", limit=limit, page=page)

    # 1.2 row 20
    def send_sms_bulk(
        self,
        *,
        mode: Mode,
        campaign: str,
        message: str,
        numbers: Sequence[str] | None = None,
        groups: Sequence[str | int] | None = None,
        device: str | None = None,
        gateway: str | None = None,
        sim: int | None = None,
        priority: int | None = None,
        shortener: int | None = None,
    ) -> Row:
        """numbers (E.164) or groups (ids); device for mode devices, gateway for credits; priority: 0 or 1 high, 2 normal.
        Answers {} on most installations: there are no ids to follow (1.6.6)."""
        data = self._post(
            "send/sms.bulk",
            mode=mode,
            campaign=campaign,
            numbers=numbers,
            groups=groups,
            message=message,
            device=device,
            gateway=gateway,
            sim=sim,
            priority=priority,
            shortener=shortener,
        )
        return as_row(data)

    # 1.2 row 21
    def send_sms(
        self,
        *,
        mode: Mode,
        phone: str,
        message: str,
        device: str | None = None,
        gateway: str | None = None,
        sim: int | None = None,
        priority: int | None = None,
        shortener: int | None = None,
    ) -> Row:
        """phone: E.164; sim: 1 or 2; priority: 0 or 1 high, 2 normal. Answers messageId."""
        data = self._post(
            "send/sms",
            mode=mode,
            phone=phone,
            message=message,
            device=device,
            gateway=gateway,
            sim=sim,
            priority=priority,
            shortener=shortener,
        )
        return as_row(data)

    # 1.2 row 22
    def remote_start_sms(self, *, campaign: int | str) -> None:
        """MessageRejected(NOT_SUPPORTED) for a campaign over a paid gateway."""
        self._get("remote/start.sms", campaign=campaign)

    # 1.2 row 23
    def remote_stop_sms(self, *, campaign: int | str) -> None:
        """MessageRejected(NOT_SUPPORTED) for a campaign over a paid gateway."""
        self._get("remote/stop.sms", campaign=campaign)
