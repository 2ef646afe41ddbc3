"""What a planned model may be fitted to: its outcome is a change or becomes one, and its columns are there."""

from pathlib import Path
from typing import Any

import pytest

from app.analysis.trial.plan import PlannedAnalysis
from app.analysis.trial.plan_schema import read_plan
from app.analysis.trial.planned_formulas import is_of_change, problems_of
from app.yaml_files import FileError
from tests.analysis.conftest import EXAMPLE


def planned(model: Any, formula: str = "", **others: Any) -> PlannedAnalysis:
    return PlannedAnalysis("one", "One", "supporting", "estimand", "population", model, formula, **others)


IMPUTED = "chg ~ odi_base*visit + site + arm*visit"
ACCEPTED = [
    planned("lmm", "odi ~ site + arm*visit"),
    planned("lmm", "odi ~ arm:visit + visit"),
    planned("mmrm", IMPUTED),
    planned("mmrm", "odi ~ odi_base*visit + site + arm*visit"),
    planned("mmrm", "odi - odi_base ~ arm*visit"),
    planned("mmrm", "chg ~ np.log(odi_base + 1) + arm + visit"),
    planned("ancova", "chg ~ odi_base + site + arm"),
    planned("ancova", "odi ~ odi_base*arm"),
    planned("clda", covariates=("site",)),
    planned("clda"),
    planned("imputation", IMPUTED, analysis="chg ~ odi_base + site + arm"),
    planned("imputation", "odi ~ odi_base*visit + arm*visit", analysis="odi ~ odi_base + arm"),
]


@pytest.mark.parametrize("analysis", ACCEPTED, ids=lambda a: f"{a.model}: {a.formula}")
def test_a_model_of_the_score_or_of_its_change_is_accepted(analysis: PlannedAnalysis) -> None:
    assert problems_of(analysis, "odi") == {}


REFUSED = [
    # analysis, field, words
    (planned("lmm", "chg ~ site + arm*visit"), "formula", "its outcome is odi, not 'chg'"),
    (planned("lmm", "log(odi) ~ arm*visit"), "formula", "its outcome is odi, not 'log(odi)'"),
    (planned("lmm", "odi ~ arm + visit"), "formula", "write arm*visit"),
    (planned("lmm", "odi ~ site + visit"), "formula", "arm is not among the terms"),
    (
        planned("lmm", "odi ~ odi_base + arm*visit"),
        "formula",
        "odi_base is no column of this model; there are site, arm",
    ),
    (planned("mmrm", "log(odi) ~ arm*visit"), "formula", "the outcome is chg or odi, not 'log(odi)'"),
    (planned("mmrm", "odi_base ~ arm*visit"), "formula", "the outcome is chg or odi, not 'odi_base'"),
    (planned("mmrm", "odi_base - odi ~ arm*visit"), "formula", "the outcome is chg or odi"),
    (planned("mmrm", "chg ~ age + arm*visit"), "formula", "age is no column of this model"),
    (planned("mmrm", "chg ~ odi + arm*visit"), "formula", "odi is no column of this model"),
    (planned("mmrm", "chg ~ arm"), "formula", "visit is not among the terms"),
    (planned("mmrm", "chg ~ arm*"), "formula", "cannot be read"),
    (planned("mmrm", "chg"), "formula", "needs an outcome"),
    (planned("ancova", "chg ~ odi_base + arm + visit"), "formula", "visit is no column of this model"),
    (planned("ancova", "odi + chg ~ arm"), "formula", "the outcome is chg or odi"),
    (planned("clda", covariates=("site", "arm")), "covariates", "arm is no column of this model"),
    (planned("clda", covariates=("age",)), "covariates", "age is no column of this model; there are site"),
    (
        planned("imputation", "odi - odi_base ~ arm*visit", analysis="chg ~ arm"),
        "formula",
        "imputation fills chg or odi",
    ),
    (planned("imputation", IMPUTED, analysis="odi ~ arm"), "analysis", "of what is imputed, chg, not of 'odi'"),
    (planned("imputation", IMPUTED, analysis="chg ~ arm*visit"), "analysis", "visit is no column"),
    (planned("imputation", IMPUTED, analysis="chg ~ site"), "analysis", "arm is not among the terms"),
    (planned("imputation", IMPUTED, analysis="chg ~ foo(odi_base) + arm"), "formula", "'foo'"),
]


@pytest.mark.parametrize(("analysis", "field", "words"), REFUSED)
def test_a_model_whose_means_would_be_no_changes_is_refused(analysis: PlannedAnalysis, field: str, words: str) -> None:
    problems = problems_of(analysis, "odi")
    assert list(problems) == [field]
    assert words in problems[field][0]


@pytest.mark.parametrize(
    ("formula", "change"),
    [("chg ~ arm", True), ("odi - odi_base ~ arm", True), ("odi-odi_base ~ arm", True), ("odi ~ odi_base", False)],
)
def test_a_change_is_known_by_its_left_side(formula: str, change: bool) -> None:
    assert is_of_change(formula, "odi") == change


def test_the_plan_is_refused_with_the_line_of_the_model(tmp_path: Path) -> None:
    text = (EXAMPLE / "analysis.yaml").read_text(encoding="utf-8")
    target = tmp_path / "analysis.yaml"
    target.write_text(text.replace("formula: chg ~ odi_base + site + arm\n", "formula: odi_base ~ arm\n"), "utf-8")
    with pytest.raises(FileError, match=r"analyses.*formula: the outcome is chg or odi, not 'odi_base'"):
        read_plan(target)
