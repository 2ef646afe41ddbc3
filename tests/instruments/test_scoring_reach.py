"""Which numbers a score can be: a range that leaves one out is refused, and no other; so is a table with a hole."""

from itertools import product
from typing import Any

import pytest

from app.instruments.results import ScoringSettings
from app.instruments.scores import score_checked
from tests.instruments.test_scoring_language import Q, q, scored
from tests.instruments.test_scoring_sentences import refusals

STAIRS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5}
FIRST_OFTEN = {0: 2, 1: 1, 2: 0, 3: 0}

REACHES: list[tuple[dict[str, Any], str]] = [
    # one answer, by the step that it goes through
    ({"answer": "q1", "weights": {"q1": 3}}, "0 to 9"),
    ({"highest": ["q1", "stairs"], "weights": {"q1": 3}}, "0 to 9"),
    ({"lowest": ["q1", "stairs"], "weights": {"stairs": -2}}, "-10 to 3"),
    ({"answer": "height", "reverse": ["height"]}, "5 to 7"),
    ({"answer": "frost"}, "-10 to 0"),
    ({"answer": "height", "onto": [0, 10]}, "0 to 10"),
    # counts
    ({"count": ["q1", "stairs"]}, "1 to 2"),
    ({"count": ["stairs"], "from": 5}, "0 to 1"),
    ({"count": ["stairs"], "from": 6}, "0 to 0"),
    ({"count": ["q1", "q2"], "from": 3, "reverse": ["q1"]}, "0 to 2"),
    ({"count": ["q1", "q2"], "from": 50, "onto": [0, 100]}, "0 to 2"),
    ({"count": ["q1"], "from": 3, "recode": {"q1": FIRST_OFTEN}}, "0 to 0"),
    ({"count": ["q1"], "from": 2, "recode": {"q1": FIRST_OFTEN}}, "0 to 1"),
    ({"count": ["height", "frost"], "from": 5}, "1 to 1"),
    # sums of all, and of fewer
    ({"sum": ["q1", "height"], "weights": {"q1": -1}}, "2 to 7"),
    ({"sum": ["height", "stairs"], "at_least": 1, "fill": "zero"}, "1 to 12"),
    ({"sum": ["height", "stairs", "q1"], "at_least": 2, "fill": "zero"}, "1 to 15"),
    ({"sum": ["height", "stairs"], "weights": {"stairs": -1}, "at_least": 1, "fill": "zero"}, "-5 to 7"),
    ({"sum": ["height", "stairs"], "weights": {"stairs": -1, "height": -1}, "at_least": 1, "fill": "zero"},
     "-12 to -1"),
    ({"sum": ["height", "stairs"], "weights": {"height": 0.5}, "at_least": 1, "fill": "zero"}, "1 to 8.5"),
    ({"sum": ["height", "stairs", "single"], "weights": {"single": 0.5}, "at_least": 1, "fill": "zero"}, "1 to 13"),
    ({"sum": ["height", "stairs"], "minimum_may_be_chosen": True, "fill": "zero"}, "1 to 12"),
    ({"sum": ["height", "frost"], "weights": {"height": -1}, "minimum_may_be_chosen": True, "fill": "zero"},
     "-17 to 0"),
    ({"sum": ["frost", "height", "single"], "at_least": 2, "fill": "zero"}, "-8 to 9"),
    ({"sum": ["q1", "stairs"], "weights": {"q1": 3}, "at_least": 1, "fill": "mean"}, "0 to 20"),
    ({"sum": ["height", "stairs"], "weights": {"height": 3}, "at_least": 1, "fill": "mean"}, "4 to 28"),
    # means
    ({"mean": ["q1", "stairs"], "weights": {"q1": 3}}, "0.25 to 3.5"),
    ({"mean": ["q1", "stairs"], "weights": {"q1": 3}, "at_least": 1}, "0 to 5"),
    ({"mean": ["height", "stairs"], "weights": {"stairs": 2}, "at_least": 1}, "1 to 7"),
    ({"mean": ["q1", "stairs"], "minimum_may_be_chosen": True}, "0 to 5"),
    ({"sum_of_scores": ["part", "other"]}, "1 to 8"),
    ({"sum_of_scores": ["part", "other"], "at_least": 1, "fill": "mean"}, "0 to 10"),
    ({"mean_of_scores": ["part", "other"]}, "0.5 to 4"),
    ({"mean_of_scores": ["part", "other"], "at_least": 1}, "0 to 5"),
    ({"change_of": "part", "since": "first", "multiply": 10}, "-40 to 40"),
    # what is done to the number
    ({"mean": ["q1", "stairs"], "whole": True}, "1 to 4"),
    ({"mean": ["q1", "q2"], "multiply": 0.5, "whole": True}, "0 to 2"),
    ({"answer": "stairs", "rescale": {"from": [1, 5], "to": [0, 100]}}, "0 to 100"),
    ({"answer": "stairs", "add": 1, "rescale": {"from": [2, 6], "to": [100, 50]}}, "50 to 100"),
    ({"sum": Q, "multiply": 1000000}, "0 to 12000000"),
    ({"answer": "q1", "multiply": 0.41, "decimals": 1}, "0 to 1.2"),
    ({"answer": "q1", "add": 0.41, "decimals": 1}, "0.4 to 3.4"),
    ({"answer": "q1", "decimals": 1, "table": {0: 1.26, 1: 2, 2: 4.04, 3: 3}}, "1.3 to 4"),
]  # fmt: skip


@pytest.mark.parametrize(("scoring", "said"), REACHES)
def test_a_score_can_be_from_the_least_to_the_greatest(scoring: dict[str, Any], said: str) -> None:
    part, other = {"name": "part", "scoring": {"sum": ["stairs"]}}, {"name": "other", "scoring": {"sum": ["q1"]}}
    total = {"name": "total", "minimum": 99, "maximum": 0, "scoring": scoring}
    problems = [str(each) for each in refusals(part, other, total) if "its minimum and maximum say" in str(each)]
    assert problems == [f"score total: can be {said}, its minimum and maximum say 99 to 0"]


EXACT: list[tuple[dict[str, Any], int, int]] = [
    ({"sum": Q}, 0, 12),
    ({"answer": "stairs", "weights": {"stairs": 2}}, 2, 10),
    ({"mean": ["stairs", "q1"], "whole": True}, 1, 4),
]


@pytest.mark.parametrize(("scoring", "least", "most"), EXACT)
def test_the_range_itself_is_no_narrower_than_what_can_be(scoring: dict[str, Any], least: int, most: int) -> None:
    said = [
        len(refusals({"name": "total", "minimum": low, "maximum": high, "scoring": scoring}))
        for low, high in ((least, most), (least - 1, most + 1), (least + 1, most), (least, most - 1))
    ]
    assert said == [0, 0, 1, 1]


COMPUTED: list[dict[str, Any]] = [
    {"sum": ["q1", "stairs"], "weights": {"q1": -2}, "at_least": 1, "fill": "zero"},
    {"sum": ["q1", "stairs"], "weights": {"q1": 2}, "at_least": 1, "fill": "mean"},
    {"mean": ["q1", "stairs"], "weights": {"q1": 3}},
    {"mean": ["q1", "stairs"], "weights": {"q1": 3}, "at_least": 1},
    {"mean": ["q1", "stairs"], "minimum_may_be_chosen": True},
    {"count": ["q1", "stairs"], "from": 2, "reverse": ["stairs"], "at_least": 1, "fill": "mean"},
    {"count": ["q1", "stairs"], "from": 60, "onto": [0, 100]},
    {"highest": ["q1", "stairs"], "weights": {"q1": 3}, "at_least": 1},
    {"lowest": ["q1", "stairs"], "weights": {"stairs": -1}, "at_least": 1},
    {"answer": "stairs", "weights": {"stairs": 0.5}, "reverse": ["stairs"], "add": -3},
    {"sum": ["q1", "stairs"], "recode": {"stairs": {1: 9, 2: 0, 3: 1, 4: 2, 5: -3}}, "multiply": -1},
]


@pytest.mark.parametrize("scoring", COMPUTED)
def test_what_is_said_to_be_possible_is_what_comes_out(scoring: dict[str, Any]) -> None:
    """Every pair of answers is scored; the least and the greatest are those that the check names."""
    questionnaire = scored({"name": "total", "scoring": scoring})
    every = [
        {code: given for code, given in (("q1", first), ("stairs", second)) if given is not None}
        for first, second in product((None, 0, 1, 2, 3), (None, 1, 2, 3, 4, 5))
    ]
    made = [score_checked(questionnaire, answers, ScoringSettings((), 1))[0].value for answers in every]
    values = [value for value in made if value is not None]
    (problem,) = refusals({"name": "total", "minimum": 99, "scoring": scoring})
    assert str(problem).startswith(f"score total: can be {float(min(values)):g} to {float(max(values)):g}, ")


def test_the_ends_of_parts_are_put_together_as_exact_numbers() -> None:
    thirds = {"answer": "q1", "rescale": {"from": [0, 9], "to": [0, -2]}}  # to -2/3, which is no decimal
    parts = [{"name": name, "scoring": thirds} for name in "abc"]
    total = {"name": "total", "minimum": -2, "maximum": 0, "scoring": {"sum_of_scores": ["a", "b", "c"]}}
    assert refusals(*parts, total) == []


TABLE = {number: number for number in range(-20, 120)}
WHOLE: list[tuple[dict[str, Any], bool]] = [
    ({"sum": Q}, True),
    ({"sum": ["q1", "hours"]}, False),
    ({"sum": ["hours", "q1"]}, False),
    ({"count": ["q1", "hours"], "from": 0.5}, True),
    ({"answer": "hours", "weights": {"hours": 10}, "multiply": 0.1}, False),
    ({"sum": ["q1", "height"], "weights": {"height": 0.5}}, False),
    ({"sum": ["frost", "height"], "weights": {"height": 2}}, True),
    ({"answer": "frost", "weights": {"frost": 0.5}}, False),
    ({"sum": Q, "recode": {"q1": {0: 0, 1: 0.5, 2: 1, 3: 1}}}, False),
    ({"count": Q, "recode": {"q1": {0: 0, 1: 0.5, 2: 1, 3: 1}}}, True),
    ({"sum": ["stairs"], "onto": [0, 100]}, True),
    ({"sum": ["q1"], "onto": [0, 100]}, False),
    ({"answer": "height", "onto": [0, 1]}, False),
    ({"sum": Q, "add": 0.5}, False),
    ({"sum": Q, "multiply": 2, "add": -1}, True),
    ({"mean": ["q1", "q2"]}, False),
    ({"mean": ["q1", "q2"], "whole": True}, True),
    ({"sum": ["q1", "q2"], "at_least": 1, "fill": "mean"}, False),
    ({"sum": ["q1", "q2"], "at_least": 1, "fill": "zero"}, True),
    # of other scores: as they are kept
    ({"sum_of_scores": ["sums"]}, True),
    ({"sum_of_scores": ["sums", "means"]}, False),
    ({"sum_of_scores": ["means", "sums"]}, False),
    ({"sum_of_scores": ["sums", "full_means"]}, True),
    ({"sum_of_scores": ["sums", "looked_up"]}, False),
    ({"sum_of_scores": ["sums", "looked_up_whole"]}, True),
    ({"mean_of_scores": ["sums", "sums_too"]}, False),
    ({"change_of": "sums", "since": "first"}, True),
    ({"change_of": "means", "since": "first"}, False),
]  # fmt: skip
PARTS: list[dict[str, Any]] = [
    {"name": "sums", "scoring": {"sum": ["q1"]}},
    {"name": "sums_too", "scoring": {"sum": ["q2"]}},
    {"name": "means", "scoring": {"mean": ["q1", "q2"]}},
    {"name": "full_means", "scoring": {"mean": ["q1", "q2"], "decimals": 0}},
    {"name": "looked_up", "scoring": {"sum": ["q1"], "table": {0: 0, 1: 1, 2: 2.5, 3: 3}}},
    {"name": "looked_up_whole", "scoring": {"mean": ["q1"], "whole": True, "table": {0: 0, 1: 1, 2: 3, 3: 2}}},
]


@pytest.mark.parametrize(("scoring", "whole"), WHOLE)
def test_what_is_looked_up_is_known_to_be_whole(scoring: dict[str, Any], whole: bool) -> None:
    total = {"name": "total", "scoring": {**scoring, "table": TABLE}}
    said = [] if whole else ["score total: what is looked up in a table is whole; say whole: true"]
    assert refusals(*PARTS, total) == said


def test_a_table_of_a_total_of_means_can_be_looked_up() -> None:
    total = {"name": "total", "scoring": {"sum_of_scores": ["means", "sums"], "whole": True, "table": TABLE}}
    made = score_checked(scored(*PARTS, total), q(1, 2))[-1]
    assert made.value == 3
