"""A ranking: each item of a group has a place, and no place is given twice."""

from typing import Any

import pytest

from app.instruments import Instrument, check_answers
from app.instruments.definition import read_definition
from app.instruments.fhir import questionnaire
from app.instruments.folders import read_files
from app.instruments.problems import BadDefinition
from tests.instruments.test_definition_format import definition

FILES = {
    "definition.yaml": """
code: goals
version: "1"
groups: [{code: order, layout: ranking}]
items:
  - {code: sleep, type: rank, group: order}
  - {code: work, type: rank, group: order}
  - {code: sport, type: rank, group: order}
licence:
  holder: Us
  terms: Free.
  languages: {}
  other: {original_required: false, note: Ours.}
""",
    "wordings/en.yaml": """
language: en
version: "1"
demonstration: false
source: Ours.
title: What matters
instruction: Give each its place; 1 matters most.
groups: {order: What matters most to you?}
items: {sleep: Sleep, work: Work, sport: Sport}
""",
}


def goals() -> Instrument:
    return read_files("goals", FILES).instrument


GOALS = goals()


@pytest.mark.parametrize(
    ("places", "faults", "missing"),
    [
        ((1, 2, 3), [], ()),
        ((3, 1, 2), [], ()),
        ((1, 1, 2), ["work: same_place"], ()),
        ((2, 1, 2), ["sport: same_place"], ()),
        ((1, 1, 1), ["work: same_place", "sport: same_place"], ()),
        ((1, 2, None), [], ("sport",)),
        ((None, None, None), [], ("sleep", "work", "sport")),
        ((0, 1, 2), ["sleep: not_an_option"], ()),
        ((1, 2, 4), ["sport: not_an_option"], ()),
    ],
)
def test_each_place_is_given_once(places: tuple[int | None, ...], faults: list[str], missing: tuple[str, ...]) -> None:
    checked = check_answers(GOALS, dict(zip(("sleep", "work", "sport"), places, strict=True)))
    assert [f"{problem.item}: {problem.fault}" for problem in checked.problems] == faults
    assert checked.missing == missing


def test_fhir_has_whole_numbers() -> None:
    (group,) = [item for item in questionnaire(GOALS, "en")["item"] if item["linkId"] == "order"]
    assert [item["type"] for item in group["item"]] == ["integer"] * 3


@pytest.mark.parametrize(
    ("groups", "items", "problem"),
    [
        ([], [{"code": "a", "type": "rank"}], "a: a rank belongs to a group"),
        (
            [{"code": "g"}],
            [{"code": "a", "type": "rank", "group": "g"}],
            "group g: a ranking has items of the type rank",
        ),
        (
            [{"code": "g", "layout": "ranking"}],
            [{"code": "a", "type": "rank", "group": "g"}, {"code": "b", "type": "yesno", "group": "g"}],
            "group g: a ranking has items of the type rank",
        ),
        (
            [{"code": "g", "layout": "ranking"}],
            [{"code": "a", "type": "yesno"}],
            "group g: a ranking has items of the type",
        ),
    ],
)
def test_a_ranking_that_cannot_be_given_is_refused(groups: list[Any], items: list[Any], problem: str) -> None:
    with pytest.raises(BadDefinition) as error:
        read_definition(definition(groups=groups, items=items))
    assert [sentence for sentence in map(str, error.value.problems) if sentence.startswith(problem)] != []
