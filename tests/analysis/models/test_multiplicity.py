"""Several hypotheses: Holm's step-down and a fixed order, worked by hand."""

from typing import Any

import pytest

from app.analysis.errors import AnalysisError
from app.analysis.models.multiplicity import hierarchical, hochberg, holm

HOLM = [
    # p values, adjusted, rejected at 0.05
    ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02], [True, False, False, True]),
    ([0.05], [0.05], [True]),
    ([0.0500001], [0.0500001], [False]),
    ([0.025, 0.05], [0.05, 0.05], [True, True]),
    ([0.026, 0.05], [0.052, 0.052], [False, False]),
    ([0.01, 0.02, 0.03], [0.03, 0.04, 0.04], [True, True, True]),
    ([0.02, 0.02, 0.02], [0.06, 0.06, 0.06], [False, False, False]),
    ([0.9, 0.8], [1.0, 1.0], [False, False]),
    ([0.0, 1.0], [0.0, 1.0], [True, False]),
]


@pytest.mark.parametrize(("p", "adjusted", "rejected"), HOLM)
def test_holm(p: list[float], adjusted: list[float], rejected: list[bool]) -> None:
    """The smallest times the number of hypotheses, the next times one less, never falling (Holm 1979)."""
    table = holm({str(place): value for place, value in enumerate(p)})
    assert table["hypothesis"].tolist() == [str(place) for place in range(len(p))]
    assert table["p"].tolist() == p
    assert table["p_adjusted"].tolist() == pytest.approx(adjusted)
    assert table["rejected"].tolist() == rejected


@pytest.mark.parametrize(("alpha", "rejected"), [(0.0199, [False, False]), (0.02, [True, False]), (0.04, [True, True])])
def test_the_level_itself_is_enough(alpha: float, rejected: list[bool]) -> None:
    assert holm({"a": 0.01, "b": 0.04}, alpha)["rejected"].tolist() == rejected


IN_ORDER = [
    # p values in the order of testing, adjusted, rejected at 0.05
    ([0.01, 0.2, 0.001], [0.01, 0.2, 0.2], [True, False, False]),
    ([0.05, 0.05], [0.05, 0.05], [True, True]),
    ([0.051, 0.001], [0.051, 0.051], [False, False]),
    ([0.01, 0.02, 0.03], [0.01, 0.02, 0.03], [True, True, True]),
    ([0.03, 0.01, 0.02], [0.03, 0.03, 0.03], [True, True, True]),
]


@pytest.mark.parametrize(("p", "adjusted", "rejected"), IN_ORDER)
def test_hierarchical_stops_at_the_first_that_fails(
    p: list[float], adjusted: list[float], rejected: list[bool]
) -> None:
    table = hierarchical({str(place): value for place, value in enumerate(p)})
    assert table["p_adjusted"].tolist() == adjusted
    assert table["rejected"].tolist() == rejected


def test_the_order_may_be_another_than_that_of_the_p_values() -> None:
    table = hierarchical({"a": 0.01, "b": 0.2}, order=["b", "a"])
    assert table["hypothesis"].tolist() == ["b", "a"]
    assert table["p_adjusted"].tolist() == [0.2, 0.2]


@pytest.mark.parametrize("order", [["b"], ["a"], ["a", "a", "b"], ["a", "b", "c"]])
def test_the_order_names_each_hypothesis_once(order: list[str]) -> None:
    with pytest.raises(AnalysisError, match=r"order must name each of \['a', 'b'\] once"):
        hierarchical({"a": 0.01, "b": 0.02}, order=order)


@pytest.mark.parametrize("test", [holm, hierarchical])
@pytest.mark.parametrize(
    ("p", "alpha", "words"),
    [
        ({"a": 1.2}, 0.05, r"between 0 and 1; look at \['a'\]"),
        ({"a": -0.1, "b": 0.5}, 0.05, r"between 0 and 1; look at \['a'\]"),
        ({"a": float("nan")}, 0.05, r"between 0 and 1; look at \['a'\]"),
        ({}, 0.05, "look at the empty list"),
        ({"a": 0.5}, 0.0, r"alpha=0\.0 must lie between 0 and 1"),
        ({"a": 0.5}, 1.0, r"alpha=1\.0 must lie between 0 and 1"),
        ({"a": 0.5}, 5, "alpha=5 must lie between 0 and 1"),
    ],
)
def test_what_is_no_probability_is_refused(test: Any, p: dict[str, float], alpha: float, words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        test(p, alpha=alpha)


HOCHBERG = [
    # p values, adjusted (R's p.adjust, method "hochberg", by its definition), rejected at 0.05
    ([0.01, 0.04, 0.03, 0.005], [0.03, 0.04, 0.04, 0.02], [True, True, True, True]),
    ([0.05], [0.05], [True]),
    ([0.025, 0.05], [0.05, 0.05], [True, True]),
    ([0.026, 0.05], [0.05, 0.05], [True, True]),
    ([0.026, 0.051], [0.051, 0.051], [False, False]),
    ([0.01, 0.02, 0.03], [0.03, 0.03, 0.03], [True, True, True]),
    ([0.001, 0.2, 0.9], [0.003, 0.4, 0.9], [True, False, False]),
    ([0.9, 0.8], [0.9, 0.9], [False, False]),
    ([0.0, 1.0], [0.0, 1.0], [True, False]),
]


@pytest.mark.parametrize(("p", "adjusted", "rejected"), HOCHBERG)
def test_hochberg(p: list[float], adjusted: list[float], rejected: list[bool]) -> None:
    """The largest as it is, the next times two, and so on, never rising as p falls (Hochberg 1988)."""
    named = {str(place): value for place, value in enumerate(p)}
    table = hochberg(named)
    assert table["p_adjusted"].tolist() == pytest.approx(adjusted)
    assert table["rejected"].tolist() == rejected
    assert (table["p_adjusted"] <= holm(named)["p_adjusted"] + 1e-15).all()


@pytest.mark.parametrize("p", [{}, {"a": -0.1}, {"a": 1.1}])
def test_hochberg_takes_p_values_only(p: dict[str, float]) -> None:
    with pytest.raises(AnalysisError, match="must lie between 0 and 1"):
        hochberg(p)
