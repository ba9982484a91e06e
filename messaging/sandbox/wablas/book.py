"""Contacts, groups of contacts, the blacklist, agents and auto-replies (docs/endpoints.md 3.2 rows 27, 28, 33-36, 63-71).

An item that fails is a row with status false inside an answer whose own status is true (3.6.5).
"""

import time
from datetime import datetime
from typing import Any

from messaging.sandbox.records import fingerprint
from messaging.sandbox.server import Response
from messaging.sandbox.wablas.call import BAD_PARAM, BAD_PHONE, Call, Endpoint, csv_of, local, ok, phone_of, refuse

AGENT_SLOTS = 24
Row = dict[str, Any]


def _uuid(call: Call) -> tuple[int, str]:
    number = call.world.next_id()
    digest = fingerprint("wablas row", call.account.name, number, length=32)
    return number, f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:]}"


# Groups of contacts


def _groups(call: Call) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = call.account.settings.setdefault("groups", {})
    return groups


def add_group(call: Call) -> Response:
    name, rows = call.text("name"), []
    members = _groups(call).setdefault(name, [])
    for phone in csv_of(call.text("phone")):
        digits = phone_of(phone)
        if digits is None:
            rows.append({"phone": phone, "message": BAD_PHONE, "status": False})
        elif digits in members:
            rows.append({"info": f"{phone} already add to group {name}", "status": True})
        else:
            members.append(digits)
            rows.append({"info": f"{phone} succesfully add to group {name}", "status": True})
    return ok(f"Update Group Contact {name} Succesfully", data=rows)


def delete_group_phone(call: Call) -> Response:
    name, rows = call.text("name"), []
    members = _groups(call).get(name, [])
    for phone in csv_of(call.text("phone")):
        digits = phone_of(phone)
        is_member = digits in members
        if digits is not None and is_member:
            members.remove(digits)
        told = "succesfully removed from" if is_member else "not found on"
        rows.append({"info": f"{phone} {told} group {name}", "status": is_member})
    return ok(f"remove phones number from group {name}", data=rows)


# Blacklist


def add_blacklist(call: Call) -> Response:
    phone = phone_of(call.text("phone")) or refuse(BAD_PHONE, 400)
    call.account.drawers["blacklist"][int(phone)] = {"phone": phone}
    return ok(f"Add {phone} to blacklist succesfully")


def cancel_blacklist(call: Call) -> Response:
    phone = phone_of(call.text("phone")) or refuse(BAD_PHONE, 400)
    call.account.drawers["blacklist"].pop(int(phone), None)
    return ok(f"sucessfully cancel {phone} from blacklist")


# Contacts


def _contact(call: Call, phone: str | None) -> Row | None:
    return next((row for row in call.account.drawers["contacts"].values() if row["phone"] == phone), None)


def keep_contact(call: Call, phone: str, item: Row) -> None:
    number, key = _uuid(call)
    call.account.drawers["contacts"][number] = {"id": key, "phone": phone, "created": time.time()}
    _fill(call.account.drawers["contacts"][number], item)


def _fill(row: Row, item: Row) -> None:
    row.update({name: item.get(name) for name in ("name", "email", "address", "birth_day")}, changed=time.time())


def add_contacts(call: Call) -> Response:
    rows = []
    for item in call.items():
        phone = phone_of(item.get("phone"))
        if phone is None or not item.get("name"):
            rows.append({"phone": item.get("phone"), "message": BAD_PHONE, "status": False})
        elif _contact(call, phone) is not None:
            rows.append({"phone": phone, "message": f"{phone} already add on contact", "status": False})
        else:
            keep_contact(call, phone, item)
            rows.append({"phone": phone, "message": f"successfully add {phone} to contact", "status": True})
    return ok("Successfully Add contact", data={"messages": rows})


def update_contacts(call: Call) -> Response:
    rows = []
    for item in call.items():
        phone = phone_of(item.get("phone"))
        contact = _contact(call, phone)
        if contact is None:
            rows.append({"phone": phone, "message": f"contact {phone} not found", "status": False})
        else:
            _fill(contact, item)
            rows.append({"phone": phone, "message": f"successfully add {phone} to contact", "status": True})
    return ok("Successfully Add contact", data={"messages": rows})


def delete_contacts(call: Call) -> Response:
    gone = {phone_of(phone) for phone in csv_of(call.text("phone"))}
    contacts = call.account.drawers["contacts"]
    numbers = [number for number, row in contacts.items() if row["phone"] in gone]
    phones = [contacts.pop(number)["phone"] for number in numbers]
    return ok(f"Successfully deleted contacts: {', '.join(phones)}")


def get_contacts(call: Call) -> Response:
    """The list is under `message`; page and perPage are numbers here (3.6.8)."""
    asked = phone_of(call.optional("phone"))
    rows = [row for row in call.account.drawers["contacts"].values() if asked in (None, row["phone"])]
    page, size = max(1, call.whole("page", 1)), max(1, call.whole("limit", 10))
    shown = [_shown(row) for row in rows[(page - 1) * size : page * size]]
    pages = -(-len(rows) // size)
    return Response.json(
        {"status": True, "totalData": len(rows), "perPage": size, "page": page, "totalPage": pages, "message": shown}
    )


def _shown(row: Row) -> Row:
    """birth_day goes in as yyyy-mm-dd and comes out as dd-mm-yyyy (3.6.7)."""
    born = row["birth_day"]
    return {
        "id": row["id"],
        "phone": row["phone"],
        "email": row["email"],
        "name": row["name"],
        "nickname": None,
        "status": "active",
        "address": row["address"],
        "gender": None,
        # A date; the moment in between needs no zone.
        "birth_day": datetime.strptime(born, "%Y-%m-%d").strftime("%d-%m-%Y") if born else None,  # noqa: DTZ007
        "photo": None,
        "date": {"created_at": local(row["created"]), "updated_at": local(row["changed"])},
    }


# Agents


def create_agent(call: Call) -> Response:
    return _agents(call, [{name: call.text(name) for name in ("name", "phone", "email", "password")}])


def create_agents(call: Call) -> Response:
    return _agents(call, call.items())


def _agents(call: Call, items: list[Row]) -> Response:
    """Keys with blanks (3.6.12)."""
    drawer = call.account.drawers["agents"]
    if any(not item.get(name) for item in items for name in ("name", "phone", "email", "password")):
        refuse(BAD_PARAM, 400)
    told = [{name: str(item[name]) for name in ("name", "email", "phone")} for item in items]
    for agent in told:
        drawer[call.world.next_id()] = agent
    slots = {"Total Agent": len(drawer), "Remaining Slot": AGENT_SLOTS - len(drawer)}
    return ok("Create Agent Success", data=slots, **{"Info Agent": told})


def assign_agent(call: Call) -> Response:
    phone, email = call.text("phone"), call.text("email")
    message = call.account.messages.get(call.text("message_id"))
    agent = next((row for row in call.account.drawers["agents"].values() if row["email"] == email), None)
    if message is None or agent is None or phone_of(agent["phone"]) != phone_of(phone):
        refuse("agent or message not found")
    return ok(f"Message from phone {message.peer.removeprefix('+')} succesfully assigned to agent {agent['name']}")


# Auto-replies: no "data" around the object


def _reply(call: Call) -> Row:
    body = call.body()
    reply = {name: body.get(name) for name in ("keyword", "response")}
    return reply if all(isinstance(value, str) and value for value in reply.values()) else refuse(BAD_PARAM, 400)


def _known_reply(call: Call) -> tuple[int, Row]:
    rows = call.account.drawers["autoreplies"].items()
    return next(((number, row) for number, row in rows if row["id"] == call.name), None) or refuse(
        "autoreply not found"
    )


def create_autoreply(call: Call) -> Response:
    number, key = _uuid(call)
    row = {"id": key, "device": call.number.unique, **_reply(call)}
    call.account.drawers["autoreplies"][number] = row
    return ok("Auto reply created successfully", data=row)


def update_autoreply(call: Call) -> Response:
    _, row = _known_reply(call)
    row.update(_reply(call))
    return ok(f"update autoreply keyword: {row['keyword']} successfully", data=row)


def delete_autoreply(call: Call) -> Response:
    number, row = _known_reply(call)
    del call.account.drawers["autoreplies"][number]
    return ok(f"remove autoreply keyword: {row['keyword']} successfully")


def get_autoreplies(call: Call) -> Response:
    asked = call.optional("keyword")
    rows = [row for row in call.account.drawers["autoreplies"].values() if asked in ("", row["keyword"])]
    shown = [{**row, "category": "text", "file": None} for row in rows]
    return ok("sucessfully get autoreplies data", data=shown)


ENDPOINTS: dict[str, Endpoint] = {
    "POST api/group/add": add_group,
    "POST api/group/delete-phone": delete_group_phone,
    "GET api/blacklist": add_blacklist,
    "GET api/blacklist/cancel": cancel_blacklist,
    "POST api/v2/contact": add_contacts,
    "POST api/v2/contact/update": update_contacts,
    "DELETE api/contact": delete_contacts,
    "GET api/v2/contact": get_contacts,
    "POST api/create-agent": create_agent,
    "POST api/v2/create-agent": create_agents,
    "POST api/assign-agent": assign_agent,
    "POST api/v2/autoreply": create_autoreply,
    "PUT api/v2/autoreply/{id}": update_autoreply,
    "DELETE api/v2/autoreply/{id}": delete_autoreply,
    "GET api/v2/autoreply/getData": get_autoreplies,
}
