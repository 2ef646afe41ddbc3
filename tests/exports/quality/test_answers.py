"""What is said of each question: how often it was answered, its ends, and which answers its questionnaire refuses."""

from datetime import date
from typing import Any

import pytest

from app.exports.quality.answers import AnswerLine, AnswerReview, ItemCount, review_answers
from app.exports.quality.remarks import Remark, RemarkKind
from app.instruments import instrument

ON = date(2026, 3, 2)


def line(code: str, item: str, value: str | None, why: str | None = None) -> AnswerLine:
    return AnswerLine("01-001", "d0", code, instrument(code).version, item, value, why, ON)


def review(*lines: AnswerLine) -> AnswerReview:
    instruments = [instrument(code) for code in {each.instrument for each in lines} - {"unknown"}]
    seen = AnswerReview()
    assert list(review_answers(lines, instruments, seen)) == list(lines), "each goes on to whoever looks next"
    return seen


@pytest.mark.parametrize(
    ("code", "item", "value", "is_out"),
    [
        ("odi", "lifting", "0", False), ("odi", "lifting", "5", False), ("odi", "lifting", "6", True),
        ("odi", "lifting", "-1", True), ("odi", "lifting", "2.5", True), ("odi", "lifting", "two", True),
        ("odi", "lifting", "true", True), ("odi", "lifting", "null", True),
        ("nrs_leg", "leg", "10", False), ("nrs_leg", "leg", "11", True), ("nrs_leg", "leg", "1e1", True),
        ("sick_leave", "days", "28", False), ("sick_leave", "days", "29", True),
        ("background", "pain_years", "12.5", False), ("background", "pain_years", "80.1", True),
        ("sick_leave", "since", "2026-03-02", False), ("sick_leave", "since", "2026-03-03", True),
        ("sick_leave", "since", "2026-02-30", True), ("sick_leave", "since", "02.03.2026", True),
        ("medication", "other_text", "29", False), ("medication", "other_text", "x" * 5000, True),
        ("rmdq", "rmdq01", "1", False), ("rmdq", "rmdq01", "2", True),
    ],
)  # fmt: skip
def test_an_answer_is_out_of_range_where_its_questionnaire_would_not_take_it(
    code: str, item: str, value: str, is_out: bool
) -> None:
    reviewed = review(line(code, item, value))
    expected = [Remark(RemarkKind.OUT_OF_RANGE, "01-001", "d0", code, item)] if is_out else []
    assert list(reviewed.remarks) == expected
    assert reviewed.items[code, instrument(code).version, item][ItemCount.OUT_OF_RANGE] == is_out


def test_the_same_answer_out_of_range_is_told_each_time_and_of_everybody() -> None:
    wrong = line("odi", "lifting", "9")
    remarks = review(wrong, wrong._replace(participant="02-001"), wrong._replace(visit="d7")).remarks
    assert [(remark.participant, remark.visit) for remark in remarks] == [
        ("01-001", "d0"), ("01-001", "d7"), ("02-001", "d0"),
    ]  # fmt: skip


def test_a_date_is_held_to_the_day_on_which_it_was_given() -> None:
    given = line("sick_leave", "since", "2026-03-05")
    later = given._replace(answered_on=date(2026, 3, 6))
    assert [len(review(given, later).remarks), len(review(later, given).remarks)] == [1, 1]


@pytest.mark.parametrize(
    ("values", "counts", "ends"),
    [
        ([("3", None), ("1", None), ("5", None)], {"answered": 3}, (1, 5)),
        ([(None, "skipped"), (None, "not_recorded")], {"left_out": 2}, None),
        ([(None, "not_applicable"), ("0", None)], {"answered": 1, "not_asked": 1}, (0, 0)),
        ([(None, "voided"), (None, "corrected"), (None, None)], {"left_out": 3}, None),
        ([("seven", None)], {"answered": 1, "out_of_range": 1}, None),
        ([("-3", None), ("2", None)], {"answered": 2, "out_of_range": 1}, (-3, 2)),
    ],
)
def test_a_question_is_summed_up(
    values: list[tuple[str | None, str | None]], counts: dict[str, int], ends: tuple[int, int] | None
) -> None:
    reviewed = review(*(line("odi", "lifting", value, why) for value, why in values))
    key = ("odi", "2.0", "lifting")
    assert {count.value: number for count, number in reviewed.items[key].items()} == counts
    assert (tuple(map(int, reviewed.ends[key])) if key in reviewed.ends else None) == ends


@pytest.mark.parametrize(
    "changed", [{"instrument": "unknown"}, {"version": "0.1"}, {"item": "gone"}], ids=["code", "version", "item"]
)
def test_what_no_questionnaire_knows_is_counted_and_not_judged(changed: dict[str, Any]) -> None:
    wrong = line("odi", "lifting", "99")
    reviewed = review(wrong, wrong._replace(**changed))
    assert len(reviewed.remarks) == 1
    assert [counts[ItemCount.ANSWERED] for counts in reviewed.items.values()] == [1, 1]


def test_nothing_is_said_of_nothing() -> None:
    assert review() == AnswerReview()
