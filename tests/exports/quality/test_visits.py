"""When visits were answered and how long it took: what is counted, and what is told."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from statistics import quantiles
from typing import Any

import pytest

from app.exports.quality.visits import VisitLine, VisitSummary, in_order, is_quick, review_visits, spread, took
from app.responses.models import Mode
from app.schedule.states import State

NOBODY_WAITS = (State.NOT_DUE, State.CANCELLED, State.WITHDRAWN)
OPENED = datetime(2026, 3, 2, 9, tzinfo=UTC)


def line(state: State = State.COMPLETED, seconds: int | None = 300, **changed: Any) -> VisitLine:
    sent = None if seconds is None else OPENED + timedelta(seconds=seconds)
    plain = VisitLine(
        participant="01-001", site="01", visit="d0", day=0, state=state, mode=Mode.PAGE if sent else None,
        minutes_late=0 if sent else None, opened_at=OPENED, submitted_at=sent,
        submitted_on=sent.date() if sent else None, answered=20,
    )  # fmt: skip
    return plain._replace(**changed)


@pytest.mark.parametrize("state", list(State))
def test_what_is_not_due_or_called_off_or_of_who_left_was_not_expected(state: State) -> None:
    (summary,) = review_visits([line(state, None)]).visits.values()
    assert (summary.count(state), summary.expected) == (1, int(state not in NOBODY_WAITS))


@pytest.mark.parametrize(
    ("changed", "seconds"),
    [
        ({}, 300), ({"mode": Mode.HELPED}, 300), ({"mode": Mode.SMS}, None), ({"mode": Mode.PAPER}, None),
        ({"mode": Mode.TELEPHONE}, None), ({"mode": Mode.STAFF}, None), ({"opened_at": None}, None),
        ({"submitted_at": None}, None), ({"submitted_at": OPENED - timedelta(seconds=1)}, 0),
        ({"submitted_at": OPENED}, None),
        ({"submitted_at": OPENED + timedelta(days=2)}, 172_800),
    ],
    ids=range(11),
)  # fmt: skip
def test_time_is_measured_where_a_phone_shows_both_ends(changed: dict[str, Any], seconds: int | None) -> None:
    assert took(line(**changed)) == seconds


@pytest.mark.parametrize(
    ("seconds", "answered", "expected"), [(39, 20, True), (40, 20, False), (1, 1, True), (0, 0, False), (2, 1, False)]
)
def test_quick_is_below_two_seconds_for_each_answered_question(seconds: int, answered: int, expected: bool) -> None:
    assert is_quick(line(seconds=seconds, answered=answered)) is expected


def test_a_quick_answer_is_counted_and_told() -> None:
    review = review_visits([line(seconds=10), line(seconds=400, visit="d7", submitted_on=date(2026, 3, 9))])
    assert [(remark.kind.value, remark.visit) for remark in review.remarks] == [("quick", "d0")]
    assert [summary.quick_seconds for summary in review.visits.values()] == [{10: 1}, {}]


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ({}, ["d7"]), ({"submitted_on": date(2026, 3, 3)}, []), ({"participant": "01-002"}, []),
        ({"submitted_on": None}, []),
    ],
    ids=["same day", "next day", "somebody else", "unanswered"],
)  # fmt: skip
def test_two_visits_of_one_person_on_one_day_are_told(second: dict[str, Any], expected: list[str]) -> None:
    review = review_visits([line(), line(visit="d7", **second)])
    assert [remark.visit for remark in review.remarks] == expected


def test_visits_sites_and_ways_are_each_counted_whole() -> None:
    lines = [
        line(), line(State.LATE, minutes_late=90, site="02", submitted_on=date(2026, 3, 4)),
        line(State.MISSED, None, visit="d7", day=7), line(mode=Mode.PAPER, visit="d7", day=7, submitted_on=None),
    ]  # fmt: skip
    review = review_visits(lines)
    assert [(visit, summary.states) for visit, summary in in_order(review.visits)] == [
        ("d0", {State.COMPLETED: 1, State.LATE: 1}), ("d7", {State.MISSED: 1, State.COMPLETED: 1}),
    ]  # fmt: skip
    assert {site: summary.expected for site, summary in review.sites.items()} == {"01": 3, "02": 1}
    assert review.sites["02"].minutes_late == {90: 1}
    assert review.sites["01"] == VisitSummary(
        Counter({State.COMPLETED: 2, State.MISSED: 1}), Counter(), Counter([300]), Counter()
    )
    assert review.modes == {Mode.PAGE: 2, Mode.PAPER: 1}


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([], None), ([7], (7, 7, 7)), ([1, 3], (1, 2, 3)), (range(101), (10, 50, 90)), ([5, 5, 5, 100], (5, 5, 72)),
    ],
)  # fmt: skip
def test_a_spread_is_the_tenth_the_middle_and_the_ninetieth(
    numbers: list[int], expected: tuple[int, int, int] | None
) -> None:
    assert spread(Counter(numbers)) == expected


@pytest.mark.parametrize("count", [2, 3, 9, 10, 11, 12, 100, 101])
@pytest.mark.parametrize("step", [1, 7, 60])
def test_a_spread_of_counted_numbers_is_that_of_the_numbers(count: int, step: int) -> None:
    numbers = [place * step % 37 for place in range(count)]
    tenths = quantiles(numbers, n=10, method="inclusive")
    assert spread(Counter(numbers)) == (round(tenths[0]), round(tenths[4]), round(tenths[8]))


def test_visits_are_in_the_order_of_their_days_and_not_of_their_names() -> None:
    summaries = {(90, "d90"): VisitSummary(), (-14, "screening"): VisitSummary(), (7, "d7"): VisitSummary()}
    assert [visit for visit, _ in in_order(summaries)] == ["screening", "d7", "d90"]
