"""Every way of scoring that data can say: answers in, the exact number or the reason out."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from app.instruments.definition import read_definition
from app.instruments.model import Instrument
from app.instruments.results import Result, ScoringSettings
from app.instruments.scores import score, score_checked
from tests.instruments.test_definition_format import definition

ITEMS: list[dict[str, Any]] = [
    *({"code": f"q{number}", "type": "choice", "options": [0, 1, 2, 3]} for number in range(1, 5)),
    {"code": "pain", "type": "nrs", "minimum": 0, "maximum": 10},
    {"code": "stairs", "type": "choice", "options": [1, 2, 3, 4, 5]},
    {"code": "work", "type": "yesno"},
    {"code": "hours", "type": "number", "minimum": 0, "maximum": 100, "decimals": 1},
    {"code": "words", "type": "text", "required": False},
    {"code": "since", "type": "date", "required": False},
]
Q = ["q1", "q2", "q3", "q4"]


def scored(*scores: Mapping[str, Any], **parts: Any) -> Instrument:
    """A questionnaire of ten items with these scores."""
    return read_definition(definition(items=[dict(item) for item in ITEMS], scores=list(scores), **parts))


def results(answers: Mapping[str, Any], *scores: Mapping[str, Any], **settings: Any) -> list[Any]:
    """The values, or the reasons, in the order of the scores."""
    made = score_checked(scored(*scores), answers, ScoringSettings(**settings))
    return [each.reason if each.value is None else each.value for each in made]


def q(*answers: int | None) -> dict[str, int]:
    return {code: answer for code, answer in zip(Q, answers, strict=False) if answer is not None}


WAYS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"sum": Q}, q(0, 1, 2, 3), "6"),
    ({"sum": Q}, q(0, 1, 2), "incomplete"),
    ({"sum": Q}, {}, "not_answered"),
    ({"sum": "q1"}, q(2), "2"),
    ({"mean": Q}, q(0, 1, 2, 2), "1.25"),
    ({"mean": Q, "at_least": "half"}, q(1, 2), "1.5"),
    ({"mean": Q, "at_least": "half"}, q(1), "incomplete"),
    ({"mean": ["q1", "q2", "q3"], "at_least": "half"}, q(1, 2), "1.5"),
    ({"mean": ["q1", "q2", "q3"], "at_least": "half"}, q(1), "incomplete"),  # half of three is two
    ({"mean": Q, "at_least": 3}, q(1, 1, None, 2), "1.333333"),
    # a sum of fewer: prorated, or the rest is nothing
    ({"sum": Q, "at_least": "half", "fill": "mean"}, q(1, 2), "6"),
    ({"sum": Q, "at_least": 3, "fill": "mean"}, q(1, 1, 2), "5.333333"),
    ({"sum": Q, "at_least": 3, "fill": "mean", "whole": True}, q(1, 1, 2), "5"),
    ({"sum": Q, "at_least": 2, "fill": "zero"}, q(1, 2), "3"),
    ({"sum": Q, "at_least": 2, "fill": "zero"}, q(1), "incomplete"),
    # counts
    ({"count": Q}, q(0, 1, 2, 3), "3"),
    ({"count": Q, "from": 2}, q(0, 1, 2, 3), "2"),
    ({"count": Q, "from": 2.5}, q(0, 1, 2, 3), "1"),
    ({"count": Q, "from": 2, "at_least": 2, "fill": "mean"}, q(2, 3), "4"),
    ({"count": Q, "from": 2, "reverse": ["q1"]}, q(0, 0, 0, 0), "1"),
    # extremes, and one answer alone
    ({"highest": Q, "at_least": 1}, q(None, 1, 2), "2"),
    ({"lowest": Q, "at_least": 1}, q(None, 1, 2), "1"),
    ({"lowest": Q}, q(3, 1, 2), "incomplete"),
    ({"answer": "pain"}, {"pain": 7}, "7"),
    ({"answer": "hours"}, {"hours": Decimal("7.5")}, "7.5"),
    ({"answer": "pain"}, q(1), "not_answered"),
    # each answer
    ({"sum": Q, "reverse": ["q1", "q3"]}, q(0, 1, 2, 3), "8"),
    ({"answer": "stairs", "reverse": ["stairs"]}, {"stairs": 1}, "5"),
    ({"answer": "pain", "reverse": ["pain"]}, {"pain": 3}, "7"),
    ({"answer": "hours", "reverse": ["hours"]}, {"hours": Decimal("0.5")}, "99.5"),
    ({"sum": ["q1", "stairs"], "recode": {"stairs": {1: 0, 2: 0, 3: 1, 4: 1, 5: 2.5}}}, {"q1": 1, "stairs": 5}, "3.5"),
    ({"answer": "stairs", "recode": {"stairs": {1: 5, 2: 4, 3: 3, 4: 2, 5: 0}}, "reverse": ["stairs"]},
     {"stairs": 5}, "5"),
    ({"mean": ["q1", "stairs", "pain"], "onto": [0, 100]}, {"q1": 3, "stairs": 3, "pain": 0}, "50"),
    ({"mean": ["q1", "stairs"], "onto": [0, 100], "reverse": ["stairs"]}, {"q1": 0, "stairs": 1}, "50"),
    ({"answer": "stairs", "onto": [100, 0]}, {"stairs": 2}, "75"),
    ({"sum": ["q1", "q2"], "weights": {"q2": 0.5}}, q(1, 3), "2.5"),
    ({"sum": ["q1", "q2"], "weights": {"q2": -1}}, q(1, 3), "-2"),
    ({"mean": ["q1", "q2"], "weights": {"q1": 3}}, q(1, 3), "1.5"),
    ({"mean": ["q1", "q2"], "weights": {"q1": 3}, "at_least": 1}, q(None, 3), "3"),
    ({"sum": ["q1", "q2"], "weights": {"q1": 3}, "at_least": 1, "fill": "mean"}, q(2), "8"),
    # the number
    ({"sum": Q, "multiply": 2, "add": -3}, q(0, 1, 2, 3), "9"),
    ({"sum": Q, "multiply": 2}, q(0, 1, 2, 3), "12"),
    ({"sum": Q, "multiply": 0}, q(0, 1, 2, 3), "0"),
    ({"sum": Q, "add": 1}, q(0, 1, 2, 3), "7"),
    ({"sum": Q, "add": -1}, q(0, 1, 2, 3), "5"),
    ({"sum": Q, "rescale": {"from": [0, 12], "to": [100, 0]}}, q(0, 1, 2, 3), "50"),
    ({"answer": "stairs", "add": 1, "rescale": {"from": [2, 6], "to": [0, 100]}}, {"stairs": 3}, "50"),
    ({"answer": "stairs", "add": 1, "rescale": {"from": [2, 6], "to": [0, 2]}}, {"stairs": 3}, "1"),
    ({"sum": Q, "multiply": 0.5, "rescale": {"from": [0, 6], "to": [0, 100]}}, q(0, 1, 1, 0), "16.666667"),
    ({"mean": Q, "whole": True}, q(0, 1, 1, 0), "1"),  # a half goes up
    ({"mean": Q, "add": -2, "whole": True}, q(0, 1, 1, 0), "-2"),  # and below zero away from it
    ({"mean": Q, "decimals": 1}, q(0, 0, 0, 1), "0.3"),
    ({"mean": Q, "decimals": 0}, q(1, 1, 2, 2), "2"),
    ({"sum": ["q1", "q2"], "table": {0: 31.2, 1: 40.1, 2: 45, 3: 50.5, 4: 55, 5: 60, 6: 68.8}}, q(1, 2), "50.5"),
    ({"sum": ["q1", "q2"], "at_least": 1, "fill": "mean", "whole": True,
      "table": {0: 31.2, 1: 40.1, 2: 45, 3: 50.5, 4: 55, 5: 60, 6: 68.8}}, q(None, 3), "68.8"),
    # only where it applies
    ({"answer": "hours", "only": {"item": "work", "equals": 1}}, {"work": 0}, "not_applicable"),
    ({"answer": "hours", "only": {"item": "work", "equals": 1}}, {"work": 1, "hours": 30}, "30"),
    ({"answer": "hours", "only": {"item": "work", "equals": 1}}, {"hours": 30}, "30"),
    ({"answer": "hours", "only": {"item": "work", "equals": 1}}, {}, "not_answered"),
    ({"sum": Q, "only": {"item": "pain", "above": 3, "otherwise": "no_hours"}}, {"pain": 3, **q(1, 1, 1, 1)},
     "no_hours"),
    ({"sum": Q, "only": {"item": "pain", "below": 3}}, {"pain": 2, **q(1, 1, 1, 1)}, "4"),
]  # fmt: skip


@pytest.mark.parametrize(("scoring", "answers", "got"), WAYS)
def test_a_score_is_computed_as_its_definition_says(scoring: Any, answers: Any, got: str) -> None:
    (value,) = results(answers, {"name": "total", "scoring": scoring})
    assert str(value) == got


def test_every_item_with_a_number_is_meant_by_all() -> None:
    answers = {**q(1, 1, 1, 1), "pain": 2, "stairs": 5, "work": 1, "hours": Decimal("0.5"), "words": "so"}
    assert results(answers, {"name": "total", "scoring": {"sum": "all"}}) == [Decimal("12.5")]


PARTS = ({"name": "a", "scoring": {"mean": ["q1", "q2", "q3"]}}, {"name": "b", "scoring": {"sum": ["q4"]}})
OF_SCORES: list[tuple[dict[str, Any], dict[str, int], str]] = [
    ({"sum_of_scores": ["a", "b"]}, q(0, 0, 1, 3), "3.333333"),
    ({"mean_of_scores": ["a", "b"]}, q(0, 0, 1, 3), "1.666667"),
    ({"sum_of_scores": ["a", "b"]}, q(0, 0, None, 3), "incomplete"),
    ({"sum_of_scores": ["a", "b"]}, {}, "not_answered"),
    ({"mean_of_scores": ["a", "b"], "at_least": 1}, q(None, None, None, 3), "3"),
    ({"sum_of_scores": ["a", "b"], "at_least": 1, "fill": "mean"}, q(None, None, None, 3), "6"),
    ({"sum_of_scores": ["a", "b"], "at_least": 1, "fill": "zero"}, q(None, None, None, 3), "3"),
    ({"sum_of_scores": ["a", "a2"]}, q(1, 0, 0, 0), "0.666667"),  # exact parts: not twice 0.333333
    ({"sum_of_scores": ["a1", "a1b"]}, q(1, 0, 0, 0), "0.6"),  # parts that are rounded count as rounded
]


@pytest.mark.parametrize(("scoring", "answers", "got"), OF_SCORES)
def test_a_total_is_made_of_its_subscales_wherever_they_stand(scoring: Any, answers: Any, got: str) -> None:
    total = {"name": "total", "scoring": scoring}
    more = (
        {"name": "a2", "scoring": {"mean": ["q1", "q2", "q3"]}},
        {"name": "a1", "scoring": {"mean": ["q1", "q2", "q3"], "decimals": 1}},
        {"name": "a1b", "scoring": {"mean": ["q1", "q2", "q3"], "decimals": 1}},
    )
    assert str(results(answers, total, *PARTS, *more)[0]) == got


def test_a_total_counts_the_answers_that_its_parts_rest_on() -> None:
    total = {"name": "total", "scoring": {"sum_of_scores": ["a", "b"]}}
    made = score_checked(scored(total, *PARTS), q(1, 1, 1, 1))
    assert [each.n_answered for each in made] == [4, 3, 1]


CHANGE = ({"name": "now", "scoring": {"sum": Q}}, {"name": "change", "scoring": {"change_of": "now", "since": "first"}})


@pytest.mark.parametrize(
    ("answers", "earlier", "got"),
    [
        (q(1, 1, 1, 1), {("now", "first"): Decimal(9)}, "-5"),
        (q(3, 3, 3, 3), {("now", "first"): Decimal("1.5")}, "10.5"),
        (q(1, 1, 1, 1), {("now", "previous"): Decimal(9)}, "no_earlier"),
        (q(1, 1, 1, 1), {}, "no_earlier"),
        (q(1, 1, 1), {("now", "first"): Decimal(9)}, "incomplete"),
    ],
)
def test_a_change_is_counted_from_an_earlier_visit(answers: Any, earlier: Any, got: str) -> None:
    assert str(results(answers, *CHANGE, earlier=earlier)[1]) == got


UPWARD = [{"name": "none", "up_to": 2}, {"name": "mild", "below": 5}, {"name": "severe"}]
DOWNWARD = [{"name": "severe", "from": 5}, {"name": "mild", "above": 2}, {"name": "none"}]


NAMED = [(0, "none"), (2, "none"), (3, "mild"), (4, "mild"), (5, "severe"), (9, "severe")]


@pytest.mark.parametrize("bands", [UPWARD, DOWNWARD])
@pytest.mark.parametrize(("total", "name"), NAMED)
def test_a_band_is_named_by_the_first_bound_that_fits(bands: list[dict[str, Any]], total: int, name: str) -> None:
    answers = {code: min(3, max(0, total - 3 * place)) for place, code in enumerate(Q)}
    (made,) = score_checked(scored({"name": "total", "scoring": {"sum": Q, "bands": bands}}), answers)
    assert (made.value, made.category) == (Decimal(total), name)


def test_no_band_is_named_where_nothing_is_scored() -> None:
    of_other = [{"name": "high", "score": "b", "from": 2}, {"name": "low"}]
    scores = ({"name": "a", "scoring": {"sum": ["q1"], "bands": of_other}}, {"name": "b", "scoring": {"sum": ["q2"]}})
    named = [score_checked(scored(*scores), answers)[0].category for answers in (q(1, 2), q(1, 1), q(1), q(None, 2))]
    assert named == ["high", "low", None, None]


def test_a_study_may_choose_the_minimum_only_where_the_definition_lets_it() -> None:
    free = {"name": "free", "scoring": {"mean": Q, "at_least": 3, "minimum_may_be_chosen": True}}
    fixed = {"name": "fixed", "scoring": {"mean": Q, "at_least": 3}}
    assert results(q(1, 2), free, fixed, minimum_answered=2) == [Decimal("1.5"), "incomplete"]
    assert results(q(1, 2, 3), free, fixed, minimum_answered=4) == ["incomplete", Decimal(2)]


def test_a_change_says_what_it_is_counted_from() -> None:
    made = score_checked(scored(*CHANGE), q(1, 1, 1, 1))
    assert [each.rule for each in made] == ["sum; all 4 items needed", "now less the first one"]


def test_a_questionnaire_that_is_not_shipped_is_scored_by_itself() -> None:
    (made,) = score(scored({"name": "total", "scoring": {"count": Q}}), q(0, 1, 2, 3))
    assert (made.value, made.rule) == (Decimal(3), "number of answers of 1 or more; all 4 items needed")


RULES = [
    ({"sum": Q}, "sum; all 4 items needed"),
    ({"sum": Q, "at_least": "half", "fill": "mean"}, "sum; at least 2 of 4 items needed; the others count as the mean"),
    ({"count": Q, "from": 2}, "number of answers of 2 or more; all 4 items needed"),
    ({"highest": Q, "at_least": 1}, "highest answer; at least 1 of 4 items needed"),
    ({"lowest": Q}, "lowest answer; all 4 items needed"),
    ({"sum": ["q1", "q2"], "weights": {"q2": 0.5}, "reverse": ["q2"], "onto": [0, 100], "multiply": 2, "add": 1},
     "sum (reversed: q2; each laid onto 0 to 100; weighted), times 2, plus 1; all 2 items needed"),
    ({"sum": Q, "add": -1, "rescale": {"from": [0, 12], "to": [0, 100]}, "whole": True},
     "sum, minus 1, 0 to 12 laid onto 0 to 100, to the nearest whole number; all 4 items needed"),
    ({"answer": "q1", "table": {0: 1, 1: 2, 2: 3, 3: 4}}, "the answer itself, looked up in the table"),
    ({"answer": "hours", "only": {"item": "work", "equals": 1}}, "the answer itself; only where work = 1"),
]  # fmt: skip


@pytest.mark.parametrize(("scoring", "rule"), RULES)
def test_the_rule_is_said_in_words(scoring: Any, rule: str) -> None:
    compute = scored({"name": "total", "scoring": scoring}).compute
    assert compute is not None
    (made,) = compute({}, ScoringSettings())
    assert isinstance(made, Result)
    assert made.rule == rule
