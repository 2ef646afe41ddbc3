"""Every fit of the reference files, at the accuracy that the documentation promises."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.analysis.distributions import Array
from app.analysis.results.mixed_result import MixedResult
from tests.analysis.reference_fits import METHODS, REFERENCES, Reference, expected
from tests.some import some

CASES = [
    pytest.param(reference, df, key, id=f"{reference.name}-{reference.key}-{df}")
    for reference in REFERENCES
    for df, key in METHODS.items()
    if not (df == "kenward-roger-linear" and reference.key in ("lmm_ri", "clda_ri", "mmrm_ri", "ri", "ris"))
    and not (df != "satterthwaite" and reference.key == "us_ml")
]
ALL = [pytest.param(reference, id=f"{reference.name}-{reference.key}") for reference in REFERENCES]
MMRMS = [
    pytest.param(reference, id=f"{reference.name}-{reference.key}") for reference in REFERENCES if not reference.lme4
]
LMMS = [pytest.param(reference, id=f"{reference.name}-{reference.key}") for reference in REFERENCES if reference.lme4]


@cache
def fitted(reference: Reference, df: Any) -> MixedResult:
    return reference.model().fit(df=df)


def relative(ours: Any, theirs: Any) -> float:
    ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
    return float(np.max(np.abs(ours - theirs) / np.abs(theirs)))


def in_se(ours: Any, theirs: Any, se: Any) -> float:
    return float(np.max(np.abs(np.asarray(ours) - np.asarray(theirs)) / np.asarray(se)))


@pytest.mark.parametrize("reference", ALL)
def test_likelihood_estimates_and_covariance_are_r_s(reference: Reference) -> None:
    values, fit = reference.values, fitted(reference, "satterthwaite")
    order = reference.order(fit.coef_names)
    se = np.sqrt(np.diag(values["vcov_asymptotic"]))
    assert abs(fit.loglik - values["loglik"]) < (1e-6 if reference.lme4 else 1e-7)
    assert in_se(fit.beta[order], values["beta"], se) < 1e-7
    assert relative(np.sqrt(np.diag(fit.vcov))[order], se) < (1e-6 if reference.lme4 else 1e-7)
    assert fit.aic == pytest.approx(values["aic"], abs=1e-6)
    assert fit.bic == pytest.approx(values["bic"], abs=1e-6)
    assert fit.converged
    assert fit.n_obs == values["n_obs"]


@pytest.mark.parametrize("reference", MMRMS)
def test_covariance_between_visits_is_mmrm_s(reference: Reference) -> None:
    values, fit = reference.values, fitted(reference, "satterthwaite")
    pairs = [(fit.Sigma, values["covariance"])]
    if isinstance(fit.Sigma, dict):
        pairs = [(fit.Sigma[group], values["covariance"][group]) for group in fit.Sigma]
    assert max(relative(ours, theirs) for ours, theirs in pairs) < 1e-6
    assert np.abs(fit.theta - values["theta_mmrm"]).max() < 1e-6
    assert np.abs(fit.inference.theta_vcov - values["theta_vcov"]).max() < 1e-6
    assert fit.n_subjects == values["n_subjects"]


@pytest.mark.parametrize("reference", LMMS)
def test_variance_components_are_lme4_s(reference: Reference) -> None:
    fit = fitted(reference, "satterthwaite")
    order = {None: "intercept", "(Intercept)": "intercept", "Days": "slope"}
    for row in some(reference.values["varcorr"]):
        name = "residual" if row["grp"] == "Residual" else "covariance" if row["var2"] else order[row["var1"]]
        assert fit.variance_components[name] == pytest.approx(row["vcov"], rel=1e-6)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("reference", "df", "key"), CASES)
def test_coefficients_and_contrasts_are_r_s(reference: Reference, df: Any, key: str) -> None:
    fit = fitted(reference, df)
    order = reference.order(fit.coef_names)
    coefficients = fit.coefficients().iloc[order]
    assert_as_in_r(coefficients, reference.values[key]["coefficients"], reference.lme4)
    assert_as_in_r(fit.contrast(reference.contrasts(order)), reference.values[key]["contrasts"], reference.lme4)


def assert_as_in_r(ours: pd.DataFrame, rows: list[dict[str, float]], lme4: bool) -> None:
    theirs = pd.DataFrame(rows)
    assert in_se(ours["estimate"], theirs["estimate"], theirs["se"]) < 1e-7
    assert relative(ours["se"], theirs["se"]) < (1e-6 if lme4 else 1e-7)
    assert relative(ours["df"], theirs["df"]) < (1e-5 if lme4 else 1e-6)
    assert in_se(ours["lower"], theirs["lower"], theirs["se"]) < (1e-6 if lme4 else 1e-7)
    assert in_se(ours["upper"], theirs["upper"], theirs["se"]) < (1e-6 if lme4 else 1e-7)
    assert relative(ours["p"], theirs["p"]) < (1e-4 if lme4 else 1e-5)


@pytest.mark.parametrize(("reference", "df", "key"), CASES)
def test_joint_tests_are_r_s(reference: Reference, df: Any, key: str) -> None:
    if not reference.values[key]["tests"]:
        assert reference.name == "sleepstudy"  # a single slope: nothing to test jointly
        return
    fit = fitted(reference, df)
    for name, theirs in some(reference.values[key]["tests"].items()):
        test = fit.test(rows_of(reference, fit, reference.values["tests_coefs"][name]))
        assert test.num_df == theirs["num_df"]
        assert test.den_df == pytest.approx(theirs["denom_df"], rel=1e-5 if reference.lme4 else 1e-6)
        assert relative(test.F, theirs["f"]) < 1e-6
        assert test.p == pytest.approx(theirs["p"], rel=1e-4 if reference.lme4 else 1e-5)


def rows_of(reference: Reference, fit: MixedResult, names: list[str] | str) -> Array:
    order, theirs = reference.order(fit.coef_names), reference.values["coef_names"]
    wanted = [names] if isinstance(names, str) else names
    rows: Array = np.eye(len(order))[[order[theirs.index(name)] for name in wanted]]
    return rows


@pytest.mark.parametrize("name", ["sim_a", "sleepstudy", "fev_data"])
def test_no_reference_fit_is_left_out(name: str) -> None:
    elsewhere = {"lmm_site_ri", "gls_us", "gls_ar1", "ancova", "ancova_raw"}
    held = {reference.key for reference in REFERENCES if reference.name == name}
    assert set(expected(name)["fits"]) - elsewhere == held


@pytest.mark.parametrize(
    ("name", "key", "ours"),
    [("sim_a", "gls_us", "mmrm_us"), ("fev_data", "gls_us", "us"), ("fev_data", "gls_ar1", "ar1")],
)
def test_nlme_as_a_second_opinion_agrees(name: str, key: str, ours: str) -> None:
    theirs = expected(name)["fits"][key]
    reference = Reference(name, ours)
    fit = fitted(reference, "satterthwaite")
    order = [reference.order(fit.coef_names)[reference.values["coef_names"].index(c)] for c in theirs["coef_names"]]
    assert fit.loglik == pytest.approx(theirs["loglik"], abs=1e-6)
    assert in_se(fit.beta[order], theirs["beta"], theirs["se"]) < 1e-3
    assert relative(np.sqrt(np.diag(fit.vcov))[order], theirs["se"]) < 1e-3
