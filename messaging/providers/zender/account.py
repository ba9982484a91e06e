"""Our subscription, one-time codes, prices, and the Android phones with their notifications and USSD:
docs/endpoints.md 1.2 rows 1, 10, 11, 24 and 47 to 52."""

from typing import Literal

from messaging.providers.zender.calls import PAGE_SIZE, Calls, Row, as_row


class AccountCalls(Calls):
    # 1.2 row 1
    def get_subscription(self) -> Row:
        """name, and usage: word → {used, limit}; limit 0 is no limit. 403 when the account has no package."""
        return self._row("get/subscription")

    # not in the vendor's document, real all the same (docs/wire.md 1.2, below the table)
    def get_credits(self) -> Row:
        """credits (a number as text), currency."""
        return self._row("get/credits")

    # 1.2 row 10
    def send_otp(
        self,
        *,
        type: Literal["sms", "whatsapp"],
        message: str,
        phone: str,
        expire: int | None = None,
        priority: int | None = None,
        account: str | None = None,
        mode: Literal["devices", "credits"] | None = None,
        device: str | None = None,
        gateway: str | None = None,
        sim: int | None = None,
    ) -> Row:
        """message: with {{otp}} where the code goes; expire: seconds (300); priority: WhatsApp, 1 now, 2 queued.
        WhatsApp needs account; SMS needs mode with device (and sim 1 or 2) or gateway.
        Answers phone, message (the code is in it: never log), messageId, otp (number of 6 digits)."""
        data = self._post_in_private(
            "send/otp",
            type=type,
            message=message,
            phone=phone,
            expire=expire,
            priority=priority,
            account=account,
            mode=mode,
            device=device,
            gateway=gateway,
            sim=sim,
        )
        return as_row(data)

    # 1.2 row 11
    def get_otp(self, *, otp: str) -> None:
        """Uses the code up. MessageRejected when it is wrong or expired. The gateway binds it to no phone."""
        self._get("get/otp", otp=otp)

    # 1.2 row 24
    def get_rates(self) -> Row:
        """gateways: rows of id, name, currency, pricing (prices as text); partners: rows of unique, name, sim, rate …"""
        return self._row("get/rates")

    # 1.2 row 47
    def delete_notification(self, *, id: int | str) -> None:
        self._get("delete/notification", id=id)

    # 1.2 row 48
    def get_devices(self, *, limit: int = PAGE_SIZE, page: int = 1) -> list[Row]:
        """Rows of id (text), unique, name, version, manufacturer, limit_*, partner_*, created (unix seconds)."""
        return self._rows("get/devices", limit=limit, page=page)

    # 1.2 row 49
    def delete_ussd(self, *, id: int | str) -> None:
        self._get("delete/ussd", id=id)

    # 1.2 row 50
    def get_ussd(self, *, limit: int = PAGE_SIZE, page: int = 1) -> list[Row]:
        """Rows of id, device, sim, code, response, status, created (unix seconds)."""
        return self._rows("get/ussd", limit=limit, page=page)

    # 1.2 row 51
    def send_ussd(self, *, code: str, sim: int, device: str) -> None:
        """sim: 1 or 2; device: its unique id. The answer arrives later in get/ussd."""
        self._post("send/ussd", code=code, sim=sim, device=device)

    # 1.2 row 52
    def get_shorteners(self) -> list[Row]:
        """Rows of id, name."""
        return self._rows("get/shorteners")
