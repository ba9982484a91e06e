"""Writing into Wablas' address book, and its blacklist. An answer of `status` true says nothing about its items (3.6.5)."""

from collections.abc import Callable, Sequence
from typing import Any

from messaging.providers.errors import MessageRejected, OutcomeUnknown, ProviderError, Reason
from messaging.providers.shapes import Accepted, AlreadyThere, PushOutcome, RemoteObject, RemotePerson
from messaging.providers.wablas.client import WablasClient
from messaging.providers.wablas.judge import Answer, rows_in
from messaging.providers.wablas.people import ContactItem
from messaging.providers.wablas.words import phone_key, to_phone

DELETES: dict[str, Callable[[WablasClient, RemoteObject], Any]] = {
    "contact": lambda client, item: client.delete_contacts(phone=to_phone(item.phone)),
    "autoreply": lambda client, item: client.delete_autoreply(id=item.remote_id),
}


def push_people(client: WablasClient, people: Sequence[RemotePerson], group: str) -> list[PushOutcome]:
    """Contacts first, then all of them that exist into the group, which the gateway knows by its name and makes by itself."""
    told = _by_phone(client.add_contacts([_item(person) for person in people]).get("data"))
    outcomes: list[PushOutcome] = [_outcome(told.get(phone_key(person.phone)), person) for person in people]
    there = [place for place, outcome in enumerate(outcomes) if isinstance(outcome, Accepted | AlreadyThere)]
    if there:
        phones = ",".join(to_phone(people[place].phone) for place in there)
        refused = {
            phone_key(row.get("phone")): row
            for row in rows_in(client.add_group(name=group, phone=phones).get("data"))
            if row.get("status") is not True and row.get("phone")
        }
        for place in there:
            if row := refused.get(phone_key(people[place].phone)):
                outcomes[place] = MessageRejected(Reason.REJECTED, str(row.get("message") or "not put into the group"))
    return outcomes


def remove_person(client: WablasClient, phone: str, group: str) -> bool:
    """One phone in a call: what is told about each names it only within a sentence (3.2 row 34)."""
    rows = rows_in(client.delete_group_phone(name=group, phone=to_phone(phone)).get("data"))
    if len(rows) != 1:
        raise OutcomeUnknown(Reason.UNREADABLE, "the answer does not mention this phone")
    words = str(rows[0].get("info") or rows[0].get("message") or "")
    if rows[0].get("status") is True:
        return True
    if "not found" in words.lower():
        return False
    raise MessageRejected(Reason.REJECTED, words or "no explanation")


def update_person(client: WablasClient, person: RemotePerson) -> None:
    rows = _by_phone(client.update_contacts([_item(person)]).get("data"))
    row = rows.get(phone_key(person.phone))
    if row is None or row.get("status") is not True:
        raise MessageRejected(Reason.REJECTED, str((row or {}).get("message") or "the answer does not mention it"))


def delete(client: WablasClient, item: RemoteObject) -> None:
    DELETES[item.kind](client, item)


def _item(person: RemotePerson) -> ContactItem:
    return {"phone": to_phone(person.phone), "name": person.name or person.phone}


def _by_phone(data: Any) -> dict[str, Answer]:
    rows = rows_in(data.get("messages")) if isinstance(data, dict) else rows_in(data)
    return {phone_key(row.get("phone")): row for row in rows}


def _outcome(row: Answer | None, person: RemotePerson) -> PushOutcome:
    if row is None:
        return ProviderError(Reason.UNREADABLE, "the answer does not mention this phone")
    if row.get("status") is True:
        return Accepted(remote_id="", raw=row)
    words = str(row.get("message") or "")
    if "already" in words.lower():
        return AlreadyThere(note=words)
    return MessageRejected(Reason.INVALID_NUMBER if "phone" in words.lower() else Reason.REJECTED, words)
