"""Data as strangers bring them, against R: odd names and levels, collinear columns, offsets, empty cells, splines."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.analysis import ANCOVA, LMM
from app.analysis.results.result import LinearResult

HERE = Path(__file__).parents[1] / "reference" / "hostile"
R_SAYS = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))
TOLERANCES = {"lm": 1e-7, "wlm": 1e-7, "lmer": 2e-4}
"""Relative; of lmer where its optimiser stops."""


@cache
def data() -> pd.DataFrame:
    frame = pd.read_csv(HERE / "data.csv")
    orders = {"arm": ["pla:cebo", "T.low", "low"], "visit": ["day 0, 08:00", 'd"28"', "d91 [end]"]}
    for name in ("sex", "site"):
        orders[name] = list(frame[name].unique())
    return frame.assign(**{name: pd.Categorical(frame[name], own) for name, own in orders.items()})


def fitted(case: dict[str, Any]) -> LinearResult:
    """The model in our words: `**` for a power inside of I(), no blanks around `=`."""
    rows = data() if not case["rows"] else data()[data()[case["rows"]]]
    formula = re.sub(r"I\((\w+)\^2\)", r"I(\1**2)", case["formula"])
    if case["model"] == "lmer":
        return LMM(formula, rows, subject="id", visit="visit").fit(df="kenward-roger")
    return ANCOVA(formula, rows, robust=None, weights="w" if case["model"] == "wlm" else None).fit()


@pytest.mark.parametrize("case", R_SAYS, ids=range(len(R_SAYS)))
def test_the_differences_of_the_arms_are_those_of_r(case: dict[str, Any]) -> None:
    differences = fitted(case).contrasts("arm")
    for name in ("estimate", "se", "df", "p"):
        expected = [np.nan if value in (None, "NA") else value for value in case[name]]
        scale = np.abs(case["se"]) if name == "estimate" else 1.0
        np.testing.assert_allclose(
            differences[name] / scale,
            np.array(expected, float) / scale,
            rtol=TOLERANCES[case["model"]],
            atol=1e-7,
            err_msg=str(case),
        )
