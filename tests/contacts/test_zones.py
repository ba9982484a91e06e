"""Where a number's clock may stand."""

import pytest

from contacts.zones import zone_named, zones_of_phone


def names(phone: str) -> set[str]:
    return {zone.key for zone in zones_of_phone(phone)}


@pytest.mark.parametrize("phone", ["+525512345678", "+5215512345678"])
def test_it_knows_the_zones_of_a_country_in_either_spelling(phone: str) -> None:
    assert {"America/Cancun", "America/Tijuana"} < names(phone)


def test_it_names_zones_whose_clocks_agree_once() -> None:
    assert len(zones_of_phone("+14155550100")) < 10
    assert names("+8801712345678") == {"Asia/Dhaka"}


def test_a_number_of_no_country_has_no_zone() -> None:
    assert zones_of_phone("+99912345") == ()


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "America", "../etc/passwd"])
def test_it_knows_no_zone_by_a_wrong_name(name: str) -> None:
    assert zone_named(name) is None
