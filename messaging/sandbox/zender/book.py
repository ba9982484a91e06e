"""Subscription, contacts, groups and the suppression list (docs/endpoints.md 1.2 rows 1-9)."""

from messaging.sandbox.records import Account
from messaging.sandbox.server import Response
from messaging.sandbox.zender.call import Call, csv_of, ok, phone_of, refuse

SHORTEST_NAME = 2


def subscription(call: Call) -> Response:
    if call.account.settings.get("no_subscription"):
        refuse(403, "Account is not subscribed to any premium package!")
    return ok("Subscription Package", {"name": "Sandbox", "usage": _usage(call.account)})


def _usage(account: Account) -> dict[str, dict[str, int]]:
    used = {
        "sms_send": len(account.folder("sms", "out")),
        "sms_receive": len(account.folder("sms", "in")),
        "ussd": len(account.drawers["ussd"]),
        "notifications": len(account.drawers["notifications"]),
        "contacts": len(account.drawers["contacts"]),
        "devices": len(account.devices),
        "apikeys": 1,
        "webhooks": len(account.callback_urls),
        "actions": 0,
        "scheduled": 0,
        "wa_send": len(account.folder("whatsapp", "out")),
        "wa_receive": len(account.folder("whatsapp", "in")),
        "wa_accounts": len(account.numbers),
    }
    limits = dict(account.settings.get("limits", {}))
    if account.no_credit:
        limits.update({name: max(1, used[name]) for name in ("sms_send", "wa_send")})
    usage = {name: {"used": count, "limit": limits.get(name, 0)} for name, count in used.items()}
    if account.no_credit:
        for name in ("sms_send", "wa_send"):
            usage[name]["used"] = usage[name]["limit"]
    return usage


def create_contact(call: Call) -> Response:
    phone, name, groups = call.text("phone"), call.text("name"), csv_of(call.text("groups"))
    number = phone_of(phone) or refuse(400, "Invalid phone number!")
    if len(name) < SHORTEST_NAME:
        refuse(400, "Contact name is too short!")
    for group in groups:
        if not group.isdecimal() or int(group) not in call.account.drawers["groups"]:
            refuse(400, f"Group #{group} is invalid!")
    contacts = call.account.drawers["contacts"]
    if any(contact["phone"] == number for contact in contacts.values()):
        refuse(400, "Phone number already exist in your contact book!")
    limit = call.account.settings.get("limits", {}).get("contacts", 0)
    if limit and len(contacts) >= limit:
        refuse(400, "You have reached the maximum allowed contacts!")
    row = call.world.next_id()
    contacts[row] = {"id": row, "groups": groups, "phone": number, "name": name}
    return ok("Contact has been created!")


def create_group(call: Call) -> Response:
    name = call.text("name")
    if len(name) < SHORTEST_NAME:
        refuse(400, "Group name is too short!")
    row = call.world.next_id()
    call.account.drawers["groups"][row] = {"id": row, "name": name}
    return ok("Contact group has been created!")


def get_contacts(call: Call) -> Response:
    return ok("Saved Contacts", call.page(reversed(call.account.drawers["contacts"].values())))


def get_groups(call: Call) -> Response:
    return ok("Contact Groups", call.page(reversed(call.account.drawers["groups"].values())))


def get_unsubscribed(call: Call) -> Response:
    return ok("Unsubscribed Contacts", call.page(reversed(call.account.drawers["unsubscribed"].values())))


def delete_row(call: Call, drawer: str, message: str) -> Response:
    """Remove the row named by `id`. An unknown one fails as a failed delete does in the script's database."""
    if call.account.drawers[drawer].pop(call.number("id"), None) is None:
        refuse(500, "Something went wrong!")
    return ok(message)


def delete_contact(call: Call) -> Response:
    return delete_row(call, "contacts", "Contact has been deleted!")


def delete_group(call: Call) -> Response:
    return delete_row(call, "groups", "Contact group has been deleted!")


def delete_unsubscribed(call: Call) -> Response:
    return delete_row(call, "unsubscribed", "Unsubscribed contact has been deleted!")


ENDPOINTS = {
    "get/subscription": subscription,
    "create/contact": create_contact,
    "create/group": create_group,
    "delete/contact": delete_contact,
    "delete/group": delete_group,
    "delete/unsubscribed": delete_unsubscribed,
    "get/contacts": get_contacts,
    "get/groups": get_groups,
    "get/unsubscribed": get_unsubscribed,
}
