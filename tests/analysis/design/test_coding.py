"""Our columns are formulaic's, however they are made."""

import numpy as np
import pytest

from app.analysis import MMRM
from app.analysis.design.coding import learn, recall
from tests.analysis.trials import trial


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
