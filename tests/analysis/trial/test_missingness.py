"""What is missing, by visit, reason and pattern, hand-counted."""

import numpy as np
import pandas as pd

from app.analysis.trial.missingness import NO_REASON, missing_by_visit, missing_patterns
from tests.analysis.tables import cells


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
