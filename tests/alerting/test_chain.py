"""Who is told when: a table of minutes waited, and of who is in the chain."""

from datetime import timedelta

import pytest

from app.alerting.chain import MOST_ROUNDS, owed, rounds

KARI, OLA, EVA = 1, 2, 3


@pytest.mark.parametrize(
    ("waited", "after", "last", "times"),
    [
        (0, 0, 0, 1),
        (59, 0, 0, 1),
        (60, 0, 0, 2),
        (0, 15, 30, 0),
        (14, 15, 30, 0),
        (15, 15, 30, 1),
        (30, 30, 30, 1),
        (89, 0, 30, 1),  # an hour after the last one's turn, and not after her own
        (90, 0, 30, 2),
        (90, 30, 30, 2),
        (150, 0, 30, 3),
        (60 * 22, 0, 0, 23),
        (60 * 24 * 365, 0, 0, MOST_ROUNDS),
        (-5, 0, 0, 0),  # a clock that is behind the one that made the task
    ],
)
def test_how_often_somebody_should_have_been_told(waited: int, after: int, last: int, times: int) -> None:
    assert rounds(*(timedelta(minutes=minutes) for minutes in (waited, after, last))) == times


@pytest.mark.parametrize(
    ("chain", "waited", "expected"),
    [
        ({}, 600, []),
        ({KARI: 0}, 0, [(KARI, 1)]),
        ({KARI: 0, OLA: 30}, 29, [(KARI, 1)]),
        ({KARI: 0, OLA: 30}, 30, [(KARI, 1), (OLA, 1)]),
        ({OLA: 0, KARI: 0}, 0, [(KARI, 1), (OLA, 1)]),
        ({KARI: 0, OLA: 30, EVA: 60}, 60, [(KARI, 1), (OLA, 1), (EVA, 1)]),
        ({KARI: 0, OLA: 30}, 90, [(KARI, 2), (OLA, 2)]),
        ({OLA: 60}, 0, [(OLA, 1)]),  # while nobody knows there is nobody to wait for
        ({OLA: 30, EVA: 120}, 89, [(OLA, 1)]),
        ({OLA: 30, EVA: 120}, 90, [(OLA, 1), (EVA, 1)]),
        ({OLA: 30, EVA: 120}, 150, [(OLA, 2), (EVA, 2)]),
    ],
)
def test_who_is_to_be_told(chain: dict[int, int], waited: int, expected: list[tuple[int, int]]) -> None:
    assert list(owed(chain, timedelta(minutes=waited))) == expected
