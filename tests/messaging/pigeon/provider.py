"""The pigeon post behind the contract: payload, parse and word map."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from hmac import compare_digest
from typing import Any

from messaging.providers.base import Capabilities, CredentialField, Provider
from messaging.providers.errors import CallbackRejected, MessageRejected, Reason
from messaging.providers.shapes import (
    Accepted,
    AccountInfo,
    Callback,
    Found,
    Incoming,
    News,
    NotFound,
    Outcome,
    Outgoing,
    RemoteLine,
    Route,
    Status,
    StatusReport,
)
from tests.messaging.pigeon.client import PigeonClient

STATES: Mapping[str, Status] = {"perched": "accepted", "aloft": "sent", "landed": "delivered", "astray": "failed"}


class PigeonProvider(Provider):
    """A few letters a flight, our mark on each of them."""

    slug, label = "pigeon", "Pigeon post"
    default_base_url = "https://dovecote.example"
    capabilities = Capabilities(
        channels=("sms",),
        text_limit=60,
        batch_size=3,
        connections=2,
        client_reference=True,
        report_poll=True,
        report_words=("sent", "delivered", "failed"),
        inbound_poll=True,
        callbacks=True,
        find=True,
    )
    credential_fields = (
        CredentialField(name="key", label="Key of the dovecote"),
        CredentialField(name="loft", label="Loft", is_secret=False, is_required=False, help_text="Which side."),
    )

    @cached_property
    def client(self) -> PigeonClient:
        return PigeonClient(base_url=self.base_url, key=self.credentials["key"], http=self.http)

    def check(self) -> AccountInfo:
        nest = self.client.nest()
        return AccountInfo(label=str(nest["name"]), quota={"flights": {"used": 0, "limit": int(nest["grain"])}})

    def fetch_lines(self) -> list[RemoteLine]:
        return [
            RemoteLine(
                route=Route(channel="sms", kind="paid", address=row["ring"]),
                label=f"Pigeon {row['ring']}",
                phone=row["number"],
                is_connected=row["awake"],
            )
            for row in self.client.pigeons()
        ]

    def send(self, messages: Sequence[Outgoing]) -> list[Outcome]:
        letters = [{"mark": message.reference, "to": message.to, "text": message.body} for message in messages]
        return [_outcome(row) for row in self.client.release(ring=messages[0].route.address, letters=letters)]

    def fetch_reports(self, messages: Sequence[Outgoing]) -> list[StatusReport]:
        return [_report(row) for row in self.client.letters(marks=[message.reference for message in messages])]

    def fetch_incoming(self, since: datetime | None) -> list[Incoming]:
        return [_incoming(row) for row in self.client.replies()]

    def find(self, message: Outgoing) -> Found | NotFound:
        rows = self.client.letters(marks=[message.reference])
        return Found(remote_id=rows[0]["id"], status=STATES[rows[0]["state"]]) if rows else NotFound()

    def verify_callback(self, callback: Callback) -> None:
        if not compare_digest(callback.headers.get("x-feather", ""), self.credentials["key"][::-1]):
            raise CallbackRejected(Reason.BAD_CREDENTIALS)

    def parse_callback(self, callback: Callback) -> list[News]:
        row = json.loads(callback.body)
        return [_report(row) if "state" in row else _incoming(row)]


def _outcome(row: dict[str, Any]) -> Outcome:
    if "huff" in row:
        return MessageRejected(Reason.INVALID_NUMBER, row["huff"])
    return Accepted(remote_id=row["id"], raw=row)


def _report(row: dict[str, Any]) -> StatusReport:
    status = STATES[row["state"]]
    reason = Reason.NOT_DELIVERED if status == "failed" else None
    return StatusReport(status=status, remote_id=row["id"], reference=row["mark"], reason=reason, raw=row)


def _incoming(row: dict[str, Any]) -> Incoming:
    at = datetime.fromtimestamp(row["at"], UTC)
    return Incoming(channel="sms", sender=row["number"], body=row["text"], at=at, remote_id=row["id"], raw=row)
