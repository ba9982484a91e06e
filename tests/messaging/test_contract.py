"""What every provider promises: its capability flags say exactly which methods of the contract it has."""

import inspect
from dataclasses import replace

import pytest

from messaging.providers import PROVIDERS
from messaging.providers.base import Capabilities, Provider
from messaging.providers.kept import Deed, KeptKind
from messaging.providers.zender.provider import ZenderProvider
from tests.messaging.pigeon import PigeonProvider

BEHIND = {
    "report_poll": ("fetch_reports",),
    "inbound_poll": ("fetch_incoming",),
    "callbacks": ("verify_callback", "parse_callback"),
    "sets_callbacks": ("set_callbacks",),
    "find": ("find",),
    "cancel": ("cancel",),
    "revokes": ("revoke",),
    "deletes_messages": ("delete_message",),
    "linking": ("link", "relink", "link_state"),
    "number_check": ("check_number",),
    "mirrors": ("fetch_mirror",),
    "pulls_opt_outs": ("fetch_opt_outs",),
    "pushes_opt_outs": ("push_opt_out", "push_opt_in"),
    "pushes_people": ("push_group", "push_people"),
    "updates_people": ("update_person",),
    "removes_people": ("remove_person",),
    "deletes": ("delete_mirrored",),
    "gateway_campaigns": ("push_campaign", "fetch_campaign_results"),
    "keeps": ("make_kept",),
    "keeps change": ("change_kept",),
    "keeps cancel/delete": ("end_kept",),
    "keeps look": ("look_at_kept",),
    "rotates": ("rotate",),
    "campaign_kinds": ("fetch_campaigns", "campaign_of", "start_campaign", "stop_campaign", "delete_campaign"),
}


def claimed(can: Capabilities, flag: str) -> object:
    """What a flag says; of what people make, also whether some kind has one of these deeds."""
    name, _space, deeds = flag.partition(" ")
    said = getattr(can, name)
    return bool({deed for kind in can.keeps for deed in kind.deeds} & {*deeds.split("/")}) if deeds else said


def broken_promises(provider: type[Provider]) -> list[str]:
    """Flags without their methods, and methods without their flag."""
    return [
        f"{provider.slug}: {flag} is {claimed(provider.capabilities, flag)!r}, but {method} is {'' if has else 'not '}there"
        for flag, methods in BEHIND.items()
        for method in methods
        if (has := getattr(provider, method) is not getattr(Provider, method))
        is not bool(claimed(provider.capabilities, flag))
    ]


@pytest.mark.parametrize("provider", [*PROVIDERS.values(), PigeonProvider], ids=lambda provider: provider.slug)
def test_it_can_do_what_its_flags_say_and_nothing_else(provider: type[Provider]) -> None:
    assert broken_promises(provider) == []


@pytest.mark.parametrize("provider", [*PROVIDERS.values(), PigeonProvider], ids=lambda provider: provider.slug)
def test_it_says_all_that_pages_and_the_engine_read(provider: type[Provider]) -> None:
    assert provider.slug.isidentifier()
    assert len(provider.slug) <= 20
    assert provider.label
    assert provider.default_base_url.startswith("https://")
    assert provider.credential_fields
    assert any(field.is_secret for field in provider.credential_fields)
    assert provider.capabilities.channels
    assert provider.capabilities.batch_size >= 1
    assert provider.capabilities.connections >= 1


def test_every_method_that_may_be_left_out_has_a_flag() -> None:
    plain = {name: getattr(method, "__func__", method) for name, method in vars(Provider).items()}
    methods = {name: method for name, method in plain.items() if inspect.isfunction(method)}
    optional = {name for name, method in methods.items() if "NotImplementedError" in method.__code__.co_names}
    assert optional == {method for behind in BEHIND.values() for method in behind}


@pytest.mark.parametrize(
    ("deed", "method"),
    [("change", "change_kept"), ("cancel", "end_kept"), ("delete", "end_kept"), ("look", "look_at_kept")],
)
def test_it_notices_a_deed_without_its_method(deed: Deed, method: str) -> None:
    kind = KeptKind(kind="ussd", title="code", fields=(), deeds=(deed,))

    class Boasting(ZenderProvider):
        capabilities = replace(ZenderProvider.capabilities, keeps=(kind,))

    assert [line.partition(", but ")[2] for line in broken_promises(Boasting)] == [f"{method} is not there"]


@pytest.mark.parametrize("slug", PROVIDERS)
def test_it_is_registered_under_its_own_name(slug: str) -> None:
    assert PROVIDERS[slug].slug == slug


def test_it_notices_a_flag_without_its_method_and_a_method_without_its_flag() -> None:
    class Boasting(PigeonProvider):
        capabilities = Capabilities(channels=("sms",), report_poll=True, inbound_poll=True, find=True, cancel=True)

    assert broken_promises(Boasting) == [
        "pigeon: callbacks is False, but verify_callback is there",
        "pigeon: callbacks is False, but parse_callback is there",
        "pigeon: cancel is True, but cancel is not there",
    ]
