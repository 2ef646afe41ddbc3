"""Marginal means on a design so small that each is a sum one can write down."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.analysis.design.design import Design, build_design
from app.analysis.errors import AnalysisError
from app.analysis.results.marginal import Weights, marginal_means
from tests.analysis.trials import factor


def frame() -> pd.DataFrame:
    """Arms P, A; sites s1 (1 of P, 3 of A) and s2 (4 of P, 2 of A); ages 40 to 49."""
    arm = [0, *[1] * 3, *[0] * 4, *[1] * 2]
    site = [0] * 4 + [1] * 6
    y = np.random.default_rng(1).normal(size=10)
    return pd.DataFrame(
        {"y": y, "arm": factor(arm, ["P", "A"]), "site": factor(site, ["s1", "s2"]), "age": 40.0 + np.arange(10)}
    )


def design(formula: str = "y ~ arm + site + age") -> Design:
    return build_design(formula, frame(), [])


def row(own: Design, wanted: list[str], levels: tuple[Any, ...], **options: Any) -> dict[str, float]:
    """The coefficients' weights in one mean, by name; those that are zero left out."""
    means = marginal_means(own, wanted, **options)
    weights = dict(zip(own.names, means.L[means.levels.index(levels)], strict=True))
    return {name: float(weight) for name, weight in weights.items() if weight}


@pytest.mark.parametrize(
    ("weights", "s2"),
    [("equal", 1 / 2), ("proportional", 6 / 10), ("cells", 2 / 5)],
)
def test_how_the_sites_weigh_in_the_mean_of_an_arm(weights: Weights, s2: float) -> None:
    """Of A's five rows two are of s2; of all ten, six."""
    expected = {"Intercept": 1, "arm[T.A]": 1, "site[T.s2]": s2, "age": 44.5}
    assert row(design(), ["arm"], ("A",), weights=weights) == pytest.approx(expected)


@pytest.mark.parametrize(("arm", "s2"), [("P", 4 / 5), ("A", 2 / 5)])
def test_cells_are_the_arm_s_own(arm: str, s2: float) -> None:
    assert row(design(), ["arm"], (arm,), weights="cells")["site[T.s2]"] == pytest.approx(s2)


def test_means_stand_in_the_order_of_the_levels_the_last_factor_fastest() -> None:
    means = marginal_means(design(), ["site", "arm"])
    assert means.factors == ("site", "arm")
    assert means.levels == (("s1", "P"), ("s1", "A"), ("s2", "P"), ("s2", "A"))


def test_numbers_stand_at_their_mean_or_where_they_are_put() -> None:
    assert row(design(), ["arm"], ("P",))["age"] == pytest.approx(44.5)
    assert row(design(), ["arm"], ("P",), at={"age": 30})["age"] == 30


def test_a_number_may_be_a_factor_of_the_table_at_the_values_given() -> None:
    means = marginal_means(design(), ["age"], {"age": [30, 50]})
    assert means.levels == ((30.0,), (50.0,))


def test_a_restricted_factor_is_averaged_over_what_is_left() -> None:
    assert row(design(), ["arm"], ("P",), at={"site": ["s2"]})["site[T.s2]"] == 1
    assert marginal_means(design(), ["site"], {"site": "s2"}).levels == (("s2",),)


def test_interactions_are_averaged_as_products() -> None:
    expected = {"Intercept": 1, "arm[T.A]": 1, "site[T.s2]": 0.5, "arm[T.A]:site[T.s2]": 0.5}
    assert row(design("y ~ arm*site"), ["arm"], ("A",)) == pytest.approx(expected)


def test_without_factors_there_is_one_mean() -> None:
    means = marginal_means(design("y ~ age"), [])
    assert means.levels == ((),)
    assert means.L.tolist() == [[1.0, 44.5]]


def test_a_cell_without_rows_has_no_mean_by_cells() -> None:
    """Equal weights need no rows; cells without any give nothing to weigh by."""
    own = build_design("y ~ arm + site + age", frame().query("not (arm == 'P' and site == 's1')"), [])
    assert np.isfinite(marginal_means(own, ["arm", "site"], weights="equal").L).all()
    by_cells = marginal_means(own, ["arm", "site"], weights="cells")
    assert np.isnan(by_cells.L[by_cells.levels.index(("P", "s1"))]).all()


@pytest.mark.parametrize(
    ("wanted", "options", "words"),
    [
        (["arm"], {"weights": "some"}, "weights='some' is unknown; use 'equal', 'proportional' or 'cells'"),
        (["arm", "arm"], {}, "Name each factor once, not arm, arm"),
        (["ward"], {}, r"ward is not in 'y ~ arm \+ site \+ age'; it has arm, site, age"),
        (["arm"], {"at": {"ward": 1}}, "ward is not in"),
        (["arm"], {"at": {"arm": ["B"]}}, "'arm' has no level B; it has P, A"),
        (["age"], {}, r"'age' is numeric; make it categories, or say for which values: at=\{'age': \[\.\.\.\]\}"),
        (["arm"], {"at": {"age": [30, 40]}}, "Give one value for 'age', or name it among the factors"),
    ],
)
def test_what_is_not_in_the_design_is_named(wanted: list[str], options: dict[str, Any], words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        marginal_means(design(), wanted, **options)
