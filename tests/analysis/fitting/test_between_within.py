"""Between-within degrees of freedom, counted by hand."""

import numpy as np
import pytest

from app.analysis import LMM, MMRM
from app.analysis.fitting.inference import between_within
from tests.analysis.reference_fits import data
from tests.analysis.trials import trial


def test_columns_within_and_between_subjects_are_counted_apart() -> None:
    subject = np.array([0, 0, 1, 1, 2, 2, 2])
    arm, month = np.array([0, 0, 1, 1, 0, 0, 0]), np.array([0, 1, 0, 1, 0, 1, 2])
    X = np.column_stack([np.ones(7), arm, month, arm * month]).astype(float)
    # 3 subjects - intercept and arm; 7 rows - 3 subjects - month and its interaction
    assert between_within(X, subject).tolist() == [2, 1, 2, 2]


def test_sleepstudy_has_nlme_s_degrees_of_freedom() -> None:
    """lme(Reaction ~ Days, random = ~1 | Subject): 161 for both (180 rows, 18 subjects, one column within)."""
    fit = LMM("Reaction ~ Days", data("sleepstudy"), subject="Subject").fit(df="between-within")
    assert fit.coefficients()["df"].tolist() == [161.0, 161.0]
    assert fit.df_method == "between-within"
    assert "between-within degrees of freedom" in fit.summary()


@pytest.mark.parametrize("model", [MMRM, LMM])
def test_a_contrast_has_the_least_of_those_it_involves(model: type[MMRM] | type[LMM]) -> None:
    frame = trial(60)
    fit = model("y ~ base + arm*visit", frame, subject="id", visit="visit").fit(df="between-within")
    rows = frame.dropna(subset=["y"])
    between, within = rows["id"].nunique() - 3, len(rows) - rows["id"].nunique() - 6
    df = fit.coefficients().set_index("term")["df"]
    assert df["base"] == df["arm[T.A]"] == between
    assert df["Intercept"] == df["visit[T.v2]"] == df["arm[T.A]:visit[T.v2]"] == within
    assert set(fit.contrasts("arm", by="visit")["df"]) == {between}
    assert set(fit.contrasts("visit")["df"]) == {within}
    assert fit.test("arm").den_df == between
    assert fit.test("arm:visit").den_df == within
    plain = model("y ~ base + arm*visit", frame, subject="id", visit="visit").fit(df="satterthwaite")
    np.testing.assert_allclose(fit.vcov, plain.vcov)
