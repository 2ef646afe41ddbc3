"""Responders, blinding, multiplicity, baseline and missing data, on published or hand-counted numbers."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from app.analysis.distributions import f_tail, t_quantile, t_tail
from app.analysis.errors import AnalysisError, DataError
from app.analysis.models.multiplicity import hierarchical, holm
from app.analysis.trial.baseline import baseline_table
from app.analysis.trial.blinding import Blinding, blinding_indices
from app.analysis.trial.missingness import NO_REASON, missing_by_visit, missing_patterns
from app.analysis.trial.responders import responders, wilson


def guesses(counts: dict[tuple[str, str], int]) -> pd.DataFrame:
    rows = [(arm, guess) for (arm, guess), count in counts.items() for _ in range(count)]
    return pd.DataFrame(rows, columns=["arm", "guess"])


def indices(frame: pd.DataFrame) -> Blinding:
    return blinding_indices(frame, arm="arm", guess="guess", unknown="dk")


def cells(table: pd.DataFrame, row: Any, columns: list[str]) -> list[Any]:
    return [table.at[row, column] for column in columns]


CRISP = {("t", "t"): 82, ("t", "p"): 25, ("t", "dk"): 170, ("p", "t"): 27, ("p", "p"): 29, ("p", "dk"): 83}


def test_blinding_of_the_crisp_trial_as_published() -> None:
    """Bang et al. 2004: James 0.75; Bang 0.21 on treatment, 0.01 on placebo."""
    result = indices(guesses(CRISP))
    bang = result.bang.set_index("arm")["estimate"]
    assert bang["t"] == pytest.approx(0.21, abs=0.005)
    assert bang["p"] == pytest.approx(0.01, abs=0.005)
    assert result.james["estimate"][0] == pytest.approx(0.75, abs=0.005)
    assert result.counts.set_index("arm").loc["t", "dk"] == 170


def test_blinding_agrees_with_r_s_bi_package() -> None:
    """Its own example: James 0.896 (se 0.011), Bang 0.115 (0.018) and 0.022 (0.019)."""
    counts = {("t", "t"): 48, ("t", "p"): 4, ("t", "dk"): 330, ("p", "t"): 22, ("p", "p"): 30, ("p", "dk"): 319}
    result = indices(guesses(counts))
    assert cells(result.james, 0, ["estimate", "se"]) == pytest.approx([0.896, 0.011], abs=5e-4)
    bang = result.bang.set_index("arm")
    assert cells(bang, "t", ["estimate", "se"]) == pytest.approx([0.115, 0.018], abs=5e-4)
    assert cells(bang, "p", ["estimate", "se"]) == pytest.approx([0.022, 0.019], abs=5e-4)


@pytest.mark.parametrize(
    ("counts", "bang", "james"),
    [
        ({("t", "t"): 9, ("p", "p"): 9}, 1.0, 0.0),
        ({("t", "dk"): 9, ("p", "dk"): 9}, 0.0, 1.0),
        ({("t", "t"): 5, ("t", "p"): 5, ("p", "t"): 5, ("p", "p"): 5}, 0.0, 0.5),
        ({("t", "p"): 9, ("p", "t"): 9}, -1.0, 1.0),
    ],
)
def test_blinding_at_the_extremes(counts: dict[tuple[str, str], int], bang: float, james: float) -> None:
    result = indices(guesses(counts))
    assert result.bang["estimate"].tolist() == pytest.approx([bang, bang])
    assert result.james["estimate"][0] == pytest.approx(james)


def test_bang_s_error_is_that_of_a_multinomial() -> None:
    rng = np.random.default_rng(7)
    drawn = rng.multinomial(277, [82 / 277, 25 / 277, 170 / 277], size=20_000)
    spread = ((drawn[:, 0] - drawn[:, 1]) / 277).std()
    assert indices(guesses(CRISP)).bang.set_index("arm").loc["t", "se"] == pytest.approx(spread, rel=0.03)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (guesses({("t", "t"): 3}), "compare two arms"),
        (guesses({("t", "x"): 3, ("p", "p"): 2}), "'guess' holds x"),
    ],
)
def test_blinding_refuses_what_it_cannot_count(frame: pd.DataFrame, words: str) -> None:
    with pytest.raises(DataError, match=words):
        indices(frame)


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


def test_holm() -> None:
    table = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    assert table["p_adjusted"].tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert table["rejected"].tolist() == [True, False, False, True]


def test_hierarchical_stops_at_the_first_that_fails() -> None:
    table = hierarchical({"a": 0.01, "b": 0.2, "c": 0.001}, order=["a", "b", "c"])
    assert table["rejected"].tolist() == [True, False, False]
    assert table["p_adjusted"].tolist() == [0.01, 0.2, 0.2]
    with pytest.raises(AnalysisError, match="order must name"):
        hierarchical({"a": 0.01}, order=["b"])
    with pytest.raises(AnalysisError, match="between 0 and 1"):
        holm({"a": 1.2})


def test_baseline_table_has_figures_and_no_test() -> None:
    frame = pd.DataFrame(
        {
            "arm": pd.Categorical(["P", "P", "A", "A"], ["P", "A"]),
            "age": [30.0, 50.0, 40.0, np.nan],
            "sex": ["f", "m", "f", "f"],
        }
    )
    table = baseline_table(frame, arm="arm", variables=["age", "sex"])
    assert not [name for name in table.columns if name == "p"]
    age = table[table["variable"] == "age"].set_index("arm")
    assert cells(age, "P", ["n", "mean", "median", "minimum", "maximum"]) == [2, 40, 40, 30, 50]
    assert age.loc["All", "missing"] == 1
    sex = table[(table["variable"] == "sex") & (table["level"] == "f")].set_index("arm")
    assert cells(sex, "All", ["count", "percent"]) == [3, 75]
    with pytest.raises(DataError, match="Column weight"):
        baseline_table(frame, arm="arm", variables=["weight"])


def diary() -> pd.DataFrame:
    rows = [("a", "v1", 1.0, None), ("a", "v2", np.nan, "withdrawn"), ("b", "v1", 1.0, None), ("b", "v2", 2.0, None)]
    frame = pd.DataFrame([*rows, ("c", "v2", 3.0, None)], columns=["id", "visit", "y", "why"])
    frame["visit"] = pd.Categorical(frame["visit"], ["v1", "v2"])
    frame["arm"] = pd.Categorical(frame["id"].map({"a": "P", "b": "A", "c": "A"}), ["P", "A"])
    return frame


def test_missing_by_visit_counts_rows_that_are_not_there() -> None:
    table = missing_by_visit(diary(), subject="id", visit="visit", outcome="y", reason="why").set_index("visit")
    assert cells(table, "v1", ["subjects", "observed", "missing", NO_REASON]) == [3, 2, 1, 1]
    assert cells(table, "v2", ["missing", "withdrawn", NO_REASON]) == [1, 1, 0]
    by_arm = missing_by_visit(diary(), subject="id", visit="visit", outcome="y", arm="arm")
    assert by_arm.set_index(["visit", "arm"]).loc[("v1", "A"), "missing"] == 1


def test_patterns_tell_dropout_from_gaps() -> None:
    table = missing_patterns(diary(), subject="id", visit="visit", outcome="y").set_index("pattern")
    assert table["subjects"].to_dict() == {"XX": 1, "X.": 1, ".X": 1}
    assert table["monotone"].to_dict() == {"XX": True, "X.": True, ".X": False}
    assert "arm" in missing_patterns(diary(), subject="id", visit="visit", outcome="y", arm="arm").columns


def test_tail_probabilities_at_their_limits() -> None:
    assert t_tail(1.959963984540054, np.inf) == pytest.approx(0.05)
    assert t_quantile(0.975, np.inf) == pytest.approx(1.959963984540054)
    assert t_quantile(0.975, 12.345) == pytest.approx(2.1720786542260293)
    for t, df in ((-40.0, 5.0), (0.3, 1.5), (12.0, 400.0)):
        assert t_tail(t, df) == pytest.approx(2 * stats.t.sf(abs(t), df), rel=1e-10)
    assert f_tail(3.0, 1, 7.0) == pytest.approx(float(t_tail(3.0**0.5, 7.0)))
    assert f_tail(2.0, 3, np.inf) == pytest.approx(0.1116, abs=1e-4)
    assert np.isnan(f_tail(float("nan"), 3, 5.0))
