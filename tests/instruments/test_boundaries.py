"""What lies exactly at a limit is taken, and what lies one step beyond it is not."""

from decimal import Decimal

import pytest

from app.instruments import UnknownLanguage, check_answers, instrument, instruments
from app.instruments.conditions import Condition
from app.instruments.model import SCALES, ItemType
from app.instruments.value_set import DIMENSIONS, Terms
from tests.some import some

LIMITS = [
    (questionnaire.code, item.code, item.minimum, item.maximum)
    for questionnaire in instruments()
    for item in questionnaire.items
    if item.type in (*SCALES, ItemType.NUMBER)
]


@pytest.mark.parametrize(("code", "item", "lowest", "highest"), LIMITS)
def test_both_ends_of_every_scale_are_answers_and_what_lies_beyond_is_none(
    code: str, item: str, lowest: int, highest: int
) -> None:
    for number in (lowest, highest):
        checked = check_answers(code, {item: number})
        assert (checked.answers[item], checked.problems) == (number, ())
    for number in (lowest - 1, highest + 1):
        (problem,) = check_answers(code, {item: number}).problems
        assert (problem.fault, problem.limits) == ("out_of_range", {"minimum": lowest, "maximum": highest})


DECIMALS = [
    # hours worked (one decimal is asked for), what is wrong with them
    (Decimal("37.5"), []),
    (Decimal("37.50"), []),
    (Decimal("37.55"), ["too_precise"]),
    (Decimal("0.1"), []),
    (Decimal("-0.1"), ["out_of_range"]),
    (Decimal("0.01"), ["too_precise"]),
]


@pytest.mark.parametrize(("hours", "faults"), DECIMALS)
def test_a_number_is_as_fine_as_its_item_asks(hours: Decimal, faults: list[str]) -> None:
    assert [problem.fault for problem in check_answers("wpai_shp", {"hours_worked": hours}).problems] == faults


WRITTEN = [
    # a text of at most 500 characters, what is wrong with it
    ("x" * 500, []),
    ("x" * 501, ["too_long"]),
    ("one\ntwo", []),
    ("one\ttwo", []),
    ("one\u00a0two", []),
]


@pytest.mark.parametrize(("text", "faults"), WRITTEN)
def test_a_text_may_have_lines_and_tabs_and_as_many_characters_as_are_kept(text: str, faults: list[str]) -> None:
    checked = check_answers("medication", {"other_text": text})
    assert [problem.fault for problem in checked.problems] == faults
    assert checked.answers["other_text"] == (None if faults else text)


SHOWN = [
    # what was given for a choice, how the problem shows it
    (100_000, "100000 is not an answer here"),
    (2**99, f"{2**99} is not an answer here"),
    (2**100, "a number far too large is not an answer here"),
    ("x" * 38, f"give a whole number, not '{'x' * 38}'"),
    ("x" * 39, f"give a whole number, not '{'x' * 36}..."),
    ("ø", "give a whole number, not '\\xf8'"),
    (True, "give a whole number, not True"),
    ([1, 2], "give a whole number, not a list"),
    ({}, "give a whole number, not a dict"),
]


@pytest.mark.parametrize(("given", "sentence"), SHOWN)
def test_a_wrong_value_is_shown_whole_where_it_is_short(given: object, sentence: str) -> None:
    (problem,) = check_answers("odi", {"lifting": given}).problems
    assert problem.message.startswith(sentence)


CONDITIONS = [
    # the condition, answers that lead on, answers that do not
    (Condition("item", equals=1), (1, Decimal(1)), (0, 2, Decimal("1.5"), None, "1")),
    (Condition("item", equals=0), (0,), (1, None, "")),
    (Condition("item", above=0), (1, Decimal("0.1")), (0, -1, Decimal(0), None, "1")),
    (Condition("item", above=3), (4,), (3, 2)),
    (Condition("item", below=3), (2, Decimal("2.9")), (3, 4, None, "2")),
]


@pytest.mark.parametrize(("condition", "leading", "others"), CONDITIONS)
def test_a_question_is_asked_above_or_below_a_number_and_not_at_it(
    condition: Condition, leading: tuple[int | Decimal, ...], others: tuple[int | Decimal | str | None, ...]
) -> None:
    assert all(condition.holds(answer) for answer in some(leading))
    assert not any(condition.holds(answer) for answer in some(others))


ONE = Decimal(1)
TERMS = [
    # what a value set adds, the levels of a state, how much it adds there
    (Terms(any_gt1=ONE), "11111", 0),
    (Terms(any_gt1=ONE), "11211", 1),
    (Terms(any_gt1=ONE), "55555", 1),
    (Terms(any_eq5=ONE), "44444", 0),
    (Terms(any_eq5=ONE), "11115", 1),
    (Terms(num45_minus1_sq=ONE), "33333", 0),
    (Terms(num45_minus1_sq=ONE), "11114", 0),
    (Terms(num45_minus1_sq=ONE), "11145", 1),
    (Terms(num45_minus1_sq=ONE), "45454", 16),
    (Terms(level45={"mobility": ONE}), "31111", 0),
    (Terms(level45={"mobility": ONE}), "41111", 1),
    (Terms(level45={"mobility": ONE}), "51111", 1),
    (Terms(level45={"mobility": ONE}), "15555", 0),
    (Terms(), "55555", 0),
]


@pytest.mark.parametrize(("terms", "state", "added"), TERMS)
def test_a_value_set_adds_its_terms_from_their_level_on(terms: Terms, state: str, added: int) -> None:
    assert terms.of(dict(zip(DIMENSIONS, map(int, state), strict=True))) == added


@pytest.mark.parametrize("code", [questionnaire.code for questionnaire in instruments()])
def test_nynorsk_falls_back_on_bokmal_and_no_other_language_on_any(code: str) -> None:
    questionnaire = instrument(code)
    assert questionnaire.wording("nn") is questionnaire.wording("nb")
    for language in ("sv", "no", ""):
        with pytest.raises(UnknownLanguage, match=f"no wording of {code} in"):
            questionnaire.wording(language)
