"""Many outcomes of the same rows at once: the numbers of as many single fits."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.analysis import MMRM, bootstrap_weights, fit_many
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


def resampled(fitted: MMRM, weights: Array) -> pd.DataFrame:
    """The data with each participant as often as its weight says, each time as somebody else."""
    frame, parts = fitted.design.frame, []
    for who, times in zip(fitted.layout.subjects, weights.astype(int), strict=True):
        own = frame[frame["id"] == who]
        parts += [own.assign(id=f"{who} {time}") for time in range(times)]
    made: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return made


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("covariance", ["us", "ar1h", "cs"])
def test_whole_weights_are_the_fit_of_the_resampled_data(covariance: str, reml: bool) -> None:
    fitted = model(covariance=covariance, reml=reml)
    weights = bootstrap_weights(fitted, 5, seed=3, within="arm")
    table = fit_many(fitted, contrast={TERM: 1.0}, weights=weights)
    assert table["converged"].all()
    for draw in (0, 4):
        single = MMRM(
            FORMULA, resampled(fitted, weights[draw]), subject="id", visit="visit", covariance=covariance, reml=reml
        )
        fit = single.fit(df="satterthwaite")
        own = fit.coefficients().set_index("term").loc[TERM]
        assert table.loc[draw, "loglik"] == pytest.approx(fit.loglik, rel=1e-8)
        for name in ("estimate", "se", "df", "t", "p", "lower", "upper"):
            assert table.loc[draw, name] == pytest.approx(own[name], rel=1e-6), name


def test_weights_of_one_are_the_fit_itself_and_of_two_that_of_the_data_twice() -> None:
    fitted = model(covariance="us")
    n = len(fitted.layout.subjects)
    table = fit_many(fitted, contrast={TERM: 1.0}, weights=np.outer([1.0, 2.0], np.ones(n)))
    own = alone(fitted, fitted.design.y)
    first = table[["estimate", "se", "df"]].to_numpy(float)[0].tolist()
    assert first == pytest.approx([own[name] for name in ("estimate", "se", "df")])
    twice = MMRM(FORMULA, resampled(fitted, np.full(n, 2.0)), subject="id", visit="visit").fit(df="satterthwaite")
    second = twice.coefficients().set_index("term").loc[TERM]
    assert table[["se", "df"]].to_numpy(float)[1].tolist() == pytest.approx([second["se"], second["df"]], rel=1e-6)


def test_continuous_weights_lie_between_those_of_whole_numbers() -> None:
    """Half of two weightings by ML: its likelihood at its optimum is at least the mean of theirs there."""
    fitted = model(covariance="cs", reml=False)
    whole = bootstrap_weights(fitted, 2, seed=8)
    table = fit_many(fitted, contrast={TERM: 1.0}, weights=np.vstack([whole, whole.mean(axis=0), whole.sum(axis=0)]))
    loglik, se, estimate = (table[name].to_numpy(float) for name in ("loglik", "se", "estimate"))
    assert loglik[2] <= loglik[:2].mean()
    assert estimate[2] == pytest.approx(estimate[3], rel=1e-6)
    assert loglik[2] == pytest.approx(loglik[3] / 2, rel=1e-9)
    assert se[2] == pytest.approx(se[3] * np.sqrt(2), rel=1e-6)


def test_a_draw_that_lacks_an_arm_is_no_number_and_harms_no_other() -> None:
    fitted = model(covariance="cs")
    arms = fitted.design.frame.drop_duplicates("id").set_index("id")["arm"].astype(str)
    weights = np.ones((3, len(fitted.layout.subjects)))
    weights[1] = [arms[who] == "P" for who in fitted.layout.subjects]
    table = fit_many(fitted, contrast={TERM: 1.0}, weights=weights)
    assert table["converged"].tolist() == [True, False, True]
    assert table.loc[1, ["estimate", "se", "df", "p", "loglik"]].isna().all()
    assert table["estimate"].tolist()[0] == table["estimate"].tolist()[2]


def test_a_draw_of_nobody_is_no_number_and_harms_no_other() -> None:
    fitted = model(covariance="cs")
    weights = np.ones((3, len(fitted.layout.subjects)))
    weights[1] = 0.0
    table = fit_many(fitted, contrast={TERM: 1.0}, weights=weights)
    assert table["converged"].tolist() == [True, False, True]
    assert table.loc[1, ["estimate", "se", "df", "p", "loglik"]].isna().all()
    assert table["estimate"].tolist()[0] == table["estimate"].tolist()[2]


def test_a_draw_whose_likelihood_is_flat_is_no_number() -> None:
    """Without the first twenty nobody has both the first and the last visit: nothing tells their correlation."""
    frame = trial(subjects=80)
    number = frame["id"].astype(int)
    frame.loc[number.between(20, 49) & (frame["visit"] == "v1"), "y"] = np.nan
    frame.loc[(number >= 50) & (frame["visit"] == "v4"), "y"] = np.nan
    fitted = MMRM(FORMULA, frame, subject="id", visit="visit")
    weights = np.ones((3, len(fitted.layout.subjects)))
    weights[1] = [int(who) >= 20 for who in fitted.layout.subjects]
    table = fit_many(fitted, contrast={TERM: 1.0}, weights=weights)
    assert table["converged"].tolist() == [True, False, True]
    assert table.loc[1, ["estimate", "se", "df", "p", "loglik"]].isna().all()


@pytest.mark.parametrize("continuous", [False, True])
def test_weights_keep_the_size_of_each_arm(continuous: bool) -> None:
    fitted = model()
    weights = bootstrap_weights(fitted, 50, seed=1, within="arm", continuous=continuous)
    arms = fitted.design.frame.drop_duplicates("id").set_index("id")["arm"].astype(str)
    active = np.array([arms[who] == "A" for who in fitted.layout.subjects])
    assert weights[:, active].sum(axis=1) == pytest.approx(np.full(50, active.sum()))
    assert weights.sum(axis=1) == pytest.approx(np.full(50, len(active)))
    assert (weights == weights.astype(int)).all() == (not continuous)
    np.testing.assert_array_equal(weights, bootstrap_weights(fitted, 50, seed=1, within="arm", continuous=continuous))
    assert weights.std() > 0.5


def test_more_weights_than_a_chunk_are_the_same_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted = model(covariance="cs")
    weights = bootstrap_weights(fitted, 9, seed=2)
    whole = fit_many(fitted, contrast={TERM: 1.0}, weights=weights)
    monkeypatch.setattr("app.analysis.models.fit_many.WEIGHTED_NUMBERS", 1)
    pd.testing.assert_frame_equal(fit_many(fitted, contrast={TERM: 1.0}, weights=weights), whole, rtol=1e-7)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"weights": np.ones((2, 3))}, "weights must be"),
        ({"weights": -np.ones((1, 60))}, "of zero or more"),
        ({"weights": np.full((1, 60), np.nan)}, "finite numbers"),
        ({"weights": np.ones((1, 60)), "outcomes": np.ones((1, 3))}, "either outcomes or weights"),
        ({}, "either outcomes or weights"),
        ({"weights": np.ones((1, 60)), "contrast": None}, "needs a contrast"),
    ],
    ids=range(6),
)
def test_weights_that_weigh_nothing_are_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        fit_many(model(), **{"contrast": {TERM: 1.0}, **given})
