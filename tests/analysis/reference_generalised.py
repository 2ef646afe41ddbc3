"""The data of the generalised models that R fitted (reference/generalised/make.R), and R's numbers."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

FOLDER = Path(__file__).parent / "reference"
EXPECTED: dict[str, Any] = json.loads((FOLDER / "generalised" / "expected.json").read_text(encoding="utf-8"))


def visits() -> pd.DataFrame:
    """The visits after baseline of sim_a with a value: better (0 or 1), tens (a count), years, level."""
    d = pd.read_csv(FOLDER / "sim_a.csv")
    d["arm"] = pd.Categorical(d["arm"], ["Placebo", "Infliximab"])
    d["better"], d["tens"], d["years"] = (d["chg"] <= -10).astype(float), np.round(d["odi"] / 10), 0.5 + d["month"] / 12
    d["level"] = 1.0 + np.searchsorted([20, 40, 60], d["odi"].to_numpy(float), side="left")
    rows = d[(d["visit"] != "baseline") & d["chg"].notna()].reset_index(drop=True)
    rows["visit"] = pd.Categorical(rows["visit"], ["m03", "m05", "m09"])
    return rows


def at_m05() -> pd.DataFrame:
    """One row per person, with counts that vary more than Poisson's."""
    rows = visits()
    own = rows[rows["visit"] == "m05"].drop(columns="visit").reset_index(drop=True)
    k = np.arange(1, len(own) + 1)
    return own.assign(events=(k * 7919) % 13 // 3 * (k % 3 != 0))


def wheeze() -> pd.DataFrame:
    """Wheeze at ages 7 to 10 of 537 children by maternal smoking: Ware et al. 1984, the table of Fitzmaurice and Laird.

    Counts of the patterns 0000, 0001, ..., 1111 (Fitzmaurice and Laird 1993, Biometrika 80:141).
    """
    counts = {
        0: (237, 10, 15, 4, 16, 2, 7, 3, 24, 3, 3, 2, 6, 2, 5, 11),
        1: (118, 6, 8, 2, 11, 1, 6, 4, 7, 3, 3, 1, 4, 2, 4, 7),
    }
    rows = []
    for smoke, of in counts.items():
        for pattern, count in enumerate(of):
            for child in range(count):
                rows += [
                    (f"{smoke}-{pattern}-{child}", smoke, age, float(pattern >> place & 1))
                    for place, age in zip((3, 2, 1, 0), (-2, -1, 0, 1), strict=True)
                ]
    return pd.DataFrame(rows, columns=["child", "smoke", "age", "wheeze"])
