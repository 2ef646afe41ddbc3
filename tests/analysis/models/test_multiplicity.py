"""Several hypotheses: steps worked by hand; graphs held against the closed test that they are a short cut of."""

from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest

from app.analysis.errors import AnalysisError
from app.analysis.models.multiplicity import graphical, hierarchical, hochberg, holm

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


NAMES = ("a", "b", "c", "d")
EACH_TO_OTHERS = {a: {b: 1 / 3 for b in NAMES if b != a} for a in NAMES}
IN_A_ROW = {a: {b: 1.0} for a, b in pairwise(NAMES)}
IMPROVED_GATE = {"a": {"c": 1.0}, "b": {"d": 1.0}, "c": {"b": 0.5, "d": 0.5}, "d": {"a": 0.5, "c": 0.5}}
GRAPHS = [
    # name, weights, transitions
    ("Holm's", dict.fromkeys(NAMES, 0.25), EACH_TO_OTHERS),
    ("a fixed sequence", {"a": 1.0}, IN_A_ROW),
    ("two doses, each with a secondary outcome", {"a": 0.5, "b": 0.5}, IMPROVED_GATE),
    ("fallback", {"a": 0.5, "b": 0.25, "c": 0.25}, IN_A_ROW),
    ("alpha that is lost", {"a": 0.5, "b": 0.3}, {"a": {"b": 0.5}, "b": {"c": 0.2, "d": 0.3}}),
    ("a loop that keeps all", {"a": 0.5, "b": 0.5}, {"a": {"b": 1.0}, "b": {"a": 1.0}}),
]
Graph = dict[str, dict[str, float]]


def closed(p: dict[str, float], weights: dict[str, float], transitions: Graph) -> dict[str, float]:
    """The oracle: every intersection by the weighted Bonferroni test, each hypothesis the worst of those it is in."""

    def shares(kept: tuple[str, ...]) -> dict[str, float]:
        w = np.array([weights.get(name, 0.0) for name in p])
        G = np.array([[transitions.get(a, {}).get(b, 0.0) for b in p] for a in p])
        for j, gone in enumerate(p):
            if gone in kept:
                continue
            w = w + w[j] * G[j]
            w[j] = 0.0
            own = 1 - G[:, j] * G[j]
            new = (G + np.outer(G[:, j], G[j])) / np.where(own > 1e-12, own, np.inf)[:, None]
            np.fill_diagonal(new, 0.0)
            new[j], new[:, j] = 0.0, 0.0
            G = new
        return dict(zip(p, w.tolist(), strict=True))

    worst = dict.fromkeys(p, 0.0)
    for kept in subsets(tuple(p)):
        share = shares(kept)
        local = min([p[name] / share[name] for name in kept if share[name] > 0], default=1.0)
        for name in kept:
            worst[name] = max(worst[name], min(local, 1.0))
    return worst


def subsets(names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for size in range(1, len(names) + 1):
        yield from combinations(names, size)


@pytest.mark.parametrize(("weights", "transitions"), [graph[1:] for graph in GRAPHS], ids=[g[0] for g in GRAPHS])
def test_a_graph_decides_as_the_closed_test_does(weights: dict[str, float], transitions: Graph) -> None:
    rng = np.random.default_rng(3)
    for _ in range(60):
        p = dict(zip(NAMES, (rng.random(4) ** 3).tolist(), strict=True))
        table = graphical(p, weights, transitions).set_index("hypothesis")
        assert table["p_adjusted"].to_dict() == pytest.approx(closed(p, weights, transitions), abs=1e-12)
        for alpha in (0.01, 0.025, 0.05, 0.2):
            again = graphical(p, weights, transitions, alpha).set_index("hypothesis")
            assert (again["rejected"] == (table["p_adjusted"] <= alpha)).all()


def test_the_graph_of_holm_and_of_a_fixed_sequence_are_these() -> None:
    p = dict(zip(NAMES, [0.01, 0.04, 0.03, 0.005], strict=True))
    by_graph = graphical(p, dict.fromkeys(NAMES, 0.25), EACH_TO_OTHERS)["p_adjusted"]
    assert by_graph.tolist() == pytest.approx(holm(p)["p_adjusted"].tolist())
    in_order = graphical(p, {"a": 1.0}, IN_A_ROW)["p_adjusted"]
    assert in_order.tolist() == pytest.approx(hierarchical(p)["p_adjusted"].tolist())


def test_the_published_example_of_a_gate() -> None:
    """Two doses against placebo, two outcomes, each dose's secondary behind its primary; worked by hand.

    c (p 0.01) has no share until a is rejected at 0.025; then it has 0.025, and is rejected.
    """
    p = {"a": 0.02, "b": 0.04, "c": 0.01, "d": 0.5}
    table = graphical(p, {"a": 0.5, "b": 0.5}, IMPROVED_GATE)
    assert table["rejected"].tolist() == [True, False, True, False]
    assert table["p_adjusted"].tolist()[:3] == pytest.approx([0.04, 0.04 / 0.75, 0.04])
    assert table["weight"].tolist() == [0.5, 0.5, 0, 0]


@pytest.mark.parametrize(
    ("weights", "transitions", "words"),
    [
        ({"a": 0.6, "b": 0.5}, {}, "The weights must be shares of alpha"),
        ({"a": -0.1, "b": 0.5}, {}, "The weights must be shares of alpha"),
        ({}, {}, "The weights must be shares of alpha"),
        ({"z": 1.0}, {}, "weights names z; the hypotheses are a, b"),
        ({"a": 1.0}, {"a": {"z": 1.0}}, "transitions names z"),
        ({"a": 1.0}, {"z": {"a": 1.0}}, "transitions names z"),
        ({"a": 1.0}, {"a": {"a": 0.5}}, "The transitions from 'a' must be shares"),
        ({"a": 1.0}, {"a": {"b": 1.2}}, "The transitions from 'a' must be shares"),
        ({"a": 1.0}, {"b": {"a": -0.5}}, "The transitions from 'b' must be shares"),
    ],
)
def test_what_is_no_graph_is_refused(weights: dict[str, float], transitions: Graph, words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        graphical({"a": 0.01, "b": 0.02}, weights, transitions)


def test_thirds_written_as_decimals_are_a_whole() -> None:
    thirds = dict.fromkeys("abc", 1 / 3)
    assert graphical(dict.fromkeys("abc", 0.01), thirds, {})["p_adjusted"].tolist() == pytest.approx([0.03] * 3)
