"""WhatsApp: docs/endpoints.md 1.2 rows 25 to 46."""

from collections.abc import Sequence
from typing import Any, Literal

from messaging.providers.errors import OutcomeUnknown, Reason
from messaging.providers.zender.calls import PAGE_SIZE, Calls, Files, Row, as_row

ContentType = Literal["text", "media", "document"]
MediaType = Literal["image", "audio", "video"]


class WhatsAppCalls(Calls):
    # 1.2 row 25
    def delete_wa_received(self, *, id: int | str) -> None:
        self._get("delete/wa.received", id=id)

    # 1.2 row 26
    def delete_wa_sent(self, *, id: int | str) -> None:
        """Also drops a chat that is still waiting."""
        self._get("delete/wa.sent", id=id)

    # 1.2 row 27
    def delete_wa_account(self, *, unique: str) -> None:
        """Unlinks the number."""
        self._get("delete/wa.account", unique=unique)

    # 1.2 row 28
    def delete_wa_campaign(self, *, id: int | str) -> None:
        """Sends the id under both names, as for SMS campaigns."""
        self._get("delete/wa.campaign", id=id, campaign=id)

    # 1.2 row 29
    def get_wa_accounts(self, *, limit: int = PAGE_SIZE, page: int = 1) -> list[Row]:
        """Rows of id, phone, unique, status, created. Slow: the gateway asks each account."""
        return self._rows("get/wa.accounts", limit=limit, page=page)

    # 1.2 row 30
    def get_wa_pending(self, *, limit: int = PAGE_SIZE, page: int = 1) -> list[Row]:
        """Rows of id, account (a phone), api, recipient, message, attachment (URL or false), created."""
        return self._rows("get/wa.pending", limit=limit, page=page)

    # 1.2 row 31
    def get_wa_received(self, *, limit: int = PAGE_SIZE, page: int = 1) -> list[Row]:
        """Rows of id, account, recipient (here: the sender), message, attachment, created."""
        return self._rows("get/wa.received", limit=limit, page=page)

    # 1.2 row 32
    def get_wa_message(self, *, id: int | str, type: Literal["sent", "received"]) -> Row:
        """A row of get_wa_sent or get_wa_received. MessageRejected: no such id."""
        return self._row("get/wa.message", id=id, type=type)

    # 1.2 row 33
    def get_wa_sent(self, *, limit: int = PAGE_SIZE, page: int = 1) -> list[Row]:
        """Rows as get_wa_pending with status."""
        return self._rows("get/wa.sent", limit=limit, page=page)

    # 1.2 row 34
    def get_wa_campaigns(self, *, limit: int = PAGE_SIZE, page: int = 1) -> list[Row]:
        """Rows of id, account, type, status, name, contacts, created."""
        return self._rows("get/wa.campaigns", limit=limit, page=page)

    # 1.2 row 35
    def get_wa_group_contacts(self, *, unique: str, gid: str) -> list[Row]:
        """Rows of phone. gid: "…@g.us"."""
        return self._rows("get/wa.group.contacts", unique=unique, gid=gid)

    # 1.2 row 36
    def get_wa_groups(self, *, unique: str) -> list[Row]:
        """Rows of gid, name."""
        return self._rows("get/wa.groups", unique=unique)

    # 1.2 row 37
    def get_wa_qr(self, *, token: str) -> bytes:
        """The QR as PNG. token: from create/wa.link; this call takes no secret."""
        reply = self.http.request("GET", f"{self.root}/get/wa.qr", params={"token": token})
        if reply.content_type.startswith("image/") and reply.status_code < 400:
            return reply.content
        self._judge(reply)
        raise OutcomeUnknown(Reason.UNREADABLE, "the answer is not an image")

    # 1.2 row 38
    def get_wa_servers(self) -> list[Row]:
        """Rows of id, name, on newer installations status and available."""
        return self._rows("get/wa.servers")

    # 1.2 row 39
    def get_wa_info(self, *, token: str) -> Row | None:
        """wid and unique once the phone has scanned, None until then (JSON status 301). Takes no secret."""
        reply = self.http.request("GET", f"{self.root}/get/wa.info", params={"token": token})
        if reply.status_code < 400 and self._envelope(reply)[0] == 301:
            return None
        return as_row(self._judge(reply))

    # 1.2 row 40
    def create_wa_link(self, *, sid: int | str | None = None) -> Row:
        """qrstring, qrimagelink, infolink. sid: a server's id, required by newer installations."""
        return as_row(self._get_in_private("create/wa.link", sid=sid))

    # 1.2 row 41
    def create_wa_relink(self, *, unique: str, sid: int | str | None = None) -> Row:
        """qrstring, qrimagelink; no infolink."""
        return as_row(self._get_in_private("create/wa.relink", unique=unique, sid=sid))

    # 1.2 row 42
    def send_whatsapp_bulk(
        self,
        *,
        account: str,
        campaign: str,
        message: str,
        recipients: Sequence[str] | None = None,
        groups: Sequence[str | int] | None = None,
        type: ContentType = "text",
        media_file: tuple[str, bytes, str] | None = None,
        media_url: str | None = None,
        media_type: MediaType | None = None,
        document_file: tuple[str, bytes, str] | None = None,
        document_url: str | None = None,
        document_name: str | None = None,
        document_type: str | None = None,
        shortener: int | None = None,
    ) -> Row:
        """recipients (E.164 or "…@g.us") or groups (ids); files are (filename, content, MIME type).
        Answers campaignId, messageIds: those need not line up with the recipients (1.6.6)."""
        data = self._post(
            "send/whatsapp.bulk",
            files=_files(media_file=media_file, document_file=document_file),
            account=account,
            campaign=campaign,
            recipients=recipients,
            groups=groups,
            type=type,
            message=message,
            media_url=media_url,
            media_type=media_type,
            document_url=document_url,
            document_name=document_name,
            document_type=document_type,
            shortener=shortener,
        )
        return as_row(data)

    # 1.2 row 43
    def send_whatsapp(
        self,
        *,
        account: str,
        recipient: str,
        message: str,
        type: ContentType = "text",
        priority: int | None = None,
        media_file: tuple[str, bytes, str] | None = None,
        media_url: str | None = None,
        media_type: MediaType | None = None,
        document_file: tuple[str, bytes, str] | None = None,
        document_url: str | None = None,
        document_name: str | None = None,
        document_type: str | None = None,
        shortener: int | None = None,
    ) -> Row:
        """recipient: E.164 or "…@g.us"; priority: 1 now, 2 queued; document_type: pdf, xml, xls, xlsx, doc or docx.
        Answers messageId, also for an error that came after the row was made."""
        data = self._post(
            "send/whatsapp",
            files=_files(media_file=media_file, document_file=document_file),
            account=account,
            recipient=recipient,
            type=type,
            message=message,
            priority=priority,
            media_url=media_url,
            media_type=media_type,
            document_url=document_url,
            document_name=document_name,
            document_type=document_type,
            shortener=shortener,
        )
        return as_row(data)

    # 1.2 row 44
    def remote_start_chats(self, *, campaign: int | str) -> None:
        """Resumes a WhatsApp campaign."""
        self._get("remote/start.chats", campaign=campaign)

    # 1.2 row 45
    def remote_stop_chats(self, *, campaign: int | str) -> None:
        """Pauses a WhatsApp campaign."""
        self._get("remote/stop.chats", campaign=campaign)

    # 1.2 row 46
    def validate_whatsapp(self, *, unique: str, phone: str) -> Row:
        """jid, phone. MessageRejected(NOT_ON_WHATSAPP) for a number without WhatsApp. phone: E.164."""
        return as_row(self._get("validate/whatsapp", unique=unique, phone=phone))


def _files(**files: tuple[str, bytes, str] | None) -> Files:
    given: dict[str, Any] = {name: file for name, file in files.items() if file}
    return given
