"""Worked examples: published ones, and ones computed independently from the published rules."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.instruments import score

DATA = Path(__file__).parent / "data"
CASES: list[dict[str, Any]] = json.loads((DATA / "scoring_cases.json").read_text("utf-8"), parse_float=Decimal)
FOUR_PLACES = Decimal("0.0001")  # to which the expected figures are given


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['instrument']} {case.get('note', '')[:30]}")
def test_worked_example(case: dict[str, Any]) -> None:
    scores = score(case["instrument"], case["answers"], minimum_answered=case.get("minimum_answered"))
    values = {each.name: each.value for each in scores}
    for name, expected in case["expected"].items():
        value = values[name]
        assert (value is None) == (expected is None)
        if value is not None:
            assert value.quantize(FOUR_PLACES) == Decimal(expected).quantize(FOUR_PLACES)
    categories = {each.name: each.category for each in scores}
    assert {name: categories[name] for name in case.get("categories", {})} == case.get("categories", {})


def test_the_examples_cover_every_instrument_with_a_scoring_rule_of_its_own() -> None:
    covered = {case["instrument"] for case in CASES}
    assert covered >= {
        "odi",
        "nrs_lbp",
        "nrs_lbp_week",
        "rmdq",
        "rand36",
        "wpai_shp",
        "fabq",
        "hscl25",
        "hscl10",
        "startback",
    }
