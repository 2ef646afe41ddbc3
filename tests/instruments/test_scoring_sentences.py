"""What the check of a scoring says, word for word; and that it says nothing of a scoring that is right."""

from typing import Any

import pytest

from app.instruments.definition import read_definition
from app.instruments.problems import BadDefinition
from tests.instruments.test_definition_format import definition
from tests.instruments.test_scoring_language import ITEMS, Q

MORE: list[dict[str, Any]] = [
    {"code": "single", "type": "choice", "options": [2]},
    {"code": "height", "type": "number", "minimum": 5, "maximum": 7},
    {"code": "frost", "type": "number", "minimum": -10, "maximum": 0},
]


def refusals(*scores: dict[str, Any]) -> list[object]:
    """What is wrong with a questionnaire of these scores."""
    try:
        read_definition(definition(items=[dict(item) for item in (*ITEMS, *MORE)], scores=list(scores)))
    except BadDefinition as refused:
        return list(refused.problems)
    return []


def banded(*bands: dict[str, Any]) -> dict[str, Any]:
    return {"sum": Q, "bands": list(bands)}


SUM_OF_FEWER = "a sum of fewer says what stands for the others: fill: mean (prorated) or fill: zero"
NO_FILL = "fill has nothing to fill: it is for a sum or count with at_least below all"
AS_THEY_ARE = "scores are neither reversed, recoded, weighted nor laid onto a stretch"
SINCE = "a change_of says since: first or previous, and nothing else does"
ONE_CONDITION = "only: say one of equals, above or below"

WRONG: list[tuple[dict[str, Any], list[str]]] = [
    ({"sum": ["q1", "q9"]}, ["there is no item q9"]),
    ({"sum_of_scores": ["q1"]}, ["there is no other score q1"]),
    ({"sum": ["q1", "q2", "q1"]}, ["q1 occurs twice"]),
    ({"answer": ["q1", "q2"]}, ["answer takes one code"]),
    ({"sum": ["q1", "words"]}, ["words is a text, which has no number"]),
    ({"sum": ["q1", "since"]}, ["since is a date, which has no number"]),
    ({"sum": Q, "reverse": ["pain", "hours"]}, ["hours is not among its items", "pain is not among its items"]),
    ({"sum_of_scores": ["other"], "reverse": ["other"]}, [AS_THEY_ARE]),
    ({"sum_of_scores": ["other"], "onto": [0, 1]}, [AS_THEY_ARE]),
    ({"mean": ["q1", "single"], "onto": [0, 1]}, ["single has one answer only and cannot be laid onto a stretch"]),
    ({"sum": Q, "weights": {"q1": 0, "q2": 1}}, ["the weight of q1 must be another than 0"]),
    ({"mean": Q, "weights": {"q1": 0, "q2": 0.5}}, ["the weight of q1 must be above 0"]),
    ({"mean": Q, "weights": {"q1": -1}}, ["the weight of q1 must be above 0"]),
    ({"sum": Q, "weights": {"q1": -1}, "at_least": 3, "fill": "mean"}, ["the weight of q1 must be above 0"]),
    ({"count": Q, "weights": {"q1": 2}}, ["a count has no weights: each answer that counts is one"]),
    ({"answer": "height", "recode": {"height": {5: 1}}},
     ["height is typed and cannot be recoded; use multiply, add or rescale"]),
    ({"sum": Q, "recode": {"q1": {0: 0, 1: 1, 2: 2, 4: 4}}},
     ["recode of q1 says nothing of 3", "recode of q1: 4 is not among its answers"]),
    ({"mean": Q, "at_least": 5}, ["at_least 5 of 4 can never be reached"]),
    ({"sum": Q, "at_least": 3}, [SUM_OF_FEWER]),
    ({"count": Q, "at_least": "half"}, [SUM_OF_FEWER]),
    ({"sum": Q, "minimum_may_be_chosen": True}, [SUM_OF_FEWER]),
    ({"sum": Q, "at_least": 4, "fill": "zero"}, [NO_FILL]),
    ({"highest": Q, "at_least": 3, "fill": "zero"}, [NO_FILL]),
    ({"sum": Q, "only": {"item": "q9", "equals": 1}}, ["only: there is no item q9"]),
    ({"sum": Q, "only": {"item": "q1"}}, [ONE_CONDITION]),
    ({"sum": Q, "only": {"item": "q1", "equals": 1, "below": 3}}, [ONE_CONDITION]),
    ({"sum": Q, "since": "first"}, [SINCE]),
    ({"change_of": "other"}, [SINCE]),
    (banded({"name": "low", "up_to": 3}, {"name": "low", "up_to": 5}, {"name": "high"}), ["band low occurs twice"]),
    (banded({"name": "low", "up_to": 3, "score": "pain"}, {"name": "high"}),
     ["band low: there is no other score pain"]),
    (banded({"name": "low", "up_to": 3}, {"name": "middle"}, {"name": "high"}),
     ["band middle has no bound, so that those after it are never reached"]),
    (banded({"name": "low", "up_to": 3}, {"name": "middle", "up_to": 5}, {"name": "high", "up_to": 9}),
     ["the last band, high, takes what is left and has no bound"]),
    ({"sum": Q, "multiply": 0.5, "table": {0: 1}}, ["what is looked up in a table is whole; say whole: true"]),
    ({"sum": Q, "table": {number: number for number in range(12)}}, ["the table says nothing of 12"]),
    ({"sum": Q, "table": {0: 0, 12: 1, 5: 3}}, ["the table says nothing of 1, 2, 3, 4, 6, 7, 8, 9, 10, 11"]),
    ({"sum": Q, "table": {0: 0, 12: 1}},
     ["the table says nothing of 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and more"]),
]  # fmt: skip


@pytest.mark.parametrize(("scoring", "said"), WRONG)
def test_what_is_wrong_is_said_in_these_words(scoring: dict[str, Any], said: list[str]) -> None:
    other = {"name": "other", "scoring": {"sum": ["q1"]}}
    assert refusals(other, {"name": "total", "scoring": scoring}) == [f"score total: {sentence}" for sentence in said]


RIGHT: list[dict[str, Any]] = [
    {"sum": Q, "at_least": 4},
    {"mean": Q, "at_least": 4},
    {"mean": Q, "weights": {"q1": 0.5}},
    {"sum": Q, "weights": {"q1": -1}},
    {"sum": Q, "at_least": "half", "fill": "zero"},
    {"sum": Q, "minimum_may_be_chosen": True, "fill": "mean"},
    {"sum": Q, "table": {number: number for number in range(13)}},
    {"sum": ["single"], "multiply": 0.5, "whole": True, "table": {1: 3}},
]


@pytest.mark.parametrize("scoring", RIGHT)
def test_nothing_is_said_of_what_is_right(scoring: dict[str, Any]) -> None:
    assert refusals({"name": "total", "scoring": scoring}) == []


UNREACHED: list[tuple[list[dict[str, Any]], list[str]]] = [  # bands before the last, and what is said of them
    ([{"up_to": 3}, {"up_to": 4}], []),
    ([{"up_to": 3}, {"up_to": 3}], ["b is never reached after a"]),
    ([{"up_to": 3}, {"below": 3}], ["b is never reached after a"]),
    ([{"below": 3}, {"up_to": 3}], []),  # the limit itself is left for the second
    ([{"below": 3}, {"below": 3}], ["b is never reached after a"]),
    ([{"up_to": 3}, {"below": 2}], ["b is never reached after a"]),
    ([{"from": 5}, {"from": 4}], []),
    ([{"from": 5}, {"from": 5}], ["b is never reached after a"]),
    ([{"from": 5}, {"above": 5}], ["b is never reached after a"]),
    ([{"above": 5}, {"from": 5}], []),
    ([{"above": 5}, {"above": 5}], ["b is never reached after a"]),
    ([{"from": 5}, {"from": 6}], ["b is never reached after a"]),
    ([{"up_to": 3}, {"from": 5}], []),
    ([{"from": 5}, {"up_to": 3}], []),
    ([{"up_to": 3}, {"up_to": 2, "score": "other"}], []),
    ([{"up_to": 3}, {"from": 9}, {"up_to": 2}], ["c is never reached after a"]),
    ([{"up_to": 4}, {"up_to": 3}, {"up_to": 2}], ["b is never reached after a", "c is never reached after a"]),
]


@pytest.mark.parametrize(("bounds", "said"), UNREACHED)
def test_a_band_that_an_earlier_one_covers_is_refused(bounds: list[dict[str, Any]], said: list[str]) -> None:
    bands = [{"name": name, **bound} for name, bound in zip("abc", bounds, strict=False)]
    scores = (
        {"name": "other", "scoring": {"sum": ["q1"]}},
        {"name": "total", "scoring": banded(*bands, {"name": "z"})},
    )
    assert refusals(*scores) == [f"score total: band {each}" for each in said]


def test_what_is_missing_is_no_circle() -> None:
    assert refusals({"name": "a", "scoring": {"sum_of_scores": ["b"]}}) == ["score a: there is no other score b"]


def test_scores_that_wait_for_each_other_are_named() -> None:
    scores = ({"name": "a", "scoring": {"sum_of_scores": ["b"]}}, {"name": "b", "scoring": {"sum_of_scores": ["a"]}})
    assert refusals(*scores) == [f"score {name}: rests on itself by way of others" for name in "ab"]


def test_what_rests_on_a_score_that_nothing_computes_is_no_fault_of_its_own() -> None:
    total = {"name": "total", "scoring": {"sum_of_scores": ["a"]}}
    of_total = {"name": "twice", "scoring": {"sum_of_scores": ["total"]}}
    assert refusals({"name": "a"}, total, of_total) == [
        "score a: say how it is computed (scoring), or by what (scorer)"
    ]
