"""What each gateway can do, as a Markdown table: docs/gateways.md carries it, printed by `manage.py capabilities`."""

from collections.abc import Callable, Mapping

from messaging.providers.base import Capabilities, Provider

Cell = Callable[[type[Provider]], str]


def table(providers: Mapping[str, type[Provider]]) -> str:
    """A column per gateway, a row per capability."""
    gateways = list(providers.values())
    lines = [_row("", [gateway.label for gateway in gateways]), _row("---", ["---"] * len(gateways))]
    lines += [_row(name, [cell(gateway) for gateway in gateways]) for name, cell in ROWS.items()]
    return "\n".join(lines) + "\n"


def _row(name: str, cells: list[str]) -> str:
    return f"| {' | '.join([name, *cells])} |"


def _of(read: Callable[[Capabilities], str]) -> Cell:
    return lambda gateway: read(gateway.capabilities)


def _flag(name: str) -> Cell:
    return lambda gateway: "yes" if getattr(gateway.capabilities, name) else "no"


def _number(value: int | None, unit: str) -> str:
    return "not known" if value is None else f"{value:,} {unit}"


def _size(value: int | None) -> str:
    return "not known" if value is None else f"{value / 1024 / 1024:g} MB"


def _kinds(names: tuple[str, ...]) -> str:
    return ", ".join(name.replace("_", " ") for name in names) or "none"


def _ways(can: Capabilities) -> str:
    words = {"upload": "by upload", "address": "by a public address"}
    return " or ".join(words[way] for way in can.media_by)


def _credentials(gateway: type[Provider]) -> str:
    return ", ".join(
        f"`{field.name}`" + ("" if field.is_required else " (optional)") for field in gateway.credential_fields
    )


ROWS: dict[str, Cell] = {
    "Usual address": lambda gateway: f"`{gateway.default_base_url}`",
    "Credentials": _credentials,
    "Channels": _of(lambda can: ", ".join(can.channels)),
    "Files": _of(lambda can: ", ".join(can.media) or "none"),
    "Longest text": _of(lambda can: _number(can.text_limit, "characters")),
    "Documents": _of(lambda can: ", ".join(can.document_types) or "any" if "document" in can.media else "none"),
    "Files over": _of(lambda can: ", ".join(can.media_channels) if can.media else "none"),
    "Sends without a text": _of(lambda can: ", ".join(can.captionless) or "none"),
    "Sends with a text only": _of(lambda can: ", ".join(can.needs_caption) or "none"),
    "Takes files": _of(lambda can: _ways(can) if can.media else "no"),
    "Largest file": _of(lambda can: _size(can.media_limit)),
    "Locations": _flag("locations"),
    "Links with a preview": _flag("links_preview"),
    "List messages": _flag("menus"),
    "WhatsApp groups": _flag("groups"),
    "Messages in one call": _of(lambda can: str(can.batch_size)),
    "Calls at once, at most": _of(lambda can: str(can.connections)),
    "Takes our reference": _flag("client_reference"),
    "Statuses it reports": _of(lambda can: ", ".join(can.report_words)),
    "Can be asked for statuses": _flag("report_poll"),
    "Can be asked for what came in": _flag("inbound_poll"),
    "Calls us": _flag("callbacks"),
    "Is told where to call": _flag("sets_callbacks"),
    "Answer it wants to a first call": _of(lambda can: str(can.callback_status)),
    "Finds a message of unknown outcome": _flag("find"),
    "Takes a queued message back": _flag("cancel"),
    "Takes a sent message back from the phone": _flag("revokes"),
    "Deletes its record of a sent message": _flag("deletes_messages"),
    "Links a number by QR": _flag("linking"),
    "Checks whether a number is on WhatsApp": _flag("number_check"),
    "Lists": _of(lambda can: _kinds(can.mirrors)),
    "of these, a history of messages": _of(lambda can: _kinds(can.history)),
    "Keeps, but cannot list": _of(lambda can: _kinds(can.unlisted)),
    "Deletes one by one": _of(lambda can: _kinds(can.deletes)),
    "Made from our pages": _of(lambda can: _kinds(tuple(each.kind for each in can.keeps))),
    "Gives a new key when asked": _of(lambda can: ", ".join(f"`{name}`" for name in can.rotates) or "no"),
    "Tells who opted out there": _flag("pulls_opt_outs"),
    "Takes our opt-outs": _flag("pushes_opt_outs"),
    "Takes people and groups": _flag("pushes_people"),
    "People in one call": _of(lambda can: str(can.push_batch) if can.pushes_people else "none"),
    "A person pushed twice is there once": _of(lambda can: "yes" if can.repeats_push else "no"),
    "Takes people out of a group": _flag("removes_people"),
    "Takes changed names": _flag("updates_people"),
    "Sends a campaign by itself": _flag("gateway_campaigns"),
    "People in one such campaign": _of(lambda can: str(can.campaign_size) if can.gateway_campaigns else "none"),
    "Merge fields it fills in": _of(lambda can: ", ".join(f"`{name}`" for name in can.shortcodes) or "none"),
    "Campaigns started, stopped and deleted from here": _of(
        lambda can: _kinds(tuple(kind for kind, _channel in can.campaign_kinds))
    ),
}
