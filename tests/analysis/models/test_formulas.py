"""Formulas as people write them: transformations, odd names, other types of columns."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.analysis import LMM, MMRM
from app.analysis.results.mixed_result import MixedResult
from tests.analysis.trials import FORMULA, trial


def fit(formula: str, frame: pd.DataFrame | None = None, **options: Any) -> MixedResult:
    return MMRM(formula, trial() if frame is None else frame, subject="id", visit="visit", **options).fit()


def differences(result: MixedResult, arm: str = "arm") -> Any:
    return result.contrasts(arm, by="visit")["estimate"].to_numpy()


SAME = [
    "y ~ base + site + arm*visit",
    "y ~ center(base) + C(site) + visit*arm",
    "y ~ 0 + visit + visit:arm + site + base",
    "y ~ scale(base) + arm*visit + site",
]


@pytest.mark.parametrize("formula", SAME)
def test_one_model_in_several_writings(formula: str) -> None:
    np.testing.assert_allclose(differences(fit(formula)), differences(fit(FORMULA)), rtol=1e-8)


@pytest.mark.parametrize(
    "formula", ["y ~ np.log(base) + arm*visit", "y ~ poly(base, 2) + arm*visit", "np.log(y + 99) ~ arm*visit"]
)
def test_transformations_can_be_predicted_from(formula: str) -> None:
    table = fit(formula).emmeans("arm", by="visit")
    assert table["estimate"].between(2, 30).all()


def test_odd_names_of_columns_and_levels() -> None:
    frame = trial().rename(columns={"arm": "my arm"})
    frame["g"] = frame["site"].cat.rename_categories(["a:b", "c]d", "e [T.x]"])
    result = fit("y ~ base + g + `my arm`*visit", frame)
    np.testing.assert_allclose(differences(result, "my arm"), differences(fit(FORMULA)), rtol=1e-8)


@pytest.mark.parametrize("dtype", ["Float64", "float64[pyarrow]", "float32"])
def test_other_types_of_numbers(dtype: Any) -> None:
    frame = trial()
    other = frame.assign(y=frame["y"].astype(dtype))
    np.testing.assert_allclose(differences(fit(FORMULA, other)), differences(fit(FORMULA)), rtol=1e-4)


def test_any_index_will_do() -> None:
    frame = trial()
    np.testing.assert_allclose(
        differences(fit(FORMULA, frame.set_index(np.zeros(len(frame), int)))), differences(fit(FORMULA)), rtol=1e-12
    )


def test_a_row_of_weights_may_be_a_mapping() -> None:
    result = fit(FORMULA)
    by_name = result.contrast({"arm[T.A]": 1.0, "arm[T.A]:visit[T.v2]": 1.0})
    assert by_name["estimate"][0] == pytest.approx(differences(result)[1])
    by_frame = result.contrast(pd.DataFrame({"arm[T.A]": [1.0]}, index=["at v1"]))
    assert by_frame.loc["at v1", "estimate"] == pytest.approx(differences(result)[0])


def test_a_term_is_tested_whole_and_dependent_rows_count_once() -> None:
    result = fit(FORMULA)
    whole = result.test("arm:visit")
    assert whole.num_df == 3
    assert tuple(result.test("visit:arm")) == tuple(whole)
    rows = np.zeros((2, len(result.coef_names)))
    rows[:, result.coef_names.index("arm[T.A]")] = [1.0, 2.0]
    once = result.test(rows)
    assert once["num_df"] == 1
    row = result.contrast(rows[:1]).iloc[0]
    assert row["t"] ** 2 == pytest.approx(once.F)
    assert once.p == pytest.approx(row["p"])


def test_kenward_roger_is_not_claimed_for_maximum_likelihood() -> None:
    for model in (MMRM, LMM):
        result = model(FORMULA, trial(), subject="id", visit="visit", reml=False).fit()
        assert result.df_method == "satterthwaite"
        assert any("REML only" in message for message in result.messages)


def test_times_of_visits_and_of_subjects() -> None:
    """One time per visit gives one covariance by visit; jittered times give each subject its own."""
    frame = trial()
    by_visit = fit(FORMULA, frame, covariance="sp_exp", time="month")
    assert by_visit.Sigma.shape == (4, 4)
    assert by_visit.visits == ("v1", "v2", "v3", "v4")
    jitter = np.random.default_rng(1).normal(0, 1e-7, len(frame))
    own = fit(FORMULA, frame.assign(month=frame["month"] + jitter), covariance="sp_exp", time="month")
    assert len(own.Sigma) > 40
    assert own.loglik == pytest.approx(by_visit.loglik, abs=1e-4)
    np.testing.assert_allclose(differences(own), differences(by_visit), rtol=1e-4)


def test_spatial_exponential_by_arm_is_one_fit_per_arm_where_the_mean_is_the_arms_own() -> None:
    frame = trial()
    later = {"covariance": "sp_exp", "time": "month"}
    both = fit("y ~ base*arm + arm*visit", frame, cov_by="arm", **later)
    apart = [fit("y ~ base + visit", frame[frame["arm"] == arm], **later) for arm in ("P", "A")]
    np.testing.assert_allclose(both.theta, np.concatenate([own.theta for own in apart]), rtol=1e-6)
    assert list(both.Sigma) == ["P", "A"]
    jittered = frame.assign(month=frame["month"] + np.random.default_rng(1).normal(0, 1e-7, len(frame)))
    own = fit("y ~ base*arm + arm*visit", jittered, cov_by="arm", **later)
    np.testing.assert_allclose(own.theta, both.theta, rtol=1e-4)
    fallen = MMRM(FORMULA, trial(8, 8, missing=0.0), subject="id", visit="visit", time="month", cov_by="arm")
    assert fallen.fit(fallback=("sp_exp",)).covariance == "sp_exp"


def test_spatial_exponential_may_be_a_fallback_where_times_are_given() -> None:
    result = MMRM("y ~ visit", trial(8, 8, missing=0.0), subject="id", visit="visit", time="month").fit(
        fallback="sp_exp"
    )
    assert result.covariance == "sp_exp"
    assert result.attempts[0].covariance == "us"


def test_slope_by_visit_or_by_subject_is_one_model() -> None:
    frame = trial()
    formula = "y ~ base + arm*month"
    fits = [LMM(formula, frame, subject="id", visit=v, slope="month").fit() for v in ("visit", None)]
    assert fits[0].loglik == pytest.approx(fits[1].loglik, abs=1e-9)
    np.testing.assert_allclose(fits[0].coefficients().iloc[:, 1:], fits[1].coefficients().iloc[:, 1:], rtol=1e-6)
