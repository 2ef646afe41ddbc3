"""Marginal means, contrasts and changes are the rows that R's emmeans makes."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.analysis import ANCOVA, AnalysisError
from app.analysis.results.mixed_result import MixedResult
from tests.analysis.reference_fits import Reference, data, expected
from tests.some import some

MODELS = [Reference("sim_a", "lmm_ri"), Reference("sim_a", "mmrm_us"), Reference("sim_a", "clda_us")]


def fitted(reference: Reference) -> MixedResult:
    return reference.model().fit(df="satterthwaite")


def theirs(reference: Reference) -> dict[str, dict[str, float]]:
    return {row["label"]: row for row in reference.values["satterthwaite"]["contrasts"]}


def same(row: Any, reference: dict[str, float]) -> bool:
    return bool(
        all(abs(row[name] - reference[name]) < 1e-6 * reference["se"] for name in ("estimate", "lower", "upper"))
    )


@pytest.mark.parametrize("reference", MODELS, ids=lambda r: r.key)
def test_means_by_arm_and_visit(reference: Reference) -> None:
    rows = theirs(reference)
    for _, row in some(fitted(reference).emmeans("arm", by="visit").iterrows()):
        label = f"emm:arm={row['arm']},visit={row['visit']}"
        assert same(row, rows.get(label) or rows["emm:both,visit=baseline"])


@pytest.mark.parametrize("reference", MODELS, ids=lambda r: r.key)
def test_differences_by_visit(reference: Reference) -> None:
    rows = theirs(reference)
    table = fitted(reference).contrasts("arm", by="visit")
    assert set(table["contrast"]) == {"Infliximab - Placebo"}
    for _, row in table.iterrows():
        if reference.key == "clda_us" and row["visit"] == "baseline":
            assert (row["estimate"], row["se"]) == (0, 0)
        else:
            assert same(row, rows[f"diff:Infliximab-Placebo@{row['visit']}"])


@pytest.mark.parametrize("reference", [MODELS[0], MODELS[2]], ids=lambda r: r.key)
def test_changes_and_differences_of_change(reference: Reference) -> None:
    rows = theirs(reference)
    table = fitted(reference).change_from("baseline")
    assert list(table["quantity"]) == ["change"] * 6 + ["difference"] * 3
    for _, row in table.iterrows():
        if row["quantity"] == "change":
            assert same(row, rows[f"change:{row['arm']}@{row['visit']}-baseline"])
        else:
            label = f"diffchange:Infliximab-Placebo@{row['visit']}-baseline"
            assert same(row, rows.get(label) or rows[f"diff:Infliximab-Placebo@{row['visit']}"])


@pytest.mark.parametrize("key", ["ancova", "ancova_raw"])
def test_ancova_is_lm_with_emmeans_and_hc3(key: str) -> None:
    values = expected("sim_a")["fits"][key]
    frame = data("sim_a")
    at_primary = frame[frame["visit"] == "m05"]
    fit = ANCOVA(values["formula"], at_primary, robust=None).fit()
    for table, rows in (
        (fit.coefficients(), values["coefficients"]),
        (fit.contrasts("arm"), values["difference"]),
    ):
        reference = pd.DataFrame(rows)
        columns = ["estimate", "se", "df", "t", "p", "lower", "upper"]
        np.testing.assert_allclose(table[columns], reference[columns], rtol=1e-9)
    means = pd.DataFrame(values["emmeans"])
    columns = ["estimate", "se", "df", "lower", "upper"]
    np.testing.assert_allclose(fit.emmeans("arm")[columns], means[columns], rtol=1e-9)
    robust = ANCOVA(values["formula"], at_primary).fit()
    np.testing.assert_allclose(robust.vcov, values["vcov_hc3"], rtol=1e-9)


def test_pairwise_takes_every_pair_later_minus_earlier() -> None:
    fit = ANCOVA("chg ~ odi_base + site", data("sim_a").query("visit == 'm05'")).fit()
    table = fit.contrasts("site", kind="pairwise")
    assert list(table["contrast"][:2]) == ["S2 - S1", "S3 - S1"]
    assert len(table) == 10
    direct = dict(zip(fit.coefficients()["term"], fit.coefficients()["estimate"], strict=True))
    assert table["estimate"][0] == pytest.approx(direct["site[T.S2]"])


def test_at_moves_a_covariate_and_restricts_a_factor() -> None:
    fit = fitted(MODELS[1])
    plain, moved = (fit.emmeans("arm", by="visit", at=at) for at in (None, {"odi_base": 40.0, "visit": ["m05"]}))
    assert set(moved["visit"]) == {"m05"}
    slope = dict(zip(fit.coef_names, fit.beta, strict=True))
    step = (slope["odi_base"] + slope["odi_base:visit[T.m05]"]) * (40 - fit.design.means["odi_base"])
    expected_means = plain.loc[plain["visit"] == "m05", "estimate"].to_numpy() + step
    np.testing.assert_allclose(moved["estimate"], expected_means)


def test_proportional_weights_follow_the_margin_of_the_rows() -> None:
    fit = ANCOVA("chg ~ arm + site", data("sim_a").query("visit == 'm05'")).fit()
    share = fit.design.frame["site"].value_counts(normalize=True)
    by_site = fit.emmeans(["arm", "site"])
    for arm, own in some(by_site.groupby("arm", observed=True)):
        weighted = (own["estimate"] * own["site"].map(share).astype(float)).sum()
        proportional = fit.emmeans("arm", weights="proportional").set_index("arm")["estimate"]
        assert proportional[arm] == pytest.approx(weighted)


def test_cell_weights_reproduce_the_raw_means_of_a_saturated_model() -> None:
    frame = data("sim_a").query("visit == 'm05'")
    fit = ANCOVA("chg ~ arm*site", frame).fit()
    raw = fit.design.frame.groupby("arm", observed=True)["chg"].mean()
    np.testing.assert_allclose(fit.emmeans("arm", weights="cells")["estimate"], raw)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda f: f.emmeans("ward"), "'ward'|ward is not in"),
        (lambda f: f.emmeans("odi_base"), "is numeric"),
        (lambda f: f.emmeans("arm", at={"visit": ["m99"]}), "has no level m99"),
        (lambda f: f.emmeans("arm", weights="some"), "weights='some'"),
        (lambda f: f.contrasts("arm", kind="each"), "kind='each'"),
        (lambda f: f.change_from("screening"), "not a visit"),
        (lambda f: f.contrast([[1.0, 2.0]]), "columns"),
        (lambda f: f.contrast(pd.DataFrame({"nothing": [1.0]})), "No coefficient nothing"),
    ],
)
def test_what_is_not_in_the_model_is_named(call: Any, words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        call(fitted(MODELS[1]))
