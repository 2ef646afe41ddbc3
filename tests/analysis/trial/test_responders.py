"""Who improved enough, on published or hand-counted numbers."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from app.analysis.errors import AnalysisError
from app.analysis.trial.responders import responders, wilson


def patients() -> pd.DataFrame:
    arm = pd.Categorical(["P"] * 5 + ["A"] * 5, ["P", "A"])
    end = [40, 30, 28, np.nan, 41, 29, 20, np.nan, 30, 27.9]
    return pd.DataFrame({"arm": arm, "start": [40.0] * 10, "end": end})


def test_responders_by_points_and_by_percent() -> None:
    frame = patients()
    points = responders(frame, arm="arm", baseline="start", outcome="end", points=10)
    assert points.arms["responders"].tolist() == [2, 4]
    assert points.arms["n"].tolist() == [5, 5]
    assert points.arms["missing"].tolist() == [1, 1]
    assert points.differences["contrast"][0] == "A - P"
    assert points.differences["difference"][0] == pytest.approx(0.4)
    assert points.differences["nnt"][0] == pytest.approx(2.5)
    percent = responders(frame, arm="arm", baseline="start", outcome="end", percent=30)
    assert percent.arms["responders"].tolist() == [1, 2]
    assert "30 %" in percent.definition


def test_a_fall_of_exactly_the_limit_counts_whatever_its_rounding() -> None:
    frame = pd.DataFrame({"arm": pd.Categorical(["P", "A"], ["P", "A"]), "start": 700 / 30, "end": 400 / 30})
    assert frame["start"][0] - frame["end"][0] < 10.0
    assert responders(frame, arm="arm", baseline="start", outcome="end", points=10).arms["responders"].tolist() == [
        1,
        1,
    ]


def test_where_higher_is_better_a_rise_is_a_response() -> None:
    frame = patients().rename(columns={"start": "end", "end": "start"})
    rise = responders(frame, arm="arm", baseline="start", outcome="end", points=10, better="higher")
    assert rise.arms["responders"].tolist() == [2, 4]
    assert rise.definition == "rise of at least 10 points"


def test_the_rule_for_missing_values_is_named_and_followed() -> None:
    observed = responders(patients(), arm="arm", baseline="start", outcome="end", points=10, missing="observed")
    assert observed.arms["n"].tolist() == [4, 4]
    assert observed.missing_rule == "patients with missing values are left out"
    assert "no response" in responders(patients(), arm="arm", baseline="start", outcome="end", points=10).missing_rule


def test_newcombe_s_published_interval() -> None:
    """Newcombe 1998, table II (a), method 10: 56/70 - 48/80 = 0.2, 0.0524 to 0.3339."""
    arm = pd.Categorical(["P"] * 80 + ["A"] * 70, ["P", "A"])
    end = [0.0] * 48 + [9.0] * 32 + [0.0] * 56 + [9.0] * 14
    frame = pd.DataFrame({"arm": arm, "start": 9.0, "end": end})
    row = responders(frame, arm="arm", baseline="start", outcome="end", points=5).differences.iloc[0]
    assert (row["difference"], row["lower"], row["upper"]) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    assert (row["nnt_lower"], row["nnt_upper"]) == pytest.approx((1 / 0.3339, 1 / 0.0524), rel=1e-3)
    assert not row["nnt_through_infinity"]


def test_wilson_s_limits_stay_inside() -> None:
    assert wilson(0, 20, 1.96)[0] == pytest.approx(0.0, abs=1e-12)
    assert wilson(81, 263, 1.959964) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_responders_need_one_definition() -> None:
    options: list[dict[str, Any]] = [{}, {"points": 10.0, "percent": 30.0}]
    for both in options:
        with pytest.raises(AnalysisError, match="one of the two"):
            responders(patients(), arm="arm", baseline="start", outcome="end", **both)


def of(starts: list[float], ends: list[float], **options: Any) -> list[int]:
    """Responders in the two arms, of which P has the first half of the patients."""
    half = len(starts) // 2
    arm = pd.Categorical(["P"] * half + ["A"] * (len(starts) - half), ["P", "A"])
    frame = pd.DataFrame({"arm": arm, "start": starts, "end": ends})
    counts: list[int] = (
        responders(frame, arm="arm", baseline="start", outcome="end", **options).arms["responders"].tolist()
    )
    return counts


EDGES = [
    # baseline, outcome, definition, whether that is a response
    (40, 30, {"points": 10}, True),
    (40, 30.001, {"points": 10}, False),
    (40, 29.999, {"points": 10}, True),
    (40, 30 + 1e-10, {"points": 10}, True),
    (40, 28, {"percent": 30}, True),
    (40, 28.01, {"percent": 30}, False),
    (0, 0, {"percent": 30}, False),
    (0, -10, {"percent": 30}, False),
    (0, -10, {"points": 10}, True),
    (40, 50, {"points": 10}, False),
    (40, 50, {"points": 10, "better": "higher"}, True),
    (40, 49.99, {"points": 10, "better": "higher"}, False),
    (40, 52, {"percent": 30, "better": "higher"}, True),
    (40, 0, {"percent": 100}, True),
    (40, np.nan, {"points": 10}, False),
    (np.nan, 10, {"points": 10}, False),
]


@pytest.mark.parametrize(("start", "end", "definition", "response"), EDGES)
def test_what_a_response_is_at_its_edges(start: float, end: float, definition: dict[str, Any], response: bool) -> None:
    assert of([start, 40.0], [end, 40.0], **definition) == [int(response), 0]


WILSON = [
    # count, n, limits at 95 %, by Newcombe 1998 (Stat Med 17:857), table I, method 3
    (81, 263, 0.2553, 0.3662),
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0, 0.1611),
    (1, 29, 0.0061, 0.1718),
]


@pytest.mark.parametrize(("count", "n", "lower", "upper"), WILSON)
def test_wilson_s_limits_as_published(count: int, n: int, lower: float, upper: float) -> None:
    assert wilson(count, n, 1.959964) == pytest.approx((lower, upper), abs=5e-5)
    assert wilson(n - count, n, 1.959964) == pytest.approx((1 - upper, 1 - lower), abs=5e-5)


NEWCOMBE = [
    # responders and patients of A and P, limits of the difference (Newcombe 1998, Stat Med 17:873, table II)
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (6, 7, 2, 7, 0.0582, 0.8062),
    (5, 56, 0, 29, -0.0381, 0.1926),
    (0, 10, 0, 20, -0.1611, 0.2775),
    (10, 10, 0, 20, 0.6791, 1.0),
]


@pytest.mark.parametrize(("a", "n_a", "p", "n_p", "lower", "upper"), NEWCOMBE)
def test_newcombe_s_limits_as_published(a: int, n_a: int, p: int, n_p: int, lower: float, upper: float) -> None:
    arm = pd.Categorical(["P"] * n_p + ["A"] * n_a, ["P", "A"])
    end = [0.0] * p + [9.0] * (n_p - p) + [0.0] * a + [9.0] * (n_a - a)
    frame = pd.DataFrame({"arm": arm, "start": 9.0, "end": end})
    row = responders(frame, arm="arm", baseline="start", outcome="end", points=5).differences.iloc[0]
    assert (row["lower"], row["upper"]) == pytest.approx((lower, upper), abs=5e-5)
    assert row["nnt_through_infinity"] == (lower < 0 < upper)
    assert row["p"] == (1.0 if a == p == 0 else pytest.approx(pooled_p(a, n_a, p, n_p)))


def pooled_p(a: int, n_a: int, p: int, n_p: int) -> float:
    """The two-sided normal test of two proportions with the pooled variance."""
    share = (a + p) / (n_a + n_p)
    z = (a / n_a - p / n_p) / (share * (1 - share) * (1 / n_a + 1 / n_p)) ** 0.5
    return float(2 * stats.norm.sf(abs(z)))


def test_no_difference_at_all_needs_infinitely_many_patients() -> None:
    row = responders(patients().assign(end=30.0), arm="arm", baseline="start", outcome="end", points=10).differences
    assert row["difference"][0] == 0
    assert row["nnt"][0] == np.inf
    assert row["p"][0] == 1.0


def test_three_arms_are_each_compared_with_the_reference() -> None:
    arm = pd.Categorical(list("PPAABB"), ["P", "A", "B"])
    frame = pd.DataFrame({"arm": arm, "start": 40.0, "end": [40.0, 20, 20, 20, 40, 40]})
    result = responders(frame, arm="arm", baseline="start", outcome="end", points=10)
    assert result.differences["contrast"].tolist() == ["A - P", "B - P"]
    assert result.differences["difference"].tolist() == [0.5, -0.5]


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        ({}, {"points": 10, "missing": "guess"}, "missing='guess' is unknown; use non-responder, observed"),
        ({"arm": list("PPPPPAAAAA")}, {"points": 10}, "'arm' must be categorical, reference first"),
        ({"end": [np.nan] * 5 + [1.0] * 5}, {"points": 10, "missing": "observed"}, "An arm has no patients to count"),
    ],
)
def test_what_cannot_be_counted_is_refused(change: dict[str, Any], options: dict[str, Any], words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        responders(patients().assign(**change), arm="arm", baseline="start", outcome="end", **options)
