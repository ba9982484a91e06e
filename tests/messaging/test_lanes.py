"""Lanes give back what has ended, and wait no longer than they were told."""

from messaging.outbox.lanes import Lanes


def test_waiting_for_what_never_comes_has_an_end() -> None:
    """However short: the queue it was built on first could wait for ever after a wait that was over before it began."""
    lanes = [Lanes[int, int](lambda number: number, most=1) for _number in range(3000)]
    assert [each.results(timeout=1e-6) for each in lanes] == [[]] * len(lanes)


def test_every_job_has_its_result() -> None:
    lanes = Lanes[int, int](lambda number: 2 * number, most=3)
    lanes.submit(range(500))
    lanes.close()
    assert sorted(lanes.results(timeout=0)) == list(range(0, 1000, 2))
