"""What people make at Zender from our pages, field by field: USSD requests. docs/endpoints.md 1.2 row 51."""

from messaging.providers.kept import KeptField, KeptKind, Values
from messaging.providers.zender.client import ZenderClient

LONGEST_CODE = 60  # characters; networks take less

KINDS = (
    KeptKind(
        kind="ussd",
        title="code",
        is_named=False,
        fields=(
            KeptField(
                name="code",
                label="Code",
                longest=LONGEST_CODE,
                pattern=r"[*#][0-9*#]*#",
                example="*123#",
                help_text="As it would be dialled: digits, * and #. The operator acts on it, and may charge for it.",
            ),
            KeptField(name="device", label="Device", ask="device", help_text="The phone that dials it."),
            KeptField(name="sim", label="Which SIM", ask="choice", choices=(("1", "SIM 1"), ("2", "SIM 2"))),
        ),
    ),
)


def make_ussd(client: ZenderClient, values: Values) -> None:
    """Have a phone dial. The answer names no id; the request stands first in get/ussd from then on."""
    client.send_ussd(code=str(values["code"]), sim=int(str(values["sim"])), device=str(values["device"]))
