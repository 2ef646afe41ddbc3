"""What there is to look at: all of it is counted, the first of it kept."""

import random

import pytest

from app.exports.quality.remarks import MOST_LISTED, Remark, RemarkKind, Remarks


def remark(place: int, kind: RemarkKind = RemarkKind.QUICK) -> Remark:
    return Remark(kind, f"01-{place:05}", "d0")


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1000, 1001, 5000])
def test_the_first_by_participant_are_kept_in_whatever_order_they_come(count: int) -> None:
    every = [remark(place) for place in range(count)]
    shuffled = random.Random(count).sample(every, count)
    remarks = Remarks(shuffled)
    assert (len(remarks), list(remarks)) == (count, every[:MOST_LISTED])


def test_those_of_several_reviews_are_one_list_and_counted_together() -> None:
    first, second = Remarks(map(remark, range(0, 2000, 2))), Remarks(map(remark, range(1, 2000, 2)))
    together = Remarks.together(first, second, Remarks())
    assert (len(together), list(together)) == (2000, [remark(place) for place in range(MOST_LISTED)])


def test_remarks_are_the_same_where_what_is_listed_and_the_count_are() -> None:
    first, second = remark(1), remark(2)
    assert Remarks([first, second]) == Remarks([second, first])
    assert Remarks([first]) != Remarks([first, first])
    assert Remarks([first]) != Remarks([second])
    assert Remarks([first]) != [first]
