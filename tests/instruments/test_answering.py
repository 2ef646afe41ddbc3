"""What is taken as an answer, what is not, and how it is said."""

from collections.abc import Mapping
from decimal import Decimal

import pytest

from app.instruments import BadAnswers, UnknownInstrument, check_answers, score

FULL_ODI = {
    "pain_intensity": 2, "personal_care": 1, "lifting": 2, "walking": 1, "sitting": 2,
    "standing": 2, "sleeping": 2, "sex_life": 1, "social_life": 2, "travelling": 2,
}  # fmt: skip

WRONG = [  # instrument, item, value, how it is called
    ("odi", "lifting", 6, "not_an_option"),
    ("odi", "lifting", -1, "not_an_option"),
    ("odi", "lifting", True, "not_whole"),
    ("odi", "lifting", False, "not_whole"),
    ("odi", "lifting", 2.0, "not_whole"),
    ("odi", "lifting", 2.5, "not_whole"),
    ("odi", "lifting", Decimal(2), "not_whole"),
    ("odi", "lifting", "2", "not_whole"),
    ("odi", "lifting", "much", "not_whole"),
    ("odi", "lifting", float("nan"), "not_whole"),
    ("odi", "lifting", float("inf"), "not_whole"),
    ("odi", "lifting", [2], "not_whole"),
    ("odi", "lifting", {"code": 2}, "not_whole"),
    ("odi", "lifting", 10**5000, "not_an_option"),
    ("odi", "lifting", "\ud800", "not_whole"),
    ("odi", "jumping", 2, "unknown_item"),
    ("nrs_lbp", "now", 11, "out_of_range"),
    ("nrs_lbp", "now", -1, "out_of_range"),
    ("nrs_lbp", "now", 3.5, "not_whole"),
    ("nrs_lbp", "now", "3", "not_whole"),
    ("nrs_lbp", "now", True, "not_whole"),
    ("nrs_lbp", "now", 10**400, "out_of_range"),
    ("eq5d5l", "mobility", 0, "not_an_option"),
    ("eq5d5l", "vas", 101, "out_of_range"),
    ("rmdq", "rmdq01", 2, "not_an_option"),
    ("sick_leave", "employed", 2, "not_an_option"),
    ("hours_lbp", "hours", 673, "out_of_range"),
    ("hours_lbp", "hours", Decimal("7.5"), "not_whole"),
    ("wpai_shp", "hours_worked", Decimal("37.55"), "too_precise"),
    ("wpai_shp", "hours_worked", Decimal("NaN"), "not_a_number"),
    ("wpai_shp", "hours_worked", Decimal("1E+400"), "out_of_range"),
    ("wpai_shp", "hours_worked", float("nan"), "not_a_number"),
    ("wpai_shp", "hours_worked", float("inf"), "not_a_number"),
    ("wpai_shp", "hours_worked", True, "not_a_number"),
    ("wpai_shp", "hours_worked", "37,5", "not_a_number"),
    ("wpai_shp", "hours_worked", -1, "out_of_range"),
    ("sick_leave", "since", "2019-02-29", "not_a_date"),
    ("sick_leave", "since", "1 March", "not_a_date"),
    ("sick_leave", "since", "20190301", "not_a_date"),
    ("sick_leave", "since", 20190301, "not_a_date"),
    ("medication", "other_text", 5, "not_text"),
    ("medication", "other_text", "x" * 501, "too_long"),
    ("medication", "other_text", "x" * 501 + "\x00", "too_long"),
]


@pytest.mark.parametrize(("code", "item", "value", "key"), WRONG, ids=range(len(WRONG)))
def test_wrong_answer_is_named_and_never_scored(code: str, item: str, value: object, key: str) -> None:
    (problem,) = check_answers(code, {item: value}).problems
    assert (problem.item, problem.fault) == (item, key)
    assert str(problem).isascii()
    assert len(problem.message) < 120
    with pytest.raises(BadAnswers, match=item):
        score(code, {item: value})


def test_every_wrong_answer_is_named_at_once() -> None:
    answers = {"lifting": 9, "walking": "2", "jumping": 1, "sitting": 3}
    with pytest.raises(BadAnswers) as error:
        score("odi", answers)
    assert {problem.item for problem in error.value.problems} == {"lifting", "walking", "jumping"}
    assert str(error.value) == (
        "These answers cannot be used for odi:\n"
        "  jumping: odi has no such item; "
        "it has pain_intensity, personal_care, lifting, walking, sitting, standing, [...]\n"
        "  lifting: 9 is not an answer here; choose one of 0, 1, 2, 3, 4, 5\n"
        "  walking: give a whole number, not '2'"
    )


@pytest.mark.parametrize("key", [7, None, ("lifting",), "lif\nting", "\ud800", "x" * 500])
def test_a_strange_item_name_is_shown_safely(key: object) -> None:
    answers: Mapping[object, object] = {key: 1}
    (problem,) = check_answers("odi", answers).problems  # type: ignore[arg-type]
    assert problem.fault == "unknown_item"
    assert len(problem.item) <= 60
    assert problem.item.isascii()
    assert "\n" not in problem.item


@pytest.mark.parametrize("raw", [[("lifting", 2)], "lifting", None, 5])
def test_answers_that_are_no_mapping_are_refused(raw: object) -> None:
    with pytest.raises(BadAnswers, match="item and value pairs"):
        score("odi", raw)  # type: ignore[arg-type]


def test_an_unknown_instrument_is_refused_before_its_answers() -> None:
    with pytest.raises(UnknownInstrument):
        check_answers("oswestry", {"lifting": 9})


def test_a_problem_carries_its_limits_for_a_page_to_say_in_its_own_language() -> None:
    (problem,) = check_answers("nrs_lbp", {"now": 11}).problems
    assert dict(problem.limits) == {"minimum": 0, "maximum": 10}


def test_left_out_none_and_empty_are_all_not_answered() -> None:
    checked = check_answers("odi", {**FULL_ODI, "walking": None, "sitting": "", "standing": "  "})
    assert checked.problems == ()
    assert checked.missing == ("walking", "sitting", "standing")
    assert set(checked.answers) == set(FULL_ODI)
    assert checked.answers["walking"] is None


def test_sex_life_may_be_left_out() -> None:
    assert check_answers("odi", {item: value for item, value in FULL_ODI.items() if item != "sex_life"}).missing == ()


def test_a_wrong_answer_is_not_also_missing() -> None:
    assert check_answers("odi", {**FULL_ODI, "lifting": 9}).missing == ()


def test_numbers_with_decimals_are_taken_exactly() -> None:
    for value in (Decimal("37.5"), 37.5):
        assert check_answers("wpai_shp", {"hours_worked": value}).answers["hours_worked"] == Decimal("37.5")
    assert check_answers("wpai_shp", {"hours_worked": 0.1}).answers["hours_worked"] == Decimal("0.1")


def test_text_is_kept_as_it_was_written() -> None:
    text = "Paracet 500 mg,\n«ved behov» 🙂 e\u0301"
    assert check_answers("medication", {"other_text": text}).answers["other_text"] == text


def test_nothing_ticked_is_missing_until_it_is_said_that_nothing_applies() -> None:
    assert check_answers("rmdq", {}).missing == ("none",)
    assert check_answers("rmdq", {"rmdq01": 0}).missing == ("none",)
    assert check_answers("rmdq", {"none": 0}).missing == ("none",)
    assert check_answers("rmdq", {"none": 1}).missing == ()
    assert check_answers("rmdq", {"rmdq07": 1}).missing == ()
    assert check_answers("rmdq", {f"rmdq{number:02d}": 0 for number in range(1, 25)}).missing == ()


def test_none_of_these_contradicts_a_tick() -> None:
    (problem,) = check_answers("rmdq", {"rmdq07": 1, "none": 1}).problems
    assert (problem.item, problem.fault) == ("none", "contradiction")


def test_questions_that_are_not_asked_are_not_missing() -> None:
    assert check_answers("sick_leave", {"employed": 0}).missing == ()
    assert check_answers("sick_leave", {"employed": 1}).missing == ("days", "on_leave")
    assert check_answers("sick_leave", {"employed": 1, "days": 3, "on_leave": 1}).missing == ("percent",)
    assert check_answers("sick_leave", {}).missing == ("employed",)


def test_an_answer_to_a_question_that_was_not_asked_is_kept_but_never_scored() -> None:
    checked = check_answers("sick_leave", {"employed": 0, "days": 3})
    assert (checked.problems, checked.surplus) == ((), ("days",))
    assert checked.answers["days"] == 3
    assert score("sick_leave", {"employed": 0, "days": 3})[0].reason == "not_employed"


def test_branching_follows_the_whole_path() -> None:
    checked = check_answers("wpai_shp", {"employed": 0, "hours_worked": 37, "productivity": 4, "activity": 5})
    assert checked.surplus == ("hours_worked", "productivity")
