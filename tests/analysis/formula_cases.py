"""The cases of formulas with R's numbers (see reference/README.md)."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

HERE = Path(__file__).parent / "reference" / "formulas"


@cache
def r_says() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((HERE / "expected.json").read_text("utf-8"))
    return content


def two_arms() -> pd.DataFrame:
    """One row per patient: pre, post, arm (P, A), male (0, 1)."""
    frame = pd.read_csv(HERE / "a.csv")
    return frame.assign(arm=pd.Categorical(frame["arm"], ["P", "A"]))


def repeated() -> pd.DataFrame:
    """Three arms and four visits, with ":" in their names."""
    frame = pd.read_csv(HERE / "b.csv")
    arms = ["Placebo", "Drug: 20 mg", "Drug: 40 mg"]
    visits = ["week 0", "week 1: 08:00", "week 1: 20:00", "week 6"]
    return frame.assign(arm=pd.Categorical(frame["arm"], arms), visit=pd.Categorical(frame["visit"], visits))


def batches() -> pd.DataFrame:
    """Eight batches whose variance is estimated as zero."""
    return pd.read_csv(HERE / "c.csv")
