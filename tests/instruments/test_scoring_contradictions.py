"""Scoring that cannot be what was meant is refused when the definition is read, with what to write instead."""

from typing import Any

import pytest

from app.instruments.problems import BadDefinition
from tests.instruments.test_scoring_language import Q, scored

WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "Say one of sum, mean, count"),
    ({"sum": Q, "mean": Q}, "Say one of sum, mean, count"),
    ({"sum": []}, "List the codes"),
    ({"sum": 5}, "List the codes"),
    ({"sum": [1, 2]}, "List the codes"),
    ({"median": Q}, "Say one of"),
    ({"sum": Q, "median": True}, "Unknown field"),
    ({"sum": [*Q, "q9"]}, "there is no item q9"),
    ({"sum": ["q1", "q1"]}, "q1 occurs twice"),
    ({"sum": ["q1", "words"]}, "words is a text, which has no number"),
    ({"sum": ["q1", "since"]}, "since is a date, which has no number"),
    ({"answer": ["q1", "q2"]}, "answer takes one code"),
    ({"sum": Q, "at_least": 5, "fill": "zero"}, "at_least 5 of 4 can never be reached"),
    ({"sum": Q, "at_least": 0}, "Write a whole number from 1, all or half"),
    ({"sum": Q, "at_least": "most"}, "Write a whole number from 1, all or half"),
    ({"sum": Q, "at_least": True}, "Write a whole number from 1, all or half"),
    ({"sum": Q, "at_least": 3}, "says what stands for the others"),
    ({"sum": Q, "minimum_may_be_chosen": True}, "says what stands for the others"),
    ({"sum": Q, "fill": "mean"}, "fill has nothing to fill"),
    ({"mean": Q, "at_least": 3, "fill": "mean"}, "fill has nothing to fill"),
    ({"sum": Q, "reverse": ["pain"]}, "pain is not among its items"),
    ({"sum": Q, "weights": {"pain": 2}}, "pain is not among its items"),
    ({"sum": Q, "weights": {"q1": 0}}, "the weight of q1 must be another than 0"),
    ({"mean": Q, "weights": {"q1": -1}}, "the weight of q1 must be above 0"),
    ({"sum": Q, "weights": {"q1": "much"}}, "Not a valid number"),
    ({"sum": Q, "multiply": "NaN"}, "not permitted"),
    ({"sum": Q, "recode": {"q1": {0: 0, 1: 1, 2: 2}}}, "recode of q1 says nothing of 3"),
    ({"sum": Q, "recode": {"q1": {0: 0, 1: 1, 2: 2, 3: 3, 4: 4}}}, "recode of q1: 4 is not among its answers"),
    ({"sum": Q, "recode": {"q1": {"often": 0}}}, "Write a number before each colon"),
    ({"answer": "hours", "recode": {"hours": {0: 1}}}, "hours is typed and cannot be recoded"),
    ({"sum": Q, "onto": [1, 1]}, "Write two different numbers"),
    ({"sum": Q, "onto": [1]}, "Write two different numbers"),
    ({"sum": Q, "onto": 100}, "Write two different numbers"),
    ({"sum": Q, "rescale": {"from": [0, 12]}}, "Missing data"),
    ({"sum": Q, "decimals": 7}, "decimals"),
    ({"sum": Q, "table": {0: 1}}, "the table says nothing of 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and more"),
    ({"mean": Q, "table": {0: 1, 1: 2, 2: 3, 3: 4}}, "say whole: true"),
    ({"answer": "hours", "table": {0: 1}}, "say whole: true"),
    ({"sum": Q, "multiply": 0.5, "table": {0: 1}}, "say whole: true"),
    ({"sum": Q, "bands": [{"name": "low"}]}, "Shorter than minimum length"),
    ({"sum": Q, "bands": [{"name": "low", "up_to": 3}, {"name": "high", "above": 3}]}, "takes what is left"),
    ({"sum": Q, "bands": [{"name": "low"}, {"name": "high"}]}, "has no bound"),
    ({"sum": Q, "bands": [{"name": "low", "up_to": 3, "from": 1}, {"name": "high"}]}, "A band has one bound"),
    ({"sum": Q, "bands": [{"name": "low", "up_to": 3}, {"name": "low"}]}, "band low occurs twice"),
    ({"sum": Q, "bands": [{"name": "low", "up_to": 3, "score": "other"}, {"name": "high"}]}, "there is no other score"),
    ({"sum": Q, "bands": [{"name": "a", "up_to": 3}, {"name": "b", "up_to": 3}, {"name": "c"}]}, "b is never reached"),
    ({"sum": Q, "bands": [{"name": "a", "from": 3}, {"name": "b", "above": 5}, {"name": "c"}]}, "b is never reached"),
    ({"sum": Q, "only": {"item": "q9", "equals": 1}}, "only: there is no item q9"),
    ({"sum": Q, "only": {"item": "q1"}}, "only: say one of equals, above or below"),
    ({"sum": Q, "only": {"item": "q1", "equals": 1, "below": 3}}, "only: say one of equals, above or below"),
    ({"sum": Q, "only": {"item": "q1", "equals": 1, "otherwise": "tired"}}, "otherwise"),
    ({"sum": Q, "since": "first"}, "a change_of says since"),
    ({"change_of": "total"}, "a change_of says since"),
    ({"change_of": "total", "since": "first"}, "there is no other score total"),
    ({"sum_of_scores": ["total"]}, "there is no other score total"),
    ({"sum_of_scores": ["nothing"]}, "there is no other score nothing"),
]


@pytest.mark.parametrize(("scoring", "said"), WRONG)
def test_scoring_that_contradicts_itself_is_refused(scoring: dict[str, Any], said: str) -> None:
    with pytest.raises(BadDefinition, match=said):
        scored({"name": "total", "scoring": scoring})


RANGES: list[tuple[dict[str, Any], str]] = [
    ({"sum": Q}, "can be 0 to 12"),
    ({"sum": Q, "reverse": ["q1"]}, "can be 0 to 12"),
    ({"sum": ["q1", "stairs"]}, "can be 1 to 8"),
    ({"sum": ["stairs", "q1"], "at_least": 1, "fill": "zero"}, "can be 0 to 8"),
    ({"sum": ["stairs"], "weights": {"stairs": -2}}, "can be -10 to -2"),
    ({"sum": ["q1", "stairs"], "at_least": 1, "fill": "mean"}, "can be 0 to 10"),
    ({"mean": ["q1", "stairs"]}, "can be 0.5 to 4"),
    ({"mean": ["q1", "stairs"], "at_least": 1}, "can be 0 to 5"),
    ({"count": Q, "from": 2}, "can be 0 to 4"),
    ({"highest": ["q1", "stairs"], "at_least": 1}, "can be 0 to 5"),
    ({"answer": "hours"}, "can be 0 to 100"),
    ({"answer": "stairs", "recode": {"stairs": {1: 7, 2: 2, 3: 3, 4: 4, 5: 5}}}, "can be 2 to 7"),
    ({"mean": ["pain", "stairs"], "onto": [100, 0]}, "can be 0 to 100"),
    ({"sum": Q, "multiply": -1, "add": 2}, "can be -10 to 2"),
    ({"sum": Q, "rescale": {"from": [0, 12], "to": [0, 100]}}, "can be 0 to 100"),
    ({"answer": "q1", "table": {0: 30, 1: 20, 2: 60.5, 3: 50}}, "can be 20 to 60.5"),
]


@pytest.mark.parametrize(("scoring", "said"), RANGES)
def test_a_range_that_is_narrower_than_what_can_be_scored_is_refused(scoring: dict[str, Any], said: str) -> None:
    with pytest.raises(BadDefinition, match=rf"score total: {said}, its minimum and maximum say 1000 to None"):
        scored({"name": "total", "minimum": 1000, "scoring": scoring})
    with pytest.raises(BadDefinition, match=rf"score total: {said}, its minimum and maximum say None to -1000"):
        scored({"name": "total", "maximum": -1000, "scoring": scoring})


def test_a_change_can_be_as_large_either_way() -> None:
    sums = {"name": "now", "scoring": {"sum": ["stairs"]}}
    change = {"name": "change", "maximum": 3, "scoring": {"change_of": "now", "since": "previous"}}
    with pytest.raises(BadDefinition, match="score change: can be -4 to 4"):
        scored(sums, change)


def test_scores_that_rest_on_each_other_are_refused() -> None:
    with pytest.raises(BadDefinition, match=r"score a: rests on itself.*\n.*score b: rests on itself"):
        scored(
            {"name": "a", "scoring": {"sum_of_scores": ["b"]}},
            {"name": "b", "scoring": {"sum_of_scores": ["a"]}},
        )


PREPARED: list[dict[str, Any]] = [
    {"reverse": ["a"]},
    {"weights": {"a": 2}},
    {"onto": [0, 1]},
    {"recode": {"a": {0: 1}}},
]


@pytest.mark.parametrize("more", PREPARED)
def test_scores_are_put_together_as_they_are(more: dict[str, Any]) -> None:
    part = {"name": "a", "scoring": {"sum": ["q1"]}}
    with pytest.raises(BadDefinition, match="scores are neither reversed"):
        scored(part, {"name": "total", "scoring": {"sum_of_scores": ["a"], **more}})


def test_a_score_that_nothing_computes_is_refused() -> None:
    with pytest.raises(BadDefinition, match="score total: say how it is computed"):
        scored({"name": "total"})
    with pytest.raises(BadDefinition, match="score total: is computed by the scorer rmdq; leave its scoring out"):
        scored({"name": "total", "scoring": {"sum": Q}}, scorer="rmdq")
    with pytest.raises(BadDefinition, match="scorer rmdq: name the scores that it gives"):
        scored(scorer="rmdq")
    with pytest.raises(BadDefinition, match=r"There is no scorer 'rmqd'\. Did you mean 'rmdq'"):
        scored({"name": "total"}, scorer="rmqd")


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(BadDefinition) as refused:
        scored({"name": "a", "scoring": {"sum": ["q9"]}}, {"name": "b", "scoring": {"mean": ["q8"]}}, {"name": "c"})
    assert len(refused.value.problems) == 3
