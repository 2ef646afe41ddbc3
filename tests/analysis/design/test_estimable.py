"""An empty cell costs what needs it and nothing else; a mean is never guessed."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.analysis import ANCOVA, CLDA, MMRM, impute
from app.analysis.design.design import build_design, two_values
from app.analysis.design.estimable import estimable
from app.analysis.errors import NotEstimable
from app.analysis.results.mixed_result import MixedResult
from tests.analysis.formula_cases import r_says, two_arms
from tests.analysis.trials import FORMULA, trial

EMPTY = "arm == 'A' and visit == 'v3'"
SAID = (
    "Column arm[T.A]:visit[T.v3] left out (no rows with arm = A and visit = v3): means, differences and tests that "
    "need it are not estimable and are given as not a number."
)


def gap() -> pd.DataFrame:
    return trial().query(f"not ({EMPTY})")


def fit(frame: pd.DataFrame, formula: str = FORMULA) -> MixedResult:
    return MMRM(formula, frame, subject="id", visit="visit").fit()


def test_an_empty_cell_is_said_and_named_and_the_rest_estimated() -> None:
    result = fit(gap())
    assert SAID in result.messages
    assert "arm[T.A]:visit[T.v3]" not in result.coef_names
    means = result.emmeans("arm", by="visit").set_index(["arm", "visit"])["estimate"]
    assert list(means.index[means.isna()]) == [("A", "v3")]
    differences = result.contrasts("arm", by="visit").set_index("visit")
    assert list(differences.index[differences["estimate"].isna()]) == ["v3"]
    assert differences.drop("v3")[["se", "df", "p", "lower"]].notna().all(axis=None)
    assert result.emmeans("visit")["estimate"].isna().tolist() == [False, False, True, False]
    assert result.emmeans("site")["estimate"].isna().all()


def test_it_does_not_matter_which_column_was_dropped() -> None:
    """With the reference at another visit and arm, other columns go; the estimates stay."""
    frame = gap()
    turned = frame.assign(
        visit=frame["visit"].cat.reorder_categories(["v3", "v1", "v2", "v4"]),
        arm=frame["arm"].cat.reorder_categories(["A", "P"]),
    )
    plain, other = fit(frame), fit(turned)
    assert plain.loglik == pytest.approx(other.loglik, abs=1e-7)
    means = [r.emmeans("arm", by="visit").astype({"arm": str, "visit": str}) for r in (plain, other)]
    merged = means[0].merge(means[1], on=["arm", "visit"])
    np.testing.assert_allclose(merged["estimate_x"], merged["estimate_y"], rtol=1e-6)
    np.testing.assert_allclose(merged["se_x"], merged["se_y"], rtol=1e-6)


def test_a_test_takes_what_is_estimable_of_its_hypothesis() -> None:
    result = fit(gap())
    assert result.test("arm:visit").num_df == 2
    rows = [n for n in result.coef_names if n.startswith("arm[T.A]:")]
    assert (
        pytest.approx(result.test(np.eye(len(result.coef_names))[[result.coef_names.index(n) for n in rows]]).F)
        == result.test("arm:visit").F
    )
    with pytest.raises(NotEstimable, match=r"Nothing of the term can be tested. Column arm\[T\.A\]:visit\[T\.v3\]"):
        result.test("arm")


@pytest.mark.parametrize(
    ("extra", "lost"),
    [
        ({"k": 3.0}, "k"),
        ({"k": lambda d: 2 * d["base"] + 1}, "k"),
        ({"k": lambda d: (d["site"] == "s2").astype(float)}, "k"),
    ],
)
def test_a_covariate_that_the_others_determine_is_left_out_and_costs_nothing(extra: dict[str, Any], lost: str) -> None:
    frame = two_arms().assign(
        base=lambda d: d["pre"], site=lambda d: pd.Categorical([f"s{i % 3 + 1}" for i in d.index])
    )
    plain = ANCOVA("post ~ base + site + arm", frame).fit()
    result = ANCOVA("post ~ base + site + arm + k", frame.assign(**extra)).fit()
    assert result.coef_names == plain.coef_names
    assert f"Column {lost} left out (constant, or a combination of the others)" in result.design.left_out
    pd.testing.assert_frame_equal(result.contrasts("arm"), plain.contrasts("arm"))


def test_nested_factors_keep_the_difference_of_the_arms() -> None:
    frame = two_arms().assign(site=lambda d: pd.Categorical(d.index % 4))
    frame["region"] = pd.Categorical(frame["site"].cat.codes > 0)
    result = ANCOVA("post ~ region + site + arm", frame).fit()
    plain = ANCOVA("post ~ site + arm", frame).fit()
    pd.testing.assert_frame_equal(result.contrasts("arm"), plain.contrasts("arm"))
    assert result.emmeans("arm")["estimate"].isna().all()  # a site of the other region has no mean


def test_a_constrained_analysis_keeps_the_visits_that_have_both_arms() -> None:
    result = CLDA("y", gap(), subject="id", visit="visit", arm="arm", baseline="v1").fit()
    table = result.change_from("v1")
    rows = table[table["quantity"] == "difference"].set_index("visit")["estimate"]
    assert rows.isna().to_dict() == {"v2": False, "v3": True, "v4": False}


def test_nobody_is_imputed_in_a_cell_that_nobody_has() -> None:
    model = MMRM(FORMULA, gap(), subject="id", visit="visit")
    with pytest.raises(NotEstimable, match=r"Missing values cannot be imputed\. Column arm"):
        impute(model, reference="P", method="bootstrap", m=2)


def test_three_factors_name_the_cell_of_all_three() -> None:
    frame = trial(missing=0.0).query("not (arm == 'A' and visit == 'v3' and site == 's2')")
    design = build_design("y ~ arm*visit*site", frame, [])
    assert "no rows with arm = A and site = s2 and visit = v3" in design.left_out


@pytest.mark.parametrize(
    ("columns", "kept"),
    [
        ([[1, 1, 1], [0, 1, 0]], (0, 1)),
        ([[1, 1, 1], [0, 1, 0], [1, 0, 1]], (0, 1)),
        ([[1, 1, 1], [0, 0, 0], [1, 0, 1]], (0, 2)),
    ],
)
def test_the_null_space_is_that_of_all_columns(columns: list[list[float]], kept: tuple[int, ...]) -> None:
    X = np.array(columns, float).T
    own = estimable(X)
    assert own.kept == kept
    assert own.null.shape == (X.shape[1], X.shape[1] - len(kept))
    np.testing.assert_allclose(X @ own.null, 0, atol=1e-12)
    np.testing.assert_array_equal(own.reduced(X), X[:, list(kept)])  # what was seen is estimable


def test_means_take_both_values_of_a_number_that_has_two_as_emmeans_does() -> None:
    wanted = r_says()["twovalued"]
    table = ANCOVA("post ~ pre + male + arm", two_arms(), robust=None).fit().emmeans("arm")
    np.testing.assert_allclose(table["estimate"], wanted["emmean"], rtol=1e-10)
    np.testing.assert_allclose(table["se"], wanted["se"], rtol=1e-10)
    wanted = r_says()["twovalued_interaction"]
    row = ANCOVA("post ~ pre + male*arm", two_arms(), robust=None).fit().contrasts("arm").iloc[0]
    assert (row["estimate"], row["se"]) == pytest.approx((wanted["estimate"], wanted["se"]), rel=1e-10)


def test_both_values_are_a_factor_s_levels_whatever_their_weights() -> None:
    frame = two_arms()
    text = frame.assign(male=pd.Categorical(frame["male"]))
    for weights in ("equal", "proportional", "cells"):
        number, level = (
            ANCOVA("post ~ pre + male*arm", d).fit().emmeans("arm", weights=weights) for d in (frame, text)
        )
        np.testing.assert_allclose(number["estimate"], level["estimate"], rtol=1e-10, err_msg=weights)
    fit_ = ANCOVA("post ~ pre + male*arm", frame).fit()
    assert fit_.emmeans("male")["male"].tolist() == [0.0, 1.0]
    moved = fit_.emmeans("arm", at={"male": 0.25})
    assert moved["estimate"].tolist() != fit_.emmeans("arm")["estimate"].tolist()
    assert (
        fit_.test("arm").tested
        == "the means of arm are equal, averaged equally over both values of male, with pre at 9.325"
    )


@pytest.mark.parametrize(
    ("values", "pair"),
    [([0, 1, 1], (0.0, 1.0)), ([1, 1], None), ([1, 2, 3], None), ([5, -3, 5], (-3.0, 5.0)), ([0, 0.5, 1], None)],
)
def test_two_values_are_two_and_no_more(values: list[float], pair: tuple[float, float] | None) -> None:
    assert two_values(np.array(values, float)) == pair
