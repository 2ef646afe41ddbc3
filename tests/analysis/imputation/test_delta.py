"""What is added to imputed values: by number, visit, arm, or both."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.analysis import MMRM, impute
from app.analysis.errors import AnalysisError
from app.analysis.imputation.delta import shifts
from app.analysis.imputation.patients import Patients
from tests.analysis.trials import trial

VISITS = ["v1", "v2", "v3"]


def patients() -> Patients:
    """Four patients, of whom the first two are in the reference arm P."""
    frame = pd.DataFrame({"id": np.repeat(list("abcd"), 3), "visit": pd.Categorical(VISITS * 4, VISITS)})
    nothing = np.zeros((4, 3))
    return Patients(
        frame=frame,
        subjects=tuple("abcd"),
        y=nothing,
        missing=nothing > 0,
        own=nothing,
        other=nothing,
        arm=np.array([0, 0, 1, 2], np.intp),
        arms=("P", "A", "B"),
        reference=0,
        event=np.zeros(4, np.intp),
        strategy=("MAR",) * 4,
        messages=(),
    )


ZERO = [0.0, 0.0, 0.0]
SHIFTS: list[tuple[Any, list[list[float]]]] = [
    (None, [ZERO, ZERO, ZERO, ZERO]),
    (0.0, [ZERO, ZERO, ZERO, ZERO]),
    (2.5, [ZERO, ZERO, [2.5] * 3, [2.5] * 3]),
    ({"v2": 4.0}, [ZERO, ZERO, [0, 4, 0], [0, 4, 0]]),
    ({"v3": -1.0, "v1": 1.0}, [ZERO, ZERO, [1, 0, -1], [1, 0, -1]]),
    ({"P": 1.0}, [[1.0] * 3, [1.0] * 3, ZERO, ZERO]),
    ({"A": 3.0, "B": {"v3": 5.0}}, [ZERO, ZERO, [3.0] * 3, [0, 0, 5]]),
    ({"P": {"v1": 1.0}, "A": 2.0}, [[1, 0, 0], [1, 0, 0], [2.0] * 3, ZERO]),
]


@pytest.mark.parametrize(("delta", "expected"), SHIFTS)
def test_a_shift_counts_for_the_arms_and_visits_it_names(delta: Any, expected: list[list[float]]) -> None:
    assert shifts(delta, patients(), "visit", "P").tolist() == expected


@pytest.mark.parametrize(
    ("delta", "words"),
    [
        ({"v9": 1.0}, r"delta names v9, which is neither an arm nor a visit \(v1, v2, v3\)"),
        ({"A": {"v9": 1.0, "v8": 2.0}}, "delta names v9, v8, which is neither"),
        ({"A": 1.0, "v1": 2.0}, "delta names A, which is neither"),
    ],
)
def test_what_is_neither_arm_nor_visit_is_named(delta: Any, words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        shifts(delta, patients(), "visit", "P")


FIVE = {"v1": 5.0, "v2": 6.0, "v3": 7.0}
LAGGED: list[tuple[Any, list[float], list[list[float]]]] = [
    # delta, dlag; by patients of arm A whose event is at the second visit, at the first, and who have none
    (5.0, [1], [[0, 5, 5], [5, 5, 5], ZERO]),
    (5.0, [1, 1, 1], [[0, 5, 10], [5, 10, 15], ZERO]),
    (5.0, [1, 0, 0], [[0, 5, 5], [5, 5, 5], ZERO]),
    (5.0, [0, 1], [[0, 0, 5], [0, 5, 5], ZERO]),
    (FIVE, [1, 1, 1], [[0, 6, 13], [5, 11, 18], ZERO]),
    (FIVE, [1, 2, 3], [[0, 6, 20], [5, 17, 38], ZERO]),  # rbmi's delta_template: sums of 6, 2 x 7 and 5, 2 x 6, 3 x 7
    (0.0, [1, 1, 1], [ZERO, ZERO, ZERO]),
    (-2.0, [1, 0.5], [[0, -2, -3], [-2, -3, -3], ZERO]),
]


def stopped() -> Patients:
    """As above; of arm A three patients, with the event at the second visit, at the first, and none."""
    return replace(patients(), arm=np.array([0, 1, 1, 1], np.intp), event=np.array([0, 1, 0, 3], np.intp))


@pytest.mark.parametrize(("delta", "dlag", "expected"), LAGGED)
def test_with_increments_a_shift_counts_from_the_event(
    delta: Any, dlag: list[float], expected: list[list[float]]
) -> None:
    assert shifts(delta, stopped(), "visit", "P", dlag).tolist() == [ZERO, *expected]


@pytest.mark.parametrize("dlag", [[], [1, 1, 1, 1], [float("nan")], [1, float("inf")]])
def test_increments_are_one_number_per_visit_at_most(dlag: list[float]) -> None:
    with pytest.raises(AnalysisError, match="dlag holds one to 3 finite numbers"):
        shifts(5.0, stopped(), "visit", "P", dlag)


def test_increments_need_somebody_with_an_event() -> None:
    nobody = replace(patients(), event=np.full(4, 3, np.intp))
    with pytest.raises(AnalysisError, match=r"nobody has one; give impute\(ice=\.\.\.\)"):
        shifts(5.0, nobody, "visit", "P", [1])


def test_an_intermittent_gap_is_not_shifted() -> None:
    """One patient of arm A misses the first visit and comes back; another stops at the second and is seen no more."""
    frame = trial(40, 3, missing=0.0)
    gap, gone = (frame["id"] == "0001") & (frame["visit"] == "v1"), (frame["id"] == "0003") & (frame["visit"] != "v1")
    frame.loc[gap | gone, "y"] = np.nan
    ice = pd.DataFrame({"id": ["0003"], "visit": ["v2"]})
    model = MMRM("y ~ base + arm*visit", frame, subject="id", visit="visit")
    options: dict[str, Any] = {"reference": "P", "ice": ice, "method": "bootstrap", "m": 2}
    plain = impute(model, **options).imputations.set_index(["id", "visit"])["value"]
    moved = impute(model, delta=10.0, dlag=[1, 1], **options).imputations.set_index(["id", "visit"])["value"]
    everywhere = impute(model, delta=10.0, **options).imputations.set_index(["id", "visit"])["value"]
    added = (moved - plain).round(9)
    assert added.to_dict() == {("0001", "v1"): 0.0, ("0003", "v2"): 10.0, ("0003", "v3"): 20.0}
    assert (everywhere - plain).round(9).tolist() == [10.0] * 3
