"""Families of contrasts: by the joint t (Dunnett, Tukey), trends and combinations by name.

Oracles: R 4.2.2 with multcomp 1.4-22 (glht, single-step, maxpts = 5e6) and emmeans 1.8.4. Data: PlantGrowth (Dobson
1983, An Introduction to Statistical Modelling), as R has it.
"""

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.analysis import ANCOVA, MMRM
from app.analysis.errors import AnalysisError
from app.analysis.results.asking import Question
from app.analysis.results.joint_t import joint_p, joint_probability, joint_quantile
from app.analysis.results.result import LinearResult
from tests.analysis.trials import factor, trial

PLANTS = {
    "ctrl": [4.17, 5.58, 5.18, 6.11, 4.5, 4.61, 5.17, 4.53, 5.33, 5.14],
    "trt1": [4.81, 4.17, 4.41, 3.59, 5.87, 3.83, 6.03, 4.89, 4.32, 4.69],
    "trt2": [6.31, 5.12, 5.54, 5.5, 5.37, 5.29, 4.92, 6.15, 5.8, 5.26],
}
SMALL = [[1, 0.5, 0.5], [0.5, 1, 0.5], [0.5, 0.5, 1]]
UNEVEN = [[1, 0.3, 0.7], [0.3, 1, 0.1], [0.7, 0.1, 1]]
DUNNETT = ("vs_reference", "dunnett", "two-sided")
FAMILIES = [
    # kind, adjust, side, p values, lower limits, upper limits
    (*DUNNETT, [0.3226956858, 0.1534858615], [-1.021547602, -0.156547602], [0.279547602, 1.144547602]),
    (
        "vs_reference",
        "dunnett",
        "greater",
        [0.96795125067, 0.07684016941],
        [-0.92789588193, -0.06289588193],
        [np.inf] * 2,
    ),
    (
        *("pairwise", "joint", "two-sided"),
        [0.3908711682, 0.1979959227, 0.0120063215],
        [-1.0622230293, -0.1972230293, 0.1737769707],
        [0.3202230293, 1.1852230293, 1.5562230293],
    ),
]


@pytest.fixture(scope="module")
def plants() -> LinearResult:
    frame = pd.DataFrame([(name, value) for name, values in PLANTS.items() for value in values], columns=["group", "y"])
    frame["group"] = pd.Categorical(frame["group"], list(PLANTS))
    return ANCOVA("y ~ group", frame, robust=None).fit()


@pytest.mark.parametrize(("kind", "adjust", "side", "p", "lower", "upper"), FAMILIES)
def test_the_joint_t_equals_multcomp(
    plants: LinearResult, kind: Any, adjust: Any, side: Any, p: list[float], lower: list[float], upper: list[float]
) -> None:
    table = plants.contrasts("group", kind=kind, adjust=adjust, side=side)
    assert table["p"].tolist() == pytest.approx(p, abs=3e-5)
    assert table["lower"].tolist() == pytest.approx(lower, abs=1e-4)
    assert table["upper"].tolist() == pytest.approx(upper, abs=1e-4)
    assert set(table["adjustment"]) == {adjust}


def test_less_is_greater_the_other_way_round(plants: LinearResult) -> None:
    less = plants.contrasts("group", adjust="dunnett", side="less", null=0.1)
    greater = plants.contrasts(
        "group",
        kind={"a": {"ctrl": 1, "trt1": -1}, "b": {"ctrl": 1, "trt2": -1}},
        adjust="joint",
        side="greater",
        null=-0.1,
    )
    assert less["p"].tolist() == pytest.approx(greater["p"].tolist(), abs=1e-12)
    assert less["upper"].tolist() == pytest.approx((-greater["lower"]).tolist(), abs=1e-12)
    assert np.isneginf(less["lower"]).all()


PROBABILITIES = [
    # correlations, df, t, tails, 1 - pmvt (mvtnorm 1.1-3, abseps 1e-8)
    (SMALL, 20, 2.3, 2, 0.0810635367901),
    (UNEVEN, 7, 2.8, 2, 0.0639179316786),
    (UNEVEN, 7, 0.5, 1, 0.575892665911),
]
QUANTILES = [
    # correlations, df, tails, qmvt at 0.95
    (SMALL, 20, 2, 2.540346325),
    ([[1, 0.5], [0.5, 1]], np.inf, 2, 2.21218316457),
    (SMALL, 20, 1, 2.19237258931),
]


@pytest.mark.parametrize(("correlation", "df", "t", "tails", "p"), PROBABILITIES)
def test_joint_p_equals_mvtnorm(correlation: Any, df: float, t: float, tails: int, p: float) -> None:
    assert joint_p(np.full(3, t), np.array(correlation), np.full(3, df), tails) == pytest.approx([p] * 3, abs=1e-5)


@pytest.mark.parametrize(("correlation", "df", "tails", "quantile"), QUANTILES)
def test_joint_quantiles_equal_mvtnorm(correlation: Any, df: float, tails: int, quantile: float) -> None:
    assert joint_quantile(0.95, np.array(correlation), df, tails) == pytest.approx(quantile, abs=2e-4)


@pytest.mark.parametrize(("means", "p"), [(4, 0.0563000355136), (8, 0.1569021187)])
def test_all_pairs_of_equal_groups_are_the_studentized_range(means: int, p: float) -> None:
    """28 differences of 8 means have 7 directions only: correlations without an inverse."""
    pairs = list(combinations(range(means), 2))
    D = np.array([[float(j == b) - float(j == a) for j in range(means)] for a, b in pairs])
    correlation = D @ D.T / 2
    edge = np.full(len(pairs), 2.9)
    assert 1 - joint_probability(-edge, edge, correlation, 12) == pytest.approx(p, abs=3e-4)


def test_one_contrast_alone_is_its_own_t_test(plants: LinearResult) -> None:
    alone = plants.contrasts("group", kind={"b": {"trt1": -1, "trt2": 1}}, adjust="joint")
    assert alone["p"].item() == pytest.approx(0.0045, abs=5e-5)


def test_each_contrast_keeps_its_degrees_of_freedom() -> None:
    """Within one family the degrees of freedom of a mixed model differ; a joint p never lies below its own."""
    frame = trial(subjects=90, visits=2)
    frame["arm"] = factor(frame["id"].astype(int) % 3, ["P", "L", "H"])
    fit = MMRM("y ~ base + arm*visit", frame, subject="id", visit="visit").fit(df="satterthwaite")
    plain, joint = (fit.contrasts("arm", by="visit", adjust=adjust) for adjust in ("none", "dunnett"))
    bonferroni = fit.contrasts("arm", by="visit", adjust="bonferroni")
    assert (joint["p"] >= plain["p"] - 1e-5).all()
    assert (joint["p"] <= bonferroni["p"] + 1e-5).all()
    assert ((joint["upper"] - joint["lower"]) < (bonferroni["upper"] - bonferroni["lower"])).all()
    assert joint["df"].tolist() == plain["df"].tolist()


TRENDS = [(2, [-1, 1]), (3, [-1, 0, 1]), (4, [-3, -1, 1, 3]), (5, [-2, -1, 0, 1, 2])]


@pytest.mark.parametrize(("levels", "weights"), TRENDS)
def test_a_trend_has_the_weights_of_emmeans_poly(levels: int, weights: list[float]) -> None:
    from app.analysis.results.kinds import planned_contrasts

    assert planned_contrasts(range(levels), "trend") == [("linear trend", dict(enumerate(weights)))]


def test_trends_and_named_contrasts_equal_emmeans(plants: LinearResult) -> None:
    trend = plants.contrasts("group", kind="trend").iloc[0]
    assert (trend["estimate"], trend["p"]) == (pytest.approx(0.494), pytest.approx(0.0877, abs=5e-5))
    named = plants.contrasts(
        "group", kind={"trts": {"ctrl": -1, "trt1": 0.5, "trt2": 0.5}, "b": {"trt1": -1, "trt2": 1}}
    )
    assert named["contrast"].tolist() == ["trts", "b"]
    assert named["estimate"].tolist() == pytest.approx([0.0615, 0.865])
    assert named["p"].tolist() == pytest.approx([0.8009, 0.0045], abs=5e-5)
    assert "adjustment" not in named


@pytest.mark.parametrize(
    ("kind", "adjust", "words"),
    [
        ({"a": {"ctrl": -1, "trt1": 0.5}}, None, "The weights of 'a' sum to -0.5, so it is no difference"),
        ({"a": {"ctrl": -1, "trt9": 1}}, None, "The contrast 'a' names trt9; there are ctrl, trt1, trt2"),
        ({"a": {"ctrl": 0}}, None, "gives no level a weight"),
        ("quadratic", None, "kind='quadratic' is unknown; use 'vs_reference', 'pairwise', 'trend'"),
        ("pairwise", "dunnett", "Dunnett's adjustment is for kind='vs_reference'; use adjust='joint'"),
        ("trend", "tukey", "Tukey's adjustment is for kind='pairwise'"),
        ("pairwise", "scheffe", "adjust='scheffe' is unknown; use 'tukey', 'dunnett', 'joint'"),
    ],
)
def test_what_is_no_family_is_refused(plants: LinearResult, kind: Any, adjust: Any, words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        plants.contrasts("group", kind=kind, adjust=adjust)


def test_too_many_contrasts_are_refused_with_what_to_do() -> None:
    with pytest.raises(
        AnalysisError, match="300 contrasts are too many for their joint distribution; use adjust='holm'"
    ):
        joint_probability(np.full(300, -2.0), np.full(300, 2.0), np.eye(300), 10)


def test_a_contrast_with_few_degrees_of_freedom_lends_them_to_no_other() -> None:
    covariance, df = np.array([[1, 0.5], [0.5, 1]]), np.array([4.0, 100.0])
    _, p, lower, _ = Question(0.95).joint(np.full(2, 2.3), np.ones(2), df, covariance)
    for place in range(2):
        alone = joint_p(np.full(2, 2.3), covariance, np.full(2, df[place]), 2)[0]
        assert p[place] == alone
        assert lower[place] == pytest.approx(2.3 - joint_quantile(0.95, covariance, df[place], 2))
    assert p[0] > 2 * p[1]
