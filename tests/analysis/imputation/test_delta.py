"""What is added to imputed values: by number, visit, arm, or both."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.analysis.errors import AnalysisError
from app.analysis.imputation.delta import shifts
from app.analysis.imputation.patients import Patients

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
