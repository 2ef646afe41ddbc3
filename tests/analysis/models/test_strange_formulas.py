"""Formulas that nobody planned, as people write them: what R gives, or a sentence with what to write instead."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app.analysis import ANCOVA, AnalysisError

HERE = Path(__file__).parents[1] / "reference" / "strangers"
R_SAYS = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))


@cache
def data() -> pd.DataFrame:
    """Sixty people in three arms, with odd names, odd levels, a collinear column and sites by number."""
    frame = pd.read_csv(HERE / "data.csv", dtype={"site": str})
    return frame.astype(dict.fromkeys(["arm", "sex", "site", "odd level"], "category"))


@pytest.mark.parametrize("expected", R_SAYS, ids=lambda row: row["formula"])
def test_rank_and_residuals_are_those_of_r(expected: dict[str, float | str]) -> None:
    fit = ANCOVA(str(expected["formula"]), data(), robust=None).fit()
    residual = np.asarray(fit.design.y) - np.asarray(fit.design.X) @ np.asarray(fit.beta)
    assert len(fit.beta) == expected["rank"]
    assert float(residual @ residual) == pytest.approx(expected["rss"], rel=1e-9)


SAME = [
    # a formula without some of its smaller terms, and one of the same columns with them
    ("y ~ arm:sex", "y ~ arm*sex"),
    ("y ~ x + arm:sex", "y ~ x + arm*sex"),
    ("y ~ 0 + arm:sex", "y ~ arm*sex"),
    ("y ~ arm:sex:site", "y ~ arm*sex*site"),
    ("y ~ arm + arm:sex:site", "y ~ arm*sex*site"),
    ("y ~ sex:site + arm", "y ~ sex*site + arm"),
    ("y ~ arm:sex + sex:site", "y ~ arm*sex + sex*site"),
    ("y ~ x:arm:sex + arm:sex", "y ~ x*arm*sex"),
    ("y ~ arm/sex", "y ~ arm*sex"),
    ("y ~ arm:`odd level`", "y ~ arm*`odd level`"),
    ("y ~ C(k):arm", "y ~ C(k)*arm"),
]


@pytest.mark.parametrize(("formula", "whole"), SAME)
def test_an_interaction_without_its_smaller_terms_has_the_same_means(formula: str, whole: str) -> None:
    own, other = (ANCOVA(text, data(), robust=None).fit() for text in (formula, whole))
    first, second = (np.asarray(fit.design.X) @ np.asarray(fit.beta) for fit in (own, other))
    np.testing.assert_allclose(first, second, rtol=1e-9)
    assert len(own.beta) == len(other.beta)
    for name in ("emmeans", "contrasts"):
        pd.testing.assert_frame_equal(getattr(own, name)("arm"), getattr(other, name)("arm"), rtol=1e-7)


REFUSED = [
    ("y ~ factor(k) + arm", "'factor' .* is not known; write C"),
    ("y ~ as.factor(b)*arm", r"'as.factor' .* is not known; write C\(name\)"),
    ("y ~ as.numeric(site) + arm", "'as.numeric' .* write the name of a column of numbers"),
    ("y ~ as.integer(site) + arm", "'as.integer' .* is not known; there are log"),
    ("y ~ cut(x, 3) + arm", "write the name of a column made by pd.cut"),
    ("y ~ ifelse(x > 50, 1, 0) + arm", "write the name of a column of 0 and 1, made before"),
    ("y ~ arm + (x > 50)", "'>' compares; write the name of a column of 0 and 1, made before"),
    ("y ~ arm + (k == 2)", "'=' compares; write the name of a column of 0 and 1, made before"),
    ("y ~ interaction(arm, sex)", r"write one:other, or one\*other"),
    ("y ~ relevel(arm, ref='P') + x", "write the name; its first category is the reference"),
    ("y ~ I(x - mean(x)) + arm", r"write center\(name\) for a name less its mean"),
    ("y ~ offset(x) + arm", "write the outcome less the offset on the left side"),
    ("y ~ ns(x, df=3)", r"write cr\(name, df=3\)"),
    ("y ~ I(x^2) + arm", r"write '\*\*'"),
    ("y ~ .", "'.' names no columns here; name them"),
    ("y ~ arm | site", r"holds a random part .* LMM\(formula, data, subject='id'\)"),
    ("cbind(y, x) ~ arm", "'cbind' on the left side"),
    ("y ~ arm ~ x", "more than one '~'"),
    ("~ arm", "needs an outcome"),
    ("y ~ s(x) + arm", r"'s' .* is not known; write cr\(name, df=3\)"),
    ("y ~ rcs(x, 4) + arm", r"write cr\(name, df=3\)"),
    ("y ~ arm + np.where(x > 50, 1, 0)", "write the name of a column of 0 and 1, made before"),
    ("y ~ arm + Error(site)", r"write LMM\(formula, data, subject='id'\) for what is random"),
    ("y ~ x \N{MINUS SIGN} 1", "'\N{MINUS SIGN}' is a sign of word processors; write what the keyboard has"),
    ("y ~ arm\N{MULTIPLICATION SIGN}x", "'\N{MULTIPLICATION SIGN}' is a sign of word processors"),
    ("y \N{EN DASH} x ~ arm", "'\N{EN DASH}' is a sign of word processors"),
    ("y ~ C(arm, levels=['A', 'P'])", "levels= leaves out levels that the data have; name every level"),
    ("y ~ unheard + arm", "Column unheard .* is not in the data; it has"),
    ("y ~ max(x) + arm", "'max' .* is not known"),
]


@pytest.mark.parametrize(("formula", "said"), REFUSED)
def test_what_is_not_offered_says_what_to_write(formula: str, said: str) -> None:
    with pytest.raises(AnalysisError, match=said):
        ANCOVA(formula, data(), robust=None)
