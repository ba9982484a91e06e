"""What every Zender account starts with in the sandbox."""

import time

from messaging.sandbox.records import Account
from messaging.sandbox.world import World

DEMO_PHONES = ("+5215550001001", "+5215550001002")
DEMO_SIMS = {1: "+525550002001", 2: "+525550002002"}


def fill_account(world: World, account: Account) -> Account:
    """Two linked WhatsApp numbers with groups, one phone with two SIMs, contact groups, contacts, a suppression row."""
    for phone in DEMO_PHONES:
        number = world.add_number(account, phone)
        digits = phone.removeprefix("+")
        number.groups = {
            f"{digits}-1700000001@g.us": ("Neighbours", ("+5215550003001", "+5215550003002")),
            f"{digits}-1700000002@g.us": ("Weekend riders", ("+5215550003003",)),
        }
    world.add_device(account, "Sandbox Phone", DEMO_SIMS)
    groups = account.drawers["groups"]
    for name in ("Default", "Regulars"):
        group = world.next_id()
        groups[group] = {"id": group, "name": name}
    contact = world.next_id()
    account.drawers["contacts"][contact] = {
        "id": contact,
        "groups": [str(next(iter(groups)))],
        "phone": "+5215550003001",
        "name": "Rosa Medina",
    }
    gone = world.next_id()
    account.drawers["unsubscribed"][gone] = {"id": gone, "phone": "+5215550003009", "created": int(time.time())}
    return account
