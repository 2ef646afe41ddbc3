"""Reference-based imputation against rbmi, its definitions and its invariances."""

import json
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.analysis import ANCOVA, CLDA, MMRM, AnalysisError, impute
from app.analysis.imputation.imputing import Imputation
from app.analysis.imputation.tipping import tipping_point
from tests.analysis.reference_fits import HERE, data

RBMI = json.loads((HERE / "sim_a.rbmi.expected.json").read_text("utf-8"))
FORMULA = "chg ~ odi_base*visit + site + arm*visit"
THEIRS = {"MAR": "MAR", "J2R": "JR", "CR": "CR", "CIR": "CIR"}


def ancova(frame: pd.DataFrame) -> ANCOVA:
    return ANCOVA("chg ~ odi_base + site + arm", frame)


def ice() -> pd.DataFrame:
    return pd.read_csv(HERE / "sim_a_ice.csv")


def model(frame: pd.DataFrame | None = None) -> MMRM:
    frame = data("sim_a").query("visit != 'baseline'") if frame is None else frame
    return MMRM(FORMULA, frame, subject="id", visit="visit")


@cache
def imputed(strategy: str) -> Imputation:
    return impute(model(), ice=ice(), strategy=strategy, reference="Placebo")


def assert_agrees(table: pd.DataFrame, theirs: dict[str, dict[str, float]]) -> None:
    names = {"Infliximab - Placebo": "trt", "Placebo": "lsm_ref", "Infliximab": "lsm_alt"}
    assert len(table) == len(theirs)
    for _, row in table.iterrows():
        reference = theirs[f"{names[row['term']]}_{row['visit']}"]
        # one estimate of theirs is 0.04 standard errors from zero: there 1e-4 is taken of the standard error
        assert abs(row["estimate"] - reference["est"]) < 1e-4 * max(abs(reference["est"]), reference["se"])
        assert row["se"] == pytest.approx(reference["se"], rel=1e-3)
        assert row["lower"] == pytest.approx(reference["ci_lower"], abs=1e-3 * reference["se"])
        assert row["p"] == pytest.approx(reference["p"], rel=1e-3)


@pytest.mark.parametrize("strategy", THEIRS)
def test_conditional_means_and_jackknife_are_rbmi_s(strategy: str) -> None:
    theirs = RBMI["results"][THEIRS[strategy]]
    reference = pd.DataFrame(theirs["conditional_mean_imputations"])
    both = imputed(strategy).imputations.merge(reference, on=["id", "visit"], how="outer", suffixes=("", "_r"))
    assert len(both) == len(reference)
    assert (both["value"] - both["value_r"]).abs().max() < 5e-3
    assert_agrees(imputed(strategy).analyse(ancova).pool(), theirs["pooled"])


@pytest.mark.parametrize("strategy", ["MAR", "J2R"])
@pytest.mark.parametrize("delta", [2, 5])
def test_delta_is_rbmi_s(strategy: str, delta: int) -> None:
    shifted = imputed(strategy).with_delta(float(delta))
    assert_agrees(shifted.analyse(ancova).pool(), RBMI["results"][THEIRS[strategy]][f"pooled_delta_{delta}"])


@pytest.mark.parametrize("strategy", ["MAR", "J2R"])
def test_approximate_bayes_agrees_within_monte_carlo_error(strategy: str) -> None:
    imputation = impute(model(), ice=ice(), strategy=strategy, reference="Placebo", method="approx-bayes", m=60, seed=3)
    table = imputation.analyse(lambda frame: ANCOVA("chg ~ odi_base + site + arm", frame, robust=None)).pool()
    theirs = RBMI["results"][f"{THEIRS[strategy]}_approxbayes"]["pooled"]
    differences = table[table["term"] == "Infliximab - Placebo"]
    assert len(differences) == table["visit"].nunique()
    for _, row in differences.iterrows():
        reference = theirs[f"trt_{row['visit']}"]
        assert abs(row["estimate"] - reference["est"]) < 4 * row["mc_error"] * np.sqrt(1 + 60 / 200)
        assert row["se"] == pytest.approx(reference["se"], rel=0.05)
        assert 50 < row["df"] < 130


def test_bootstrap_gives_about_the_jackknife_s_standard_error() -> None:
    imputation = impute(model(), ice=ice(), reference="Placebo", method="bootstrap", m=60, seed=5)
    bootstrap, jackknife = (i.analyse(ancova).pool() for i in (imputation, imputed("J2R")))
    np.testing.assert_allclose(bootstrap["estimate"], jackknife["estimate"])
    assert (bootstrap["se"] / jackknife["se"]).between(0.7, 1.35).all()
    assert np.allclose(bootstrap["mc_error_of_se"], bootstrap["se"] / np.sqrt(2 * 59))


def test_the_seed_fixes_the_draws_whatever_the_order_of_rows() -> None:
    frame = data("sim_a").query("visit != 'baseline'")
    shuffled = frame.sample(frac=1, random_state=1)
    tables = [
        impute(model(rows), ice=ice(), reference="Placebo", method="approx-bayes", m=5, seed=seed)
        .analyse(ancova)
        .pool()
        for rows, seed in ((frame, 8), (shuffled, 8), (frame, 9))
    ]
    np.testing.assert_allclose(tables[0]["estimate"], tables[1]["estimate"], rtol=1e-6)
    assert not np.allclose(tables[0]["estimate"], tables[2]["estimate"], rtol=1e-3)


def test_values_after_an_event_stay_in_the_analysis_but_leave_the_model() -> None:
    events = pd.DataFrame({"id": ["P001"], "visit": ["m05"]})
    kept = impute(model(), ice=events, reference="Placebo", method="bootstrap", m=2)
    assert not kept.completed().query("id == 'P001'")["imputed"].any()
    mar = impute(model(), ice=events, strategy="MAR", reference="Placebo", method="bootstrap", m=2)
    assert not np.allclose(kept.full.parameters.beta, mar.full.parameters.beta)


def test_a_strategy_may_be_given_per_patient() -> None:
    mixed = ice().assign(strategy="MAR")
    np.testing.assert_allclose(
        impute(model(), ice=mixed, strategy="J2R", reference="Placebo", method="bootstrap", m=2).imputations["value"],
        imputed("MAR").imputations["value"],
    )


def test_delta_may_differ_by_arm_and_visit() -> None:
    base = imputed("J2R")
    shifted = base.with_delta({"Placebo": {"m05": -1.0}, "Infliximab": 3.0}).completed()
    step = (shifted["chg"] - base.completed()["chg"]).where(shifted["imputed"], 0.0)
    placebo = (shifted["arm"] == "Placebo") & shifted["imputed"]
    assert set(step[placebo & (shifted["visit"] == "m05")].round(9)) == {-1.0}
    assert set(step[placebo & (shifted["visit"] != "m05")].round(9)) == {0.0}
    assert set(step[shifted["imputed"] & (shifted["arm"] == "Infliximab")].round(9)) == {3.0}


def test_tipping_point_rises_with_delta_and_marks_the_crossing() -> None:
    strong = data("sim_a").query("visit != 'baseline'").copy()
    strong["chg"] -= 6.0 * (strong["arm"] == "Infliximab")
    imputation = impute(model(strong), ice=ice(), reference="Placebo")

    def at_m05(frame: pd.DataFrame) -> Any:
        return ancova(frame) if frame["visit"].iloc[0] == "m05" else {"other": (0.0, 1.0, 1.0)}

    table = tipping_point(imputation, at_m05, [0.0, 10.0, 90.0], visit="m05", term="Infliximab - Placebo")
    assert table["estimate"].is_monotonic_increasing
    assert list(table["tipped"]) == [False, False, True]


def test_separate_covariances_by_arm_are_used() -> None:
    frame = data("sim_a").query("visit != 'baseline'")
    by_arm = MMRM(FORMULA, frame, subject="id", visit="visit", cov_by="arm")
    own = impute(by_arm, ice=ice(), reference="Placebo", method="bootstrap", m=2, seed=2)
    a, b = own.full.parameters.Sigma
    assert not np.allclose(a, b)
    assert not np.allclose(own.imputations["value"], imputed("J2R").imputations["value"])


def call(**changes: Any) -> Imputation:
    arguments: dict[str, Any] = {"ice": ice(), "reference": "Placebo", "method": "bootstrap", "m": 2} | changes
    return impute(arguments.pop("model", None) or model(), **arguments)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"strategy": "J3R"}, "strategy='J3R'"),
        ({"method": "magic"}, "method='magic'"),
        ({"m": 1}, "m=1"),
        ({"reference": "Water"}, "reference='Water'"),
        ({"ice": pd.DataFrame({"id": ["P999"], "visit": ["m05"]})}, "P999 of ice is not among"),
        ({"ice": pd.DataFrame({"id": ["P001"], "visit": ["m99"]})}, "visit m99"),
        ({"ice": pd.DataFrame({"id": ["P001", "P001"], "visit": ["m05", "m09"]})}, "P001 twice"),
        ({"ice": pd.DataFrame({"patient": ["P001"], "visit": ["m05"]})}, "must have the column 'id'"),
        ({"delta": {"m99": 1.0}}, "neither an arm nor a visit"),
    ],
)
def test_wrong_input_is_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        call(**changes)


def test_only_an_mmrm_of_the_outcome_can_impute() -> None:
    clda = CLDA("odi", data("sim_a"), subject="id", visit="visit", arm="arm", baseline="baseline")
    with pytest.raises(AnalysisError, match="needs an MMRM"):
        call(model=clda)


def test_a_covariate_that_changes_between_visits_cannot_be_carried() -> None:
    frame = data("sim_a").query("visit != 'baseline'").assign(mood=lambda d: np.arange(len(d)) % 7)
    moving = MMRM("chg ~ mood + arm*visit", frame, subject="id", visit="visit")
    with pytest.raises(AnalysisError, match="'mood' changes between visits"):
        call(model=moving)


def test_an_analysis_may_return_estimates_of_its_own() -> None:
    def mean_change(frame: pd.DataFrame) -> dict[str, tuple[float, float, float]]:
        values = frame["chg"].to_numpy(float)
        return {"mean": (values.mean(), values.std() / len(values) ** 0.5, len(values) - 1.0)}

    table = imputed("MAR").analyse(mean_change).pool()
    assert list(table["term"]) == ["mean"] * 3
    direct = imputed("MAR").completed().groupby("visit", observed=True)["chg"].mean()
    np.testing.assert_allclose(table["estimate"], direct)
    with pytest.raises(AnalysisError, match="must return"):
        imputed("MAR").analyse(lambda frame: len(frame))
