"""Writing into Zender's address book: people and groups go in one by one, and what goes out is deleted by its id."""

from collections.abc import Callable, Sequence

from messaging.providers.errors import MessageRejected, OutcomeUnknown, ProviderError, Reason
from messaging.providers.shapes import OPT_OUTS, Accepted, AlreadyThere, PushOutcome, RemoteObject, RemotePerson
from messaging.providers.zender.client import ZenderClient
from messaging.providers.zender.paging import read_pages

SHORTEST_NAME = 2  # "Contact name is too short!"; the phone stands in for a shorter one
DELETES: dict[str, Callable[[ZenderClient, str], None]] = {
    "contact": lambda client, key: client.delete_contact(id=key),
    "contact_group": lambda client, key: client.delete_group(id=key),
    OPT_OUTS: lambda client, key: client.delete_unsubscribed(id=key),
    "ussd": lambda client, key: client.delete_ussd(id=key),
}


def push_group(client: ZenderClient, name: str) -> str:
    """The id of the group with this name. The gateway tells no id of a group it makes, and would make a second one of the
    same name: its list is read before and after."""
    if found := _group(client, name):
        return found
    try:
        client.create_group(name=name)
    except OutcomeUnknown:
        if found := _group(client, name):
            return found
        raise
    if found := _group(client, name):
        return found
    raise OutcomeUnknown(Reason.UNREADABLE, "the gateway does not list the group it made")


def push_people(client: ZenderClient, people: Sequence[RemotePerson], group: str) -> list[PushOutcome]:
    return [_push(client, person, group) for person in people]


def delete(client: ZenderClient, item: RemoteObject) -> None:
    """Deleting what is not there any more is answered like a failed database (docs/wire.md 1.2), so it stays unknown."""
    DELETES[item.kind](client, item.remote_id)


def _push(client: ZenderClient, person: RemotePerson, group: str) -> PushOutcome:
    name = person.name if len(person.name) >= SHORTEST_NAME else person.phone
    try:
        client.create_contact(phone=person.phone, name=name, groups=[group])
    except MessageRejected as problem:
        # A phone is in the book once. There is no call that puts somebody known into another group.
        return AlreadyThere(note=problem.detail) if "already exist" in problem.detail.lower() else problem
    except ProviderError as problem:
        return problem
    return Accepted(remote_id="")


def _group(client: ZenderClient, name: str) -> str:
    for page in read_pages(client.get_groups):
        for row in page:
            if str(row.get("name") or "").strip().lower() == name.strip().lower():
                return str(row["id"])
    return ""
