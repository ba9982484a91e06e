"""The note of what leaves, on a disk that fills up."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytest_django import Settings

from messaging.lease import make_token
from messaging.outbox.journal import Journal


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file of this process grows beyond so many bytes: the kernel cuts a write short there, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def journal(settings: Settings, tmp_path: Path) -> Iterator[Journal]:
    settings.VAR_DIR = tmp_path
    journal = Journal(make_token())
    yield journal
    journal.close()


def test_it_knows_all_that_was_noted(journal: Journal) -> None:
    journal.note([11, 12])
    journal.note([13])
    assert journal.noted() == {11, 12, 13}


def test_a_note_that_was_cut_short_counts_as_none_and_spoils_no_later_one(journal: Journal) -> None:
    journal.note([1100])
    with room_for(11), pytest.raises(OSError, match="No space left"):
        journal.note([2200, 3300])
    journal.note([4400])
    noted = journal.noted()
    assert noted is not None
    assert {1100, 4400} <= noted
    assert 3300 not in noted


def test_where_the_note_is_gone_nobody_can_say(journal: Journal) -> None:
    journal.path.unlink()
    assert journal.noted() is None
