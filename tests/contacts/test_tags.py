"""Tags and filters of templates that remember what they wrote: they remember it for one language and one zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.urls import NoReverseMatch
from django.utils import timezone, translation

from contacts.templatetags.carillon import address, clock, constant, local_time

MOMENT = datetime(2020, 1, 21, 14, 5, tzinfo=UTC)


def test_it_writes_a_moment_in_the_zone_and_the_language_of_the_reader() -> None:
    seen = []
    for language, zone in (("en", "UTC"), ("es", "UTC"), ("en", "Asia/Jakarta"), ("en", "UTC")):
        with translation.override(language), timezone.override(ZoneInfo(zone)):
            seen.append((local_time(MOMENT).split(">")[1].split("<")[0], clock(MOMENT)))
    english = ("21 Jan 2020, 14:05 UTC", "14:05")
    assert seen == [english, ("21 Ene 2020, 14:05 UTC", "14:05"), ("21 Jan 2020, 21:05 WIB", "21:05"), english]


def test_it_says_what_is_the_same_for_everybody_in_the_language_of_the_reader() -> None:
    said = []
    for language in ("en", "es", "en"):
        with translation.override(language):
            said.append(constant("parts/_theme.html"))
    assert said[0] == said[2] != said[1]


def test_it_knows_no_address_that_is_not_there() -> None:
    assert address("messaging:conversation", 7) == "/inbox/7/"
    with pytest.raises(NoReverseMatch):
        address("messaging:nowhere")
