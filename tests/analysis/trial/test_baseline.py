"""The baseline table, hand-counted."""

import numpy as np
import pandas as pd
import pytest

from app.analysis.errors import DataError
from app.analysis.trial.baseline import baseline_table
from tests.analysis.tables import cells


def test_baseline_table_has_figures_and_no_test() -> None:
    frame = pd.DataFrame(
        {
            "arm": pd.Categorical(["P", "P", "A", "A"], ["P", "A"]),
            "age": [30.0, 50.0, 40.0, np.nan],
            "sex": ["f", "m", "f", "f"],
        }
    )
    table = baseline_table(frame, arm="arm", variables=["age", "sex"])
    assert not [name for name in table.columns if name == "p"]
    age = table[table["variable"] == "age"].set_index("arm")
    assert cells(age, "P", ["n", "mean", "median", "minimum", "maximum"]) == [2, 40, 40, 30, 50]
    assert age.loc["All", "missing"] == 1
    sex = table[(table["variable"] == "sex") & (table["level"] == "f")].set_index("arm")
    assert cells(sex, "All", ["count", "percent"]) == [3, 75]
    with pytest.raises(DataError, match="Column weight"):
        baseline_table(frame, arm="arm", variables=["weight"])
