"""What must not change a result does not; what has a closed form equals it."""

import numpy as np
import pandas as pd
import pytest

from app.analysis import ANCOVA, CLDA, LMM, MMRM
from app.analysis.results.mixed_result import MixedResult
from tests.analysis.trials import FORMULA, trial
from tests.some import some


def fit(frame: pd.DataFrame, **options: object) -> MixedResult:
    return MMRM(FORMULA, frame, subject="id", visit="visit", **options).fit()  # type: ignore[arg-type]


def table(result: MixedResult) -> pd.DataFrame:
    return result.contrasts("arm", by="visit")[["estimate", "se", "df", "p", "lower", "upper"]]


@pytest.mark.parametrize("covariance", ["us", "ar1h", "cs"])
def test_order_of_rows_and_names_of_subjects_do_not_matter(covariance: str) -> None:
    frame = trial()
    shuffled = frame.sample(frac=1, random_state=3)
    renamed = shuffled.assign(id=shuffled["id"].map(lambda name: f"x{9999 - int(name)}"))
    for other in (shuffled, renamed):
        np.testing.assert_allclose(
            table(fit(other, covariance=covariance)), table(fit(frame, covariance=covariance)), rtol=1e-8
        )


def test_the_order_of_a_nuisance_factor_does_not_matter() -> None:
    frame = trial()
    turned = frame.assign(site=frame["site"].cat.reorder_categories(["s3", "s1", "s2"]))
    np.testing.assert_allclose(table(fit(turned)), table(fit(frame)), rtol=1e-8)


def test_swapping_the_arms_turns_the_sign() -> None:
    frame = trial()
    swapped = frame.assign(arm=frame["arm"].cat.reorder_categories(["A", "P"]))
    ours, theirs = table(fit(frame)), table(fit(swapped))
    np.testing.assert_allclose(ours["estimate"], -theirs["estimate"], rtol=1e-8)
    np.testing.assert_allclose(ours[["se", "df", "p"]], theirs[["se", "df", "p"]], rtol=1e-7)
    np.testing.assert_allclose(ours["lower"], -theirs["upper"], rtol=1e-7)


@pytest.mark.parametrize(("offset", "factor"), [(1e6, 1.0), (-40.0, 1e-4), (0.0, 1e5)])
def test_units_and_offset_of_the_outcome(offset: float, factor: float) -> None:
    frame = trial()
    moved = frame.assign(y=offset + factor * frame["y"])
    ours, theirs = table(fit(frame)), table(fit(moved))
    for name in ("estimate", "se", "lower", "upper"):
        np.testing.assert_allclose(theirs[name], factor * ours[name], rtol=1e-6)
    np.testing.assert_allclose(theirs[["df", "p"]], ours[["df", "p"]], rtol=1e-6)


def test_units_and_offset_of_a_covariate() -> None:
    frame = trial()
    moved = frame.assign(base=1e6 + frame["base"] * 1e-3)
    np.testing.assert_allclose(table(fit(moved)), table(fit(frame)), rtol=1e-5)


def test_unused_levels_and_rows_without_outcome_do_not_matter() -> None:
    frame = trial()
    wider = frame.assign(visit=frame["visit"].cat.add_categories(["v9"]), site=frame["site"].cat.add_categories(["s9"]))
    np.testing.assert_allclose(table(fit(wider)), table(fit(frame.dropna())), rtol=1e-9)


@pytest.mark.parametrize("df", ["satterthwaite", "kenward-roger-linear", "kenward-roger"])
def test_complete_balanced_random_intercept_is_the_split_plot_analysis(df: str) -> None:
    """Closed forms: variance components from mean squares; the interaction on (n - 2)(T - 1) degrees of freedom."""
    subjects, visits = 40, 4
    frame = trial(subjects, visits, missing=0.0)
    result = LMM("y ~ arm*visit", frame, subject="id", visit="visit").fit(df=df)  # type: ignore[arg-type]
    y = frame["y"].to_numpy().reshape(subjects, visits)
    arm = frame["arm"].cat.codes.to_numpy().reshape(subjects, visits)[:, 0]
    cell = np.array([y[arm == a].mean(axis=0) for a in (0, 1)])
    residual = y - cell[arm]
    between = visits * ((residual.mean(axis=1)) ** 2).sum() / (subjects - 2)
    within = ((residual - residual.mean(axis=1, keepdims=True)) ** 2).sum() / ((subjects - 2) * (visits - 1))
    np.testing.assert_allclose(result.theta, [(between - within) / visits, within], rtol=1e-8)
    change = result.change_from("v1").query("quantity == 'difference'")
    np.testing.assert_allclose(change["estimate"], (cell[1] - cell[0] - (cell[1, 0] - cell[0, 0]))[1:], rtol=1e-8)
    np.testing.assert_allclose(change["se"], np.sqrt(2 * within * 2 / (subjects / 2)), rtol=1e-8)
    np.testing.assert_allclose(change["df"], (subjects - 2) * (visits - 1), rtol=1e-7)


def test_complete_data_unstructured_is_the_multivariate_regression() -> None:
    """Same regressors at every visit: least squares per visit, covariance residual SSP / (n - k), exact t tests."""
    frame = trial(30, 3, missing=0.0)
    result = MMRM("y ~ base*visit + arm*visit", frame, subject="id", visit="visit").fit(df="satterthwaite")
    residuals, differences = [], result.contrasts("arm", by="visit")
    for visit, own in some(frame.groupby("visit", observed=True)):
        least = ANCOVA("y ~ base + arm", own, robust=None).fit()
        residuals.append(own["y"].to_numpy() - least.design.X @ least.beta)
        row = differences.loc[differences["visit"] == visit].iloc[0]
        expected = least.contrasts("arm").iloc[0]
        for name in ("estimate", "se", "df", "p", "lower", "upper"):
            assert row[name] == pytest.approx(expected[name], rel=1e-7)
    np.testing.assert_allclose(result.Sigma, np.cov(residuals) * 29 / 27, rtol=1e-8)


def test_one_visit_is_ordinary_regression() -> None:
    frame = trial(30, 3).query("visit == 'v2'")
    for covariance in ("us", "cs", "ar1", "toeph", "ad"):
        own = MMRM("y ~ base + arm", frame, subject="id", visit="visit", covariance=covariance).fit()
        least = ANCOVA("y ~ base + arm", frame, robust=None).fit()
        np.testing.assert_allclose(
            own.contrasts("arm").iloc[0, 1:].astype(float),
            least.contrasts("arm").iloc[0, 1:].astype(float),
            rtol=1e-7,
        )


def test_compound_symmetry_and_random_intercept_are_one_model() -> None:
    frame = trial()
    cs = MMRM(FORMULA, frame, subject="id", visit="visit", covariance="cs").fit(df="satterthwaite")
    ri = LMM(FORMULA, frame, subject="id", visit="visit").fit(df="satterthwaite")
    assert cs.loglik == pytest.approx(ri.loglik, abs=1e-8)
    np.testing.assert_allclose(cs.Sigma, ri.Sigma, rtol=1e-7)
    np.testing.assert_allclose(table(cs), table(ri), rtol=1e-6)


def test_exponential_decay_over_equal_steps_is_ar1() -> None:
    frame = trial(visits=3).assign(step=lambda d: d["visit"].cat.codes.astype(float))
    ar1 = fit(frame, covariance="ar1")
    exponential = fit(frame, covariance="sp_exp", time="step")
    assert exponential.loglik == pytest.approx(ar1.loglik, abs=1e-8)
    np.testing.assert_allclose(table(exponential), table(ar1), rtol=1e-6)


def test_linear_kenward_roger_does_not_depend_on_the_parametrisation_and_full_does() -> None:
    """Two visits: toeph, csh, ar1h, adh and us are the same covariance, differently parametrised."""
    frame = trial(visits=2)
    same = ("us", "csh", "ar1h", "toeph", "adh")
    linear = [fit(frame, covariance=name) for name in same]
    for other in linear[1:]:
        np.testing.assert_allclose(table(other), table(linear[0]), rtol=1e-6)
    full = [MMRM(FORMULA, frame, subject="id", visit="visit", covariance=name).fit(df="kenward-roger") for name in same]
    assert abs(full[0].contrasts("arm")["se"][0] / full[1].contrasts("arm")["se"][0] - 1) > 1e-6


def test_clda_keeps_patients_without_baseline() -> None:
    frame = trial(missing=0.0)
    lost = frame.assign(y=frame["y"].where(~((frame["visit"] == "v1") & (frame["id"] < "0010"))))
    model = CLDA("y", lost, subject="id", visit="visit", arm="arm", baseline="v1", covariates=("site",))
    assert model.fit().n_subjects == 60
    assert "arm[T.A]" not in model.design.names
    assert "arm[T.A]:visit[T.v1]" not in model.design.names
