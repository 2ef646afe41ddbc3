"""Our columns are formulaic's, however they are made."""

import numpy as np
import pandas as pd
import pytest

from app.analysis import MMRM
from app.analysis.design.coding import (
    Coded,
    Columns,
    Part,
    as_frame,
    columns_of,
    learn,
    product_columns,
    recall,
)
from app.analysis.design.formula import read_formula, variables
from tests.analysis.trials import factor, trial


@pytest.mark.parametrize(
    "formula",
    ["y ~ arm*visit*site + base", "y ~ 0 + arm:visit", "y ~ visit + visit:arm + arm:base", "y ~ base:visit", "y ~ 1"],
)
def test_our_columns_are_formulaic_s(formula: str) -> None:
    frame = trial().dropna()
    names = {"arm": ("P", "A"), "visit": ("v1", "v2", "v3", "v4"), "site": ("s1", "s2", "s3")}
    used = {name: levels for name, levels in names.items() if name in formula}
    own = recall(formula, tuple(used.items()), ("base",) if "base" in formula else ())
    assert own is not None
    theirs = learn(formula, frame)
    model = MMRM(formula, frame, subject="id", visit="visit")
    assert own.names == theirs.names == model.design.names
    matrix = frame.assign(Intercept=1.0)
    direct = learn(formula, matrix)
    assert direct.names == own.names
    import formulaic

    np.testing.assert_allclose(model.design.X, formulaic.model_matrix(formula, frame).rhs.to_numpy(float))


VARIABLES = [
    # the right side, the columns it needs
    ("y ~ 1", []),
    ("y ~ b + a", ["a", "b"]),
    ("y ~ a*b + a:c", ["a", "b", "c"]),
    ("y ~ center(age) + np.log(base)", ["age", "base"]),
    ("y ~ C(site, contr.treatment('s1'))", ["site"]),
    ("y ~ poly(age, 2):arm", ["age", "arm"]),
    ("y ~ `my arm` + x", ["my arm", "x"]),
    ("y ~ I(age**2)", ["age"]),
    ("y ~ `pre.val`", ["pre.val"]),
    ("y ~ pre.val:arm", ["arm", "pre.val"]),
    ("y ~ `pre-val`*`my arm`", ["my arm", "pre-val"]),
    ("y ~ np.log(`pre.val`) + sqrt(`a b`)", ["a b", "pre.val"]),
    ("y ~ C(`my arm`, contr.sum)", ["my arm"]),
]


@pytest.mark.parametrize(("formula", "names"), VARIABLES)
def test_the_columns_that_a_formula_needs_are_found_inside_its_calls(formula: str, names: list[str]) -> None:
    assert variables(read_formula(formula).terms) == names


@pytest.mark.parametrize(
    ("formula", "ours"),
    [
        ("y ~ arm*visit", True),
        ("y ~ 0 + visit", True),
        ("y ~ base + base:arm", True),
        ("y ~ center(base)", False),
        ("y ~ arm + np.log(base)", False),
        ("y ~ C(arm)", False),
    ],
)
def test_only_formulas_of_plain_names_are_coded_by_ourselves(formula: str, ours: bool) -> None:
    levels = (("arm", ("P", "A")), ("visit", ("v1", "v2")))
    assert (recall(formula, levels, ("base",)) is not None) == ours


def test_columns_are_products_of_indicators_and_values() -> None:
    age = np.array([30.0, 40.0, 50.0])
    columns: Columns = {"arm": Coded(np.array([0, 1, 1]), ("P", "A")), "age": age}
    recipe: list[tuple[Part, ...]] = [(), (("arm", "A"),), (("age", None),), (("arm", "A"), ("age", None))]
    made = product_columns(columns, recipe, 3)
    assert made.tolist() == [[1, 0, 30, 0], [1, 1, 40, 40], [1, 1, 50, 50]]
    assert age.tolist() == [30, 40, 50]


def test_a_frame_becomes_codes_and_numbers_and_back() -> None:
    frame = pd.DataFrame({"arm": factor([0, 1], ["P", "A"]), "age": [30, 40], "left": ["x", "y"]})
    columns = columns_of(frame, ["arm", "age"])
    assert list(columns) == ["arm", "age"]
    assert np.asarray(columns["age"]).dtype == float
    back = as_frame(columns, 2)
    assert back["arm"].tolist() == ["P", "A"]
    assert back["arm"].cat.categories.tolist() == ["P", "A"]
    assert back["age"].tolist() == [30.0, 40.0]
