"""From a formula and a frame to y and X: levels, dropped rows, means, and new rows coded in the same way."""

import numpy as np
import pandas as pd
import pytest

from app.analysis.design.coding import columns_of
from app.analysis.design.design import build_design, is_text, tidy_factor
from app.analysis.errors import DataError

NAN = float("nan")


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "y": [1.0, 2.5, NAN, 4.0, 7.0, 6.0],
            "arm": pd.Categorical(["P", "A", "A", "P", "A", "P"], ["P", "A", "never"]),
            "site": ["s2", "s1", "s1", "s2", "s2", "s1"],
            "age": [30, 40, 50, 60, 70, 80],
            "id": list("abcdef"),
        }
    )


def test_columns_are_named_and_coded_with_the_first_level_as_reference() -> None:
    design = build_design("y ~ age + arm", frame(), [])
    assert design.names == ("Intercept", "age", "arm[T.A]")
    by_name = dict(zip(design.names, design.X.T.tolist(), strict=True))
    assert by_name["Intercept"] == [1.0] * 5
    assert by_name["arm[T.A]"] == [0, 1, 0, 1, 0]
    assert by_name["age"] == [30, 40, 60, 70, 80]
    assert design.y.tolist() == [1.0, 2.5, 4.0, 7.0, 6.0]


def test_what_was_left_out_is_counted_and_said() -> None:
    design = build_design("y ~ age + arm", frame(), [])
    assert design.messages == ("1 rows left out: y missing",)
    assert design.frame.index.tolist() == [0, 1, 3, 4, 5]


def test_text_becomes_a_factor_with_sorted_levels_whose_order_nobody_stated() -> None:
    design = build_design("y ~ site + arm", frame(), ["id"])
    assert design.factors == {"arm": ("P", "A"), "site": ("s1", "s2")}
    assert design.unordered == {"site", "id"}


def test_levels_without_rows_are_left_out() -> None:
    assert build_design("y ~ arm", frame(), []).factors == {"arm": ("P", "A")}


def test_means_are_those_of_the_rows_used() -> None:
    assert build_design("y ~ age", frame(), []).means == {"age": (30 + 40 + 60 + 70 + 80) / 5}


def test_new_rows_are_coded_as_the_old_ones() -> None:
    design = build_design("y ~ age*arm + site", pd.concat([frame(), frame()], ignore_index=True), [])
    new = pd.DataFrame(
        {
            "age": [10.0, 20.0],
            "arm": pd.Categorical(["A", "P"], ["P", "A"]),
            "site": pd.Categorical(["s2", "s1"], ["s1", "s2"]),
        }
    )
    X = design.encode(columns_of(new, list(design.columns)), 2)
    row = dict(zip(design.names, X[0], strict=True))
    assert row == {"Intercept": 1, "age": 10, "arm[T.A]": 1, "site[T.s2]": 1, "age:arm[T.A]": 10}
    assert dict(zip(design.names, X[1], strict=True))["age:arm[T.A]"] == 0


def test_columns_needed_beside_the_formula_are_kept_though_they_have_gaps() -> None:
    design = build_design(
        "y ~ age", frame().assign(id=pd.Series(["a", None, "c", "d", "e", "f"], dtype=object)), ["id"]
    )
    assert len(design.y) == 5
    assert design.frame["id"].isna().sum() == 1


def test_an_outcome_may_be_transformed_if_it_stays_finite() -> None:
    np.testing.assert_allclose(build_design("np.log(y) ~ age", frame(), []).y, np.log([1, 2.5, 4, 7, 6]))
    with (
        pytest.raises(
            DataError, match=r"The outcome of 'np\.log\(y\) ~ age' is not a finite number in every row; check y"
        ),
        np.errstate(divide="ignore"),
    ):
        build_design("np.log(y) ~ age", frame().assign(y=[0.0, 1, 2, 3, 4, 5]), [])


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([1, 2], False),
        ([1.5, NAN], False),
        (["a", "b"], True),
        ([True, False], True),
        (pd.array([True, pd.NA], dtype="boolean"), True),
        (pd.Categorical(["a"]), False),
        (pd.array([1, None], dtype="Int64"), False),
    ],
)
def test_text_is_what_is_neither_number_nor_category(values: object, text: bool) -> None:
    assert is_text(pd.Series(values).array) == text


def test_factors_are_tidied_and_numbers_left() -> None:
    kept = pd.Categorical(["b", "a"], ["b", "a"])
    assert tidy_factor(kept) is kept
    assert list(tidy_factor(pd.Categorical(["b"], ["c", "b", "a"])).categories) == ["b"]
    assert list(tidy_factor(pd.Series(["b", "a", "b"]).array).categories) == ["a", "b"]
    numbers = pd.Series([2.0, 1.0]).array
    assert tidy_factor(numbers) is numbers
