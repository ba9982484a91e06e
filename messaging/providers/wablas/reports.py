"""Messages that were handed over: what became of them, and taking them back. docs/endpoints.md 3.2 rows 25, 26, 37–41, 72."""

from typing import Literal

from messaging.providers.wablas.judge import Answer
from messaging.providers.wablas.session import Session, segment

ReportStatus = Literal["", "pending", "cancel", "read", "sent"]
MediaType = Literal["image", "video", "audio", "document"]


class Reports(Session):
    """Reports and files. Ids are the uuids from sending; `id` takes several, comma separated."""

    def report_message(
        self,
        *,
        message_id: str = "",
        ref_id: str = "",
        phone: str = "",
        device: str = "",
        status: ReportStatus = "",
        date: str = "",
        type: str = "",
        text: str = "",
        page: int = 1,
        per_page: int = 100,
    ) -> Answer:
        """`message` is the list: id, phone {from, to}, category, text, URL_file, status, ref_id, date {created_at,
        updated_at} in Jakarta's time. device: a serial or "all". date: yyyy-mm-dd. per_page: `perPage`. Throttled
        (429 or "limit exceeded")."""
        # 3.2 row 25
        query = {
            "message_id": message_id,
            "ref_id": ref_id,
            "phone": phone,
            "device": device,
            "status": status,
            "date": date,
            "type": type,
            "text": text,
            "page": page,
            "perPage": per_page,
        }
        return self._call("GET", "/api/report/message", query=query)

    def report_realtime(self, *, message_id: str = "", page: int = 1, limit: int = 1000) -> Answer:
        """Today's messages only. message_id: several, comma. limit: at most 1000. Rows have `message`, `file`."""
        # 3.2 row 26
        return self._call("GET", "/api/report-realtime", query={"message_id": message_id, "page": page, "limit": limit})

    def resend_message(self, *, id: str) -> Answer:
        """Send the same messages once more."""
        # 3.2 row 37
        return self._call("GET", "/api/resend-message", query={"id": id})

    def cancel_message(self, *, id: str) -> Answer:
        """Drop pending messages: `data.messages` has one row each, {"message": why, "status": false} if it was late."""
        # 3.2 row 38
        return self._call("GET", "/api/cancel-message", query={"id": id})

    def cancel_all_messages(self) -> Answer:
        """Drop everything that is pending on the whole device, whoever queued it."""
        # 3.2 row 39
        return self._call("GET", "/api/cancel-all-message")

    def revoke_message(self, *, id: str) -> Answer:
        """Delete sent messages from the recipients' phones."""
        # 3.2 row 40
        return self._call("GET", "/api/revoke-message", query={"id": id})

    def upload(self, *, type: MediaType, file: bytes, name: str, mime: str) -> Answer:
        """Keep a file (at most 2 MB) at the gateway; `data.messages[0].url` is its public address."""
        # 3.2 row 41
        return self._call("POST", f"/api/upload/{segment(type)}", files={"file": (name, file, mime)})

    def delete_media(self, *, id: str) -> Answer:
        """Remove the file of a message. id: the message's."""
        # 3.2 row 72
        return self._call("DELETE", f"/api/v2/media/delete/{segment(id)}")
