"""Logistic, log-binomial and count models, and GEE: R's numbers, published ones, and closed forms."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.genmod import generalized_estimating_equations
from statsmodels.genmod.cov_struct import Exchangeable
from statsmodels.genmod.families import Binomial

from app.analysis import GEE, GLM, AnalysisError
from tests.analysis.reference_generalised import EXPECTED, at_m05, visits, wheeze

FULL = "better ~ odi_base + site + arm"
REPEATED = "better ~ odi_base + arm*visit"


def columns(result: Any) -> tuple[list[float], list[float]]:
    table = result.coefficients()
    return table["estimate"].tolist(), table["se"].tolist()


FITS = [
    ("logistic", FULL, {}),
    ("log_binomial", "better ~ arm", {"family": "log-binomial"}),
    ("poisson", "tens ~ odi_base + site + arm", {"family": "poisson", "exposure": "years"}),
    ("negative_binomial", "events ~ odi_base + arm", {"family": "negative-binomial", "exposure": "years"}),
]


@pytest.mark.parametrize(("name", "formula", "options"), FITS, ids=[fit[0] for fit in FITS])
def test_estimates_and_errors_are_those_of_r(name: str, formula: str, options: dict[str, Any]) -> None:
    expected = EXPECTED[name]
    result = GLM(formula, at_m05(), **options).fit()
    estimates, errors = columns(result)
    assert estimates == pytest.approx(expected["estimate"], rel=2e-8)
    assert errors == pytest.approx(expected["se"], rel=1e-7)
    assert result.coefficients()["df"].tolist() == [np.inf] * len(estimates)
    if "loglik" in expected:
        assert result.loglik == pytest.approx(expected["loglik"], abs=1e-9)
    if "dispersion" in expected:
        assert result.dispersion == pytest.approx(expected["dispersion"], rel=1e-6)


@pytest.mark.parametrize(
    ("errors", "name"), [("sandwich", "HC0"), ("kauermann-carroll", "HC2"), ("mancl-derouen", "HC3")]
)
def test_corrected_errors_of_single_rows_are_the_hc_errors(errors: Any, name: str) -> None:
    result = GLM(FULL, at_m05(), errors=errors).fit()
    assert columns(result)[1] == pytest.approx(EXPECTED["logistic"][name], rel=1e-7)
    assert set(result.coefficients()["df"]) == {118 - 7.0}


@pytest.mark.parametrize(("errors", "name"), [("model", "standardised"), ("mancl-derouen", "robust")])
def test_risks_over_everybody_and_their_differences_are_those_of_the_delta_method(errors: Any, name: str) -> None:
    expected, result = EXPECTED["logistic"][name], GLM(FULL, at_m05(), errors=errors).fit()
    risks = result.standardised("arm")
    assert risks["estimate"].tolist() == pytest.approx(expected["means"])
    assert risks["se"].tolist() == pytest.approx(expected["se"], rel=1e-6)
    for measure, key, error in (
        ("difference", "difference", "difference_se"),
        ("ratio", "ratio", "ratio_se"),
        ("odds ratio", "odds", "odds_se"),
    ):
        row = result.standardised_contrasts("arm", measure=measure).iloc[0]  # type: ignore[arg-type]
        assert row["estimate"] == pytest.approx(expected[key])
        assert row["se"] == pytest.approx(expected[error], rel=1e-6)  # of a ratio that of its logarithm
    reach = np.log(row["upper"]) - np.log(row["estimate"])
    assert np.log(row["estimate"]) - np.log(row["lower"]) == pytest.approx(reach)


@pytest.mark.parametrize("correlation", ["independence", "exchangeable"])
@pytest.mark.parametrize("errors", ["sandwich", "kauermann-carroll", "mancl-derouen", "fay-graubard"])
def test_estimating_equations_with_few_subjects_are_those_of_the_papers(correlation: Any, errors: Any) -> None:
    expected = EXPECTED[correlation]
    result = GEE(REPEATED, visits(), subject="id", visit="visit", correlation=correlation, errors=errors).fit()
    estimates, own = columns(result)
    assert estimates == pytest.approx(expected["estimate"], rel=1e-9)
    assert own == pytest.approx(expected[errors.replace("-", "_")], rel=1e-9)
    assert set(result.coefficients()["df"]) == {125 - 7.0}
    if correlation == "exchangeable":
        assert result.association is not None
        assert result.association[0, 2] == pytest.approx(expected["alpha"], abs=1e-10)


def test_mancl_and_derouen_s_errors_are_also_those_of_statsmodels() -> None:
    rows = visits().sample(frac=1, random_state=3)
    result = GEE(REPEATED, rows, subject="id", visit="visit").fit()
    X, y, working = result.design.X, result.design.y, Exchangeable()
    model = generalized_estimating_equations.GEE(y, X, groups=rows["id"], family=Binomial(), cov_struct=working)
    assert columns(result)[1] == pytest.approx(model.fit(cov_type="bias_reduced", ctol=1e-10).bse, rel=1e-6)


def test_wheeze_in_six_cities_is_as_published() -> None:
    """The estimates that texts print of it (Fitzmaurice and Laird 1993; R's geepack): exchangeable, robust."""
    result = GEE(
        "wheeze ~ age*smoke", wheeze(), subject="child", visit="age", correlation="exchangeable", errors="sandwich"
    ).fit()
    estimates, errors = columns(result)
    assert [round(value, 3) for value in estimates] == [-1.900, -0.141, 0.314, 0.071]
    assert errors == pytest.approx([0.11909, 0.05820, 0.18784, 0.08828], abs=1e-4)
    assert result.association is not None
    assert result.association[0, 1] == pytest.approx(0.3546, abs=2e-3)


def test_a_randomised_trial_of_dobson_s_has_the_printed_coefficients() -> None:
    """Dobson 1990, An Introduction to Generalized Linear Models, page 93: counts by outcome and treatment."""
    counts = [18, 17, 15, 20, 10, 20, 25, 13, 12]
    data = pd.DataFrame({"counts": counts, "outcome": [1, 2, 3] * 3, "treatment": [1] * 3 + [2] * 3 + [3] * 3})
    result = GLM("counts ~ C(outcome) + C(treatment)", data, family="poisson").fit()
    assert [round(value, 4) for value in columns(result)[0][:3]] == [3.0445, -0.4543, -0.2930]
    assert [round(value, 4) for value in columns(result)[1][:3]] == [0.1709, 0.2022, 0.1927]


def aspirin() -> pd.DataFrame:
    """Heart attacks in the Physicians' Health Study (N Engl J Med 1988, 318:262): 189 of 11034, 104 of 11037."""
    return pd.DataFrame(
        {
            "attack": np.repeat([1.0, 0.0, 1.0, 0.0], [189, 10845, 104, 10933]),
            "arm": pd.Categorical(np.repeat(["Placebo", "Aspirin"], [11034, 11037]), ["Placebo", "Aspirin"]),
        }
    )


@pytest.mark.parametrize("family", ["logistic", "log-binomial"])
def test_without_covariates_risks_are_shares_and_errors_are_the_textbook_s(family: Any) -> None:
    result = GLM("attack ~ arm", aspirin(), family=family).fit()
    p, q = 189 / 11034, 104 / 11037
    assert result.standardised("arm")["estimate"].tolist() == pytest.approx([p, q])
    difference, ratio, odds = (
        result.standardised_contrasts("arm", measure=measure).iloc[0]
        for measure in ("difference", "ratio", "odds ratio")
    )
    assert difference["se"] == pytest.approx(np.sqrt(p * (1 - p) / 11034 + q * (1 - q) / 11037))
    assert ratio["se"] == pytest.approx(np.sqrt(1 / 189 - 1 / 11034 + 1 / 104 - 1 / 11037))
    assert odds["se"] == pytest.approx(np.sqrt(1 / 189 + 1 / 10845 + 1 / 104 + 1 / 10933))
    assert [round(1 / ratio[name], 2) for name in ("estimate", "upper", "lower")] == [1.82, 1.43, 2.31]
    assert round(1 / odds["estimate"], 2) == 1.83


def test_rates_are_events_over_time_and_their_ratio_has_the_textbook_s_error() -> None:
    data = pd.DataFrame(
        {"arm": pd.Categorical(["A", "A", "B", "B", "B"], ["A", "B"]), "n": [3, 5, 2, 0, 4], "years": [1.0, 3, 2, 2, 5]}
    )
    result = GLM("n ~ arm", data, family="poisson", exposure="years").fit()
    assert result.standardised("arm")["estimate"].tolist() == pytest.approx([8 / 4, 6 / 9])
    row = result.standardised_contrasts("arm", measure="ratio").iloc[0]
    assert row["estimate"] == pytest.approx(6 / 9 / 2)
    assert row["se"] == pytest.approx(np.sqrt(1 / 8 + 1 / 6))
    assert result.ratios("arm")["estimate"][0] == pytest.approx(row["estimate"])


def test_risks_at_each_visit_are_over_every_participant_once() -> None:
    """By hand: everybody's covariates, at that visit and in that arm, whatever visits they came to."""
    rows = visits()
    result = GEE(REPEATED, rows, subject="id", visit="visit").fit()
    people = rows.drop_duplicates("id")["odi_base"].to_numpy(float)
    beta = dict(zip(result.coef_names, result.beta, strict=True))
    eta = beta["Intercept"] + beta["odi_base"] * people + beta["arm[T.Infliximab]"] + beta["visit[T.m09]"]
    eta = eta + beta["arm[T.Infliximab]:visit[T.m09]"]
    table = result.standardised("arm", by="visit").set_index(["visit", "arm"])
    assert table.loc[("m09", "Infliximab"), "estimate"] == pytest.approx((1 / (1 + np.exp(-eta))).mean())
    each = result.standardised_contrasts("arm", by="visit", measure="difference").set_index("visit")["estimate"]
    own = table["estimate"].unstack("arm")
    assert each.tolist() == pytest.approx((own["Infliximab"] - own["Placebo"]).tolist())


def test_the_order_of_rows_and_of_subjects_changes_nothing() -> None:
    rows = visits()
    for correlation in ("exchangeable", "unstructured"):
        plain, mixed = (
            GEE(REPEATED, own, subject="id", visit="visit", correlation=correlation).fit()
            for own in (rows, rows.sample(frac=1, random_state=1))
        )
        assert columns(mixed)[0] == pytest.approx(columns(plain)[0], rel=1e-7)
        assert columns(mixed)[1] == pytest.approx(columns(plain)[1], rel=1e-7)


def test_three_arms_have_adjusted_risk_differences_and_a_joint_test() -> None:
    rows = at_m05()
    rows["arm"] = pd.Categorical(np.array(["P", "L", "H"])[np.arange(len(rows)) % 3], ["P", "L", "H"])
    result = GLM("better ~ odi_base + arm", rows).fit()
    plain, adjusted = (result.standardised_contrasts("arm", adjust=adjust) for adjust in ("none", "dunnett"))
    assert plain["contrast"].tolist() == ["L - P", "H - P"]
    assert (adjusted["p"] > plain["p"]).all()
    assert (adjusted["upper"] - adjusted["lower"] > plain["upper"] - plain["lower"]).all()
    holm = result.standardised_contrasts("arm", kind="pairwise", adjust="holm")
    assert holm["p"].max() <= 1
    assert len(holm) == 3
    assert result.test("arm").num_df == 2


def test_counts_that_vary_less_than_poisson_s_have_dispersion_zero_and_it_is_said() -> None:
    rows = at_m05().assign(steady=lambda d: 3 + np.arange(len(d)) % 2)
    result = GLM("steady ~ arm", rows, family="negative-binomial").fit()
    assert result.dispersion == 0
    assert result.messages[-1] == "The counts vary no more than Poisson's, so the dispersion is 0."
    assert columns(result)[1] == pytest.approx(columns(GLM("steady ~ arm", rows, family="poisson").fit())[1])


def changed(**others: Any) -> pd.DataFrame:
    return at_m05().assign(**others)


REFUSED = [
    (changed(better=2.0), {}, "The outcome 'better' of logistic must be 0 or 1; it is 2 in row"),
    (changed(better=0.0), {}, "The outcome 'better' is 0 for everybody; there is nothing to compare"),
    (changed(better=1.0), {}, "The outcome 'better' is 1 for everybody"),
    (changed(better=-1.0), {"family": "poisson"}, "must be a whole number, 0 or more; it is -1"),
    (changed(better=0.5), {"family": "negative-binomial"}, "must be a whole number, 0 or more; it is 0.5"),
    (changed(better=0.0), {"family": "poisson"}, "is 0 for everybody"),
    (at_m05(), {"family": "probit"}, "family='probit' is unknown; use one of logistic, log-binomial, poisson"),
    (at_m05(), {"errors": "HC3"}, "errors='HC3' is unknown; use one of model, sandwich"),
    (at_m05(), {"exposure": "years"}, "An exposure is for counts; logistic has none"),
    (changed(years=0.0), {"family": "poisson", "exposure": "years"}, "'years' must be positive"),
    (
        changed(better=lambda d: (d["arm"] == "Placebo").astype(float)),
        {},
        "A covariate separates the outcome: it is the same for everybody at some of its values",
    ),
    (
        changed(better=lambda d: (d["arm"] == "Placebo").astype(float)),
        {"family": "log-binomial"},
        "use logistic, whose standardised values give the risk ratio too",
    ),
    (
        changed(better=lambda d: (d["odi_base"] > 35).astype(float)),
        {"errors": "mancl-derouen"},
        "A covariate separates the outcome",
    ),
    (
        changed(better=lambda d: np.where(d["arm"] == "Placebo", 0.0, d["better"])),
        {"family": "poisson"},
        "A covariate separates the outcome: it is 0 for everybody at some of its values",
    ),
]


@pytest.mark.parametrize(("data", "options", "words"), REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_estimated_says_what_to_do(data: pd.DataFrame, options: dict[str, Any], words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        GLM("better ~ odi_base + arm", data, **options).fit()


def test_estimating_equations_refuse_model_errors_and_visits_twice() -> None:
    rows = visits()
    with pytest.raises(AnalysisError, match="The working correlation is a guess, so errors='model' is not offered"):
        GEE(REPEATED, rows, subject="id", visit="visit", errors="model")
    with pytest.raises(AnalysisError, match="correlation='ar1' is unknown; use one of independence"):
        GEE(REPEATED, rows, subject="id", visit="visit", correlation="ar1")  # type: ignore[arg-type]
    with pytest.raises(AnalysisError, match="must name one row, but"):
        GEE(REPEATED, pd.concat([rows, rows.iloc[:1]]), subject="id", visit="visit")
    few = rows[rows["id"].isin(["P001", "P002", "P003", "P004", "P005", "P006"])]
    with pytest.raises(AnalysisError, match="5 independent units cannot carry 6 coefficients; simplify the formula"):
        GEE("tens ~ arm*visit", few, subject="id", visit="visit", family="poisson").fit()


def test_asking_for_what_is_no_factor_or_no_risk_is_refused() -> None:
    result = GLM("tens ~ odi_base + arm", at_m05(), family="poisson").fit()
    with pytest.raises(AnalysisError, match="'odi_base' is not a factor of 'tens ~ odi_base"):
        result.standardised("odi_base")
    with pytest.raises(AnalysisError, match="or of a risk 'odds ratio'"):
        result.standardised_contrasts("arm", measure="odds ratio")


def test_a_margin_of_a_risk_difference_shifts_its_test_alone() -> None:
    result = GLM(FULL, at_m05()).fit()
    plain, margin = (result.standardised_contrasts("arm", null=null).iloc[0] for null in (None, -0.1))
    assert margin["t"] == pytest.approx((plain["estimate"] + 0.1) / plain["se"])
    assert margin["lower"] == plain["lower"]


def test_summary_and_record_say_family_errors_and_correlation() -> None:
    result = GEE(REPEATED, visits(), subject="id", visit="visit").fit()
    assert "mancl-derouen, 125 independent units" in result.summary()
    assert result.record()["correlation"] == "exchangeable"
    nb = GLM("events ~ arm", at_m05(), family="negative-binomial").fit()
    assert "dispersion" in nb.summary()
    assert GLM.of("better", ["odi_base", "arm"], at_m05()).fit().beta == pytest.approx(
        GLM("better ~ odi_base + arm", at_m05()).fit().beta
    )
