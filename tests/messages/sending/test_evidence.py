"""What refusals of our account or sender prove, as tables."""

import pytest

from app.messages.gateways.outcomes import Outcome
from app.messages.sending.evidence import by_chance, halts_all, is_hers, tally

TAKEN, REFUSED, HALTED = Outcome.ACCEPTED, Outcome.REFUSED, Outcome.HALTED


@pytest.mark.parametrize(
    ("before", "results", "after"),
    [
        ([], [], ()),
        ([], [(1, HALTED)], (1,)),
        ([1], [(1, HALTED)], (1,)),  # the same one again proves nothing new
        ([1], [(2, HALTED), (3, HALTED)], (1, 2, 3)),
        ([1, 2], [(3, TAKEN)], ()),
        ([1, 2], [(3, TAKEN), (4, HALTED)], (4,)),  # what was refused after it
        ([1, 2], [(4, HALTED), (3, TAKEN)], ()),
        ([1], [(7, HALTED), (2, HALTED)], (1, 2)),  # it is known that the seventh is refused for its own number
        ([1], [(2, REFUSED), (3, Outcome.BUSY), (5, Outcome.UNREACHABLE)], (1,)),
        ([1], [(4, Outcome.UNKNOWN)], (1, 4)),  # it did not get through either, as far as anybody knows
        ([4], [(4, HALTED), (3, TAKEN)], ()),
    ],
)
def test_what_was_refused_is_counted_from_the_last_text_that_was_taken(
    before: list[int], results: list[tuple[int, Outcome]], after: tuple[int, ...]
) -> None:
    assert tally(before, results, {7}) == after


@pytest.mark.parametrize(
    ("numbers", "others_wait", "taken_lately", "halts"),
    [
        (0, False, False, False),
        (1, False, False, False),  # never one
        (1, True, True, False),
        (2, False, False, True),  # everybody there is
        (2, True, False, False),  # ask the others first
        (2, False, True, False),
        (4, False, False, True),
        (4, True, False, False),
        (4, False, True, False),
        (5, True, True, True),
        (5, False, False, True),
        (100, True, True, True),
    ],
)
def test_how_many_numbers_prove_that_nobodys_text_would_leave(
    numbers: int, others_wait: bool, taken_lately: bool, halts: bool
) -> None:
    assert halts_all(numbers, others_wait=others_wait, taken_lately=taken_lately) is halts


@pytest.mark.parametrize(
    ("refused", "taken", "more"),
    [
        (0, 0, 0),
        (0, 100, 0),
        (40, 80, 40),  # every third is of a country that is closed to us
        (60, 60, 60),
        (70, 1, 1),  # that one got through is an exception
        (70, 0, 0),
    ],
)
def test_the_more_are_refused_between_others_the_longer_may_chance_go_on(refused: int, taken: int, more: int) -> None:
    assert by_chance(refused, taken) == more
    assert not halts_all(4 + more, others_wait=True, taken_lately=True, by_chance=more)
    assert halts_all(5 + more, others_wait=True, taken_lately=True, by_chance=more)


@pytest.mark.parametrize(
    ("tries", "taken_lately", "hers"),
    [(1, True, False), (2, True, True), (2, False, False), (7, False, False), (8, False, True), (9, True, True)],
)
def test_a_refusal_is_hers_once_others_get_through_or_after_eight_tries(
    tries: int, taken_lately: bool, hers: bool
) -> None:
    assert is_hers(tries, taken_lately=taken_lately) is hers
