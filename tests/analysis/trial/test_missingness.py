"""What is missing, by visit, reason and pattern, hand-counted."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.analysis.errors import DataError
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


PATTERNS = [
    # outcomes by visit (None: no row at all), the pattern, whether it is dropout only
    ([1.0, 2.0, 3.0], "XXX", True),
    ([1.0, 2.0, np.nan], "XX.", True),
    ([1.0, np.nan, np.nan], "X..", True),
    ([np.nan, np.nan, np.nan], "...", True),
    ([1.0, np.nan, 3.0], "X.X", False),
    ([np.nan, 2.0, 3.0], ".XX", False),
    ([np.nan, 2.0, np.nan], ".X.", False),
    ([1.0, 2.0, None], "XX.", True),
    ([None, None, 3.0], "..X", False),
]


def one_subject(outcomes: list[float | None]) -> pd.DataFrame:
    rows = [("a", f"v{i}", y) for i, y in enumerate(outcomes) if y is not None]
    complete = [("z", f"v{i}", 0.0) for i in range(len(outcomes))]
    frame = pd.DataFrame(rows + complete, columns=["id", "visit", "y"])
    return frame.assign(visit=pd.Categorical(frame["visit"], ["v0", "v1", "v2", "never"]))


@pytest.mark.parametrize(("outcomes", "pattern", "monotone"), PATTERNS)
def test_a_pattern_and_whether_it_is_dropout_only(outcomes: list[float | None], pattern: str, monotone: bool) -> None:
    table = missing_patterns(one_subject(outcomes), subject="id", visit="visit", outcome="y")
    by_pattern = table.set_index("pattern")
    assert pattern in by_pattern.index
    assert by_pattern.loc[pattern, "monotone"] == monotone
    assert by_pattern["subjects"].sum() == 2


def test_the_commonest_pattern_stands_first_and_ties_are_in_a_fixed_order() -> None:
    ends = {"a": 3, "b": 3, "c": 1, "d": 2}
    rows = [(who, f"v{i}", 1.0 if i < end else np.nan) for who, end in ends.items() for i in range(3)]
    frame = pd.DataFrame(rows, columns=["id", "visit", "y"])
    frame["visit"] = pd.Categorical(frame["visit"], ["v0", "v1", "v2"])
    table = missing_patterns(frame, subject="id", visit="visit", outcome="y")
    assert table["pattern"].tolist() == ["XXX", "XX.", "X.."]
    assert table["subjects"].tolist() == [2, 1, 1]


def test_patterns_are_counted_in_each_arm() -> None:
    table = missing_patterns(diary(), subject="id", visit="visit", outcome="y", arm="arm")
    counts = {(row["pattern"], row["arm"]): row["subjects"] for row in table.to_dict("records")}
    assert counts == {("XX", "A"): 1, ("X.", "P"): 1, (".X", "A"): 1}


def test_percent_missing_is_of_the_subjects_and_not_of_the_rows() -> None:
    table = missing_by_visit(diary(), subject="id", visit="visit", outcome="y").set_index("visit")
    assert table["percent_missing"].tolist() == pytest.approx([100 / 3, 100 / 3])
    assert list(table.columns) == ["subjects", "observed", "missing", "percent_missing"]


def test_numbered_visits_stand_in_their_order() -> None:
    frame = diary().assign(visit=[0, 154, 0, 154, 154])
    assert missing_by_visit(frame, subject="id", visit="visit", outcome="y")["visit"].tolist() == [0, 154]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"outcome": "z"}, "Column z is not in the data"),
        ({"outcome": "y", "arm": "ward"}, "Column ward is not in the data"),
        ({"outcome": "y", "reason": "cause"}, "Column cause is not in the data"),
    ],
)
def test_a_column_that_is_absent_is_named(options: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=words):
        missing_by_visit(diary(), subject="id", visit="visit", **options)
