"""Worked examples, which ship beside each questionnaire: published ones, and ones computed from the published rules."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.instruments import instrument
from app.instruments.folders import Folder, unproved_scores
from app.instruments.library import instrument_codes, shipped_folder
from app.instruments.proving import prove, rounded_like
from app.instruments.scoring.compiling import compiled
from app.instruments.scoring_language import Missing
from app.instruments.vectors import Vector

FOLDERS = [shipped_folder(code) for code in instrument_codes()]
EXAMPLES = [(folder, number) for folder in FOLDERS for number in range(len(folder.vectors))]


def named(value: object) -> str:
    return value.instrument.code if isinstance(value, Folder) else str(value)


@pytest.mark.parametrize(("folder", "number"), EXAMPLES, ids=named)
def test_worked_example(folder: Folder, number: int) -> None:
    assert prove(folder.instrument, folder.vectors[number : number + 1]).failures == ()


@pytest.mark.parametrize("folder", FOLDERS, ids=named)
def test_every_score_has_an_example_and_every_pattern_of_missing_answers_a_reason(folder: Folder) -> None:
    proof = prove(folder.instrument, folder.vectors)
    assert unproved_scores(folder.instrument, folder.vectors) == []
    assert proof.failures == ()
    assert {name for name, _, _ in proof.needed} == {score.name for score in folder.instrument.scores}


@pytest.mark.parametrize(
    ("code", "needed"),
    [
        ("odi", [("odi", 8, 10), ("odi_sum", 8, 10)]),
        ("nrs_lbp", [("nrs_lbp", 3, 3)]),
        ("fabq", [("fabq_pa", 4, 4), ("fabq_work", 7, 7)]),
        ("hscl25", [("hscl25", 20, 25), ("hscl25_anxiety", 8, 10), ("hscl25_depression", 12, 15)]),
        ("eq5d5l", [("index", 5, 5), ("vas", 1, 1)]),
    ],
)
def test_the_proof_tells_of_how_few_answers_a_score_is_given(code: str, needed: list[tuple[str, int, int]]) -> None:
    folder = shipped_folder(code)
    assert sorted(prove(folder.instrument, folder.vectors).needed) == sorted(needed)


@pytest.mark.parametrize(
    ("written", "value", "is_met"),
    [
        ("38", "38", True),
        ("38", "38.4", False),  # a whole number is meant exactly
        ("35.5556", "35.555556", True),
        ("35.5555", "35.555556", False),
        ("35.6", "35.555556", True),
    ],
)
def test_an_example_is_held_to_the_digits_that_it_gives(written: str, value: str, *, is_met: bool) -> None:
    expected = Decimal(written)
    assert (expected in (Decimal(value), rounded_like(Decimal(value), expected))) is is_met


@pytest.mark.parametrize(
    ("expected", "failure"),
    [
        ((("nrs_leg", "incomplete"),), "vector 1: nrs_leg must be incomplete, and is 7"),
        ((("nrs_leg", "none"),), "vector 1: nrs_leg must be none, and is 7"),
    ],
)
def test_what_an_example_says_otherwise_is_told(expected: tuple[tuple[str, str], ...], failure: str) -> None:
    assert prove(instrument("nrs_leg"), [Vector({"leg": 7}, expected)]).failures == (failure,)


def test_answers_that_the_questionnaire_does_not_take_are_told() -> None:
    (failure,) = prove(instrument("nrs_leg"), [Vector({"leg": 11}, (("nrs_leg", "none"),))]).failures
    assert failure.startswith("vector 1: leg: ")


def test_another_name_of_the_band_is_told() -> None:
    vector = Vector(dict.fromkeys(instrument("odi").by_code, 5), (), categories=(("odi", "minimal"),))
    assert prove(instrument("odi"), [vector]).failures == (
        "vector 1: odi must be called minimal, and is called bed_bound",
    )


def test_a_score_that_is_given_from_fewer_answers_than_its_rule_says_is_found() -> None:
    pain = instrument("nrs_lbp")
    (score,) = pain.scores
    assert score.scoring is not None
    lax = replace(score, scoring=replace(score.scoring, missing=Missing(at_least=1)))
    wrong = replace(pain, compute=compiled(pain.items, [lax]))
    assert set(prove(wrong, ()).failures) == {
        f"nrs_lbp: {count} answers give {value}" for count in (1, 2) for value in (0, 10)
    }
