"""Who improved enough, on published or hand-counted numbers."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

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
