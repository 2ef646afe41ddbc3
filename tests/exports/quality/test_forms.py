"""Forms that were answered oddly: what counts as one, and what does not."""

from collections.abc import Mapping
from datetime import date

import pytest

from app.exports.quality.answers import AnswerLine
from app.exports.quality.forms import FormReview, is_same_throughout, review_forms
from app.exports.quality.remarks import RemarkKind
from app.instruments import instrument

ODI = [item.code for item in instrument("odi").items]
MIXED = dict(zip(ODI, "0123450123", strict=True))
ON = date(2026, 3, 2)


def form(answers: Mapping[str, str | None], who: str = "01-001", visit: str = "d0", on: date = ON) -> list[AnswerLine]:
    about = (who, visit, "odi", instrument("odi").version)
    return [AnswerLine(*about, item, value, None if value else "skipped", on) for item, value in answers.items()]


def review(*forms: list[AnswerLine]) -> FormReview:
    return review_forms((line for each in forms for line in each), [instrument("odi")])


def kinds(review: FormReview) -> list[tuple[str, str, str]]:
    return [(remark.kind.value, remark.participant, remark.visit) for remark in review.remarks]


@pytest.mark.parametrize(
    ("code", "answers", "expected"),
    [
        ("odi", dict.fromkeys(ODI, "0"), True),
        ("odi", dict.fromkeys(ODI[:5], "3"), True),
        ("odi", dict.fromkeys(ODI[:4], "3"), None),  # too few to tell
        ("odi", MIXED, False),
        ("odi", {**dict.fromkeys(ODI, "2"), "lifting": "3"}, False),
        ("odi", {}, None),
        ("nrs_lbp_week", {"now": "5", "worst": "5", "usual": "5"}, None),
        ("sick_leave", {"days": "5"}, None),
        ("rmdq", {f"rmdq{place:02}": "0" for place in range(1, 25)}, None),  # ticks: nothing of it applies
    ],
)
def test_one_answer_throughout_needs_five_questions_with_the_same_answers(
    code: str, answers: dict[str, str], expected: bool | None
) -> None:
    assert is_same_throughout(answers, instrument(code)) is expected


def test_the_same_throughout_is_told_once_and_not_also_as_before() -> None:
    flat = dict.fromkeys(ODI, "0")
    reviewed = review(form(flat), form(flat, visit="d7"))
    assert kinds(reviewed) == [("same_throughout", "01-001", "d0"), ("same_throughout", "01-001", "d7")]
    assert {count.value: number for count, number in reviewed.forms["odi", "2.0"].items()} == {
        "answered": 2, "comparable": 2, "same_throughout": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (MIXED, [("as_before", "01-001", "d7")]),
        ({**MIXED, "lifting": "5"}, []),
        ({**MIXED, "lifting": None}, []),
        (dict(list(MIXED.items())[:4]), []),
    ],
)
def test_a_form_like_the_one_before_is_told(
    second: dict[str, str | None], expected: list[tuple[str, str, str]]
) -> None:
    assert kinds(review(form(MIXED), form(second, visit="d7", on=date(2026, 3, 9)))) == expected


def test_before_is_the_visit_before_and_the_participants_own() -> None:
    other, later = {**MIXED, "lifting": "5"}, date(2026, 3, 9)
    assert kinds(review(form(MIXED), form(other, visit="d7", on=later), form(MIXED, visit="d14", on=later))) == []
    assert kinds(review(form(MIXED), form(MIXED, who="01-002", on=later))) == []


@pytest.mark.parametrize(
    ("answers", "on", "expected"),
    [
        (MIXED, ON, [("as_somebody_else", "01-002", "d0")]),
        (MIXED, date(2026, 3, 3), []),  # on another day
        (dict(list(MIXED.items())[:7]), ON, []),  # too few to tell
        ({**MIXED, "lifting": "5"}, ON, []),
    ],
)
def test_two_people_with_all_the_same_answers_on_a_day_are_told(
    answers: dict[str, str], on: date, expected: list[tuple[str, str, str]]
) -> None:
    assert kinds(review(form(answers), form(MIXED, who="01-002", on=on))) == expected


def test_two_who_answer_nothing_but_naughts_are_not_told_as_one() -> None:
    flat = dict.fromkeys(ODI, "0")
    reviewed = review(form(flat), form(flat, who="01-002"))
    assert {kind for kind, _, _ in kinds(reviewed)} == {"same_throughout"}


def test_who_else_it_was_is_said_by_pseudonym() -> None:
    (remark,) = review(form(MIXED), form(MIXED, who="01-002")).remarks
    assert (remark.kind, remark.detail, remark.instrument) == (RemarkKind.AS_SOMEBODY_ELSE, "01-001", "odi")


def test_a_form_without_an_answer_is_no_form() -> None:
    assert review(form(dict.fromkeys(ODI)), form(dict.fromkeys(ODI), visit="d7")) == FormReview()
