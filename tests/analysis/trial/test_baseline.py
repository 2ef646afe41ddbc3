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


def rows(values: list[object], arm: list[str] | None = None) -> pd.DataFrame:
    frame = pd.DataFrame({"value": values, "arm": pd.Categorical(arm or ["P"] * len(values), ["P", "A"])})
    return baseline_table(frame, arm="arm", variables=["value"])


def test_the_figures_of_a_number() -> None:
    table = rows([1.0, 2.0, 3.0, 4.0, 10.0, np.nan]).set_index("arm")
    names = ["n", "missing", "mean", "q1", "median", "q3", "minimum", "maximum"]
    assert cells(table, "P", names) == [5, 1, 4.0, 2.0, 3.0, 4.0, 1.0, 10.0]
    assert table.loc["P", "sd"] == pytest.approx((50 / 4) ** 0.5)


@pytest.mark.parametrize(
    ("values", "levels"),
    [
        (["m", "f", "m", None], [("f", 1), ("m", 2)]),
        ([True, False, True, None], [("False", 1), ("True", 2)]),
        (pd.Categorical(["b", "b", "a", None], ["b", "a", "c"]), [("b", 2), ("a", 1), ("c", 0)]),
    ],
)
def test_the_levels_of_a_factor_stand_in_its_order(values: list[object], levels: list[tuple[str, int]]) -> None:
    table = rows(values)
    own = table[table["arm"] == "P"]
    assert list(zip(own["level"], own["count"], strict=True)) == levels
    assert own["percent"].tolist() == pytest.approx([100 * count / 3 for _, count in levels])
    assert set(own["missing"]) == {1}


def test_an_arm_without_a_value_has_no_percent() -> None:
    table = rows(["f", None], ["P", "A"])
    assert table[table["arm"] == "A"]["percent"].isna().all()
    assert table[table["arm"] == "A"]["count"].tolist() == [0]


def test_all_together_stand_below_the_arms_and_alone_where_there_are_none() -> None:
    assert rows([1.0, 2.0], ["P", "A"])["arm"].tolist() == ["P", "A", "All"]
    frame = pd.DataFrame({"value": [1.0]})
    assert baseline_table(frame, arm=None, variables=["value"])["arm"].tolist() == ["All"]


def test_an_absent_arm_is_named() -> None:
    with pytest.raises(DataError, match="Column ward is not in the data; it has value"):
        baseline_table(pd.DataFrame({"value": [1.0]}), arm="ward", variables=["value"])
