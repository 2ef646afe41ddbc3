"""Many outcomes of the same rows at once: the numbers of as many single fits."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.analysis import MMRM, fit_many
from app.analysis.distributions import Array
from app.analysis.errors import AnalysisError, DataError
from tests.analysis.trials import FORMULA, trial

TERM = "arm[T.A]:visit[T.v4]"


def model(**others: Any) -> MMRM:
    return MMRM(FORMULA, trial(), subject="id", visit="visit", **others)


def outcomes(fitted: MMRM, draws: int = 6) -> Array:
    rng = np.random.default_rng(5)
    return np.asarray(fitted.design.y + rng.normal(0, 3, (draws, len(fitted.design.y))))


def alone(fitted: MMRM, y: Array) -> pd.Series:
    """The same model fitted to one outcome by itself."""
    frame = fitted.design.frame.assign(y=y)
    single = MMRM(FORMULA, frame, subject="id", visit="visit", covariance=fitted.covariance, reml=fitted.reml)
    fit = single.fit(df="satterthwaite")
    table = fit.coefficients().assign(loglik=fit.loglik)
    own: pd.Series = table[table["term"] == TERM].iloc[0]
    return own


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("covariance", ["us", "toeph", "ar1h", "csh", "cs", "adh"])
def test_each_draw_has_the_numbers_of_its_own_fit(covariance: str, reml: bool) -> None:
    fitted = model(covariance=covariance, reml=reml)
    Y = outcomes(fitted)
    table = fit_many(fitted, Y, {TERM: 1.0})
    assert table["converged"].all()
    for draw in (0, 5):
        own = alone(fitted, Y[draw])
        for name in ("estimate", "se", "df", "t", "p", "lower", "upper", "loglik"):
            assert table.loc[draw, name] == pytest.approx(own[name], rel=1e-6), name


def test_more_draws_than_a_chunk_are_the_same_draws() -> None:
    fitted = model(covariance="cs")
    Y = outcomes(fitted, 300)
    table = fit_many(fitted, Y, {TERM: 1.0})
    assert table["draw"].tolist() == list(range(300))
    late = fit_many(fitted, Y[280:], {TERM: 1.0})
    np.testing.assert_allclose(table["estimate"].to_numpy()[280:], late["estimate"], rtol=1e-8)


def test_a_contrast_may_be_a_row_over_the_coefficients() -> None:
    fitted = model(covariance="cs")
    row = [float(name == TERM) - float(name == "base") for name in fitted.design.names]
    named = fit_many(fitted, outcomes(fitted), {TERM: 1.0, "base": -1.0}, level=0.9)
    pd.testing.assert_frame_equal(named, fit_many(fitted, outcomes(fitted), row, level=0.9))
    wider = fit_many(fitted, outcomes(fitted), row)
    assert (wider["lower"] < named["lower"]).all()


def test_a_draw_without_an_optimum_is_no_number_and_harms_no_other() -> None:
    """An outcome that is the same at every visit has a correlation of 1."""
    fitted = model()
    Y = outcomes(fitted)
    same = pd.Series(Y[2]).groupby(fitted.layout.subject).transform("first")
    Y[1] = same.to_numpy()
    table = fit_many(fitted, Y, {TERM: 1.0})
    assert table["converged"].tolist() == [True, False, True, True, True, True]
    assert table.loc[1, ["estimate", "se", "df", "p", "loglik"]].isna().all()
    assert table.loc[2, "estimate"] == pytest.approx(alone(fitted, Y[2])["estimate"])


@pytest.mark.parametrize(
    ("others", "Y", "contrast", "error", "words"),
    [
        ({}, np.ones((2, 3)), {TERM: 1}, DataError, r"outcomes must be \(draws, \d+\) finite numbers"),
        ({}, None, {"arm": 1}, AnalysisError, "No coefficient arm; there are Intercept"),
        ({}, None, [1.0, 2.0], AnalysisError, "The contrast has 2 numbers, the model"),
        ({"cov_by": "arm"}, None, {TERM: 1}, AnalysisError, "leave out cov_by="),
    ],
)
def test_what_cannot_be_fitted_at_once_is_refused(
    others: dict[str, Any], Y: Any, contrast: Any, error: type[Exception], words: str
) -> None:
    fitted = model(**others)
    with pytest.raises(error, match=words):
        fit_many(fitted, outcomes(fitted) if Y is None else Y, contrast)


def test_a_missing_outcome_is_refused() -> None:
    fitted = model()
    Y = outcomes(fitted)
    Y[0, 0] = np.nan
    with pytest.raises(DataError, match="finite numbers"):
        fit_many(fitted, Y, {TERM: 1.0})
