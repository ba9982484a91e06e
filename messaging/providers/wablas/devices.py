"""The linked phone itself: number check, state, addresses it calls, restart, token. docs/endpoints.md 3.2 rows 1–14."""

from typing import Any, Literal

from messaging.providers.http import Reply
from messaging.providers.wablas.judge import Answer, judge
from messaging.providers.wablas.session import Session

Bank = Literal["BCA", "BRI", "MANDIRI", "BNI"]
Product = Literal["lite", "small", "medium", "large", "enterprise"]
Periode = Literal["monthly", "quarterly", "half-yearly", "yearly"]


class Devices(Session):
    """Calls about the device. Those that destroy something say so."""

    def check_phone_number(self, *, phones: str) -> Answer:
        """phones: one or several, comma. `data`: [{phone, status: online|offline}]; the top `status` is "success"."""
        # 3.2 row 1
        reply = self.http.request(
            "GET",
            f"{self.number_check_root}/check-phone-number",
            params={"phones": phones},
            headers={"Authorization": self.token, "url": self.root},
        )
        return judge(reply, self.http.secrets)

    def create_device(
        self, *, name: str, phone: str, bank: Bank, product: Product, periode: Periode = "monthly"
    ) -> Answer:
        """Order another device: the gateway writes an invoice. `data`: device, numberInvoice, total, due_date, bank."""
        # 3.2 row 2
        form = {"name": name, "phone": phone, "bank": bank, "product": product, "periode": periode}
        return self._call("POST", "/api/device/create", form=form)

    def device_info(self) -> Answer:
        """`data`: name, serial, sender, quota (int or "unlimited"), expired_date, active, status."""
        # 3.2 row 3
        return self._call("GET", "/api/device/info", shows="query token only")

    def list_server(self) -> Answer:
        """`server`: the names of the servers an account can live on."""
        # 3.2 row 4
        return self._call("GET", "/api/list-server", shows="query")

    def scan_device(self) -> Reply:
        """The HTML page with a new QR, unjudged. It carries the token: never hand it to a browser."""
        # 3.2 row 5
        return self._request("GET", "/api/device/scan", shows="query token only")

    def change_number(self, *, phone: str) -> Answer:
        """Give the device another phone number."""
        # 3.2 row 6
        return self._call("POST", "/api/device/change-number", form={"phone": phone})

    def change_webhook_url(self, *, webhook_url: str) -> Answer:
        """Where incoming messages are posted."""
        # 3.2 row 7
        return self._call("POST", "/api/device/change-webhook-url", form={"webhook_url": webhook_url})

    def change_tracking_url(self, *, tracking_url: str) -> Answer:
        """Where status changes are posted."""
        # 3.2 row 8
        return self._call("POST", "/api/device/change-tracking-url", form={"tracking_url": tracking_url})

    def change_closing(self, *, closing: str) -> Answer:
        """The text that is sent when a chat is closed."""
        # 3.2 row 9
        return self._call("POST", "/api/device/change-closing", form={"closing": closing})

    def generate_token(self) -> str:
        """A new token. The old one dies with this call, so a lost answer means a visit to the panel."""
        # 3.2 row 10
        answer = self._call("GET", "/api/device/generate-token", keeps_answer=False)
        data: Any = answer.get("data")
        token = str(data.get("token") or "") if isinstance(data, dict) else ""
        self.http.add_secret(token)
        return token

    def disconnect_device(self) -> Answer:
        """Log the phone out: nothing is sent until somebody scans again."""
        # 3.2 row 11
        return self._call("GET", "/api/device/disconnect")

    def restart_device(self) -> Answer:
        """Restart the device's connection."""
        # 3.2 row 12
        return self._call("GET", "/api/device/restart")

    def delete_device(self) -> Answer:
        """Delete an expired device for good."""
        # 3.2 row 13
        return self._call("DELETE", "/api/device/delete")

    def device_speed(self, *, delay: int) -> Answer:
        """delay: 10 to 120 seconds for every 5 messages. The answer's sentence is inside `data`."""
        # 3.2 row 14
        return self._call("POST", "/api/device/speed", form={"delay": delay})
