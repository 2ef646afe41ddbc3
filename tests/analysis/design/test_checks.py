"""Every reason to refuse data, asked directly: what is refused, what just passes, and the words."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.analysis.design.checks import (
    Dropped,
    aliased_columns,
    check_columns,
    check_frame,
    check_kinds,
    check_levels,
    check_outcome,
    check_rows,
    check_subjects,
    check_unique,
    check_visits,
    complete_rows,
    empty_cells,
)
from app.analysis.errors import DataError, NotEstimable

NAN = float("nan")


def visits(values: Any, **others: Any) -> pd.DataFrame:
    return pd.DataFrame({"id": ["a"] * len(values), "visit": values, **others})


@pytest.mark.parametrize(("data", "kind"), [([1.0], "list"), ({"y": [1.0]}, "dict"), (np.ones(3), "ndarray")])
def test_only_a_data_frame_will_do(data: object, kind: str) -> None:
    with pytest.raises(DataError, match=f"not {kind}"):
        check_frame(data)
    check_frame(pd.DataFrame())


def test_missing_columns_are_named_and_those_that_are_there() -> None:
    frame = pd.DataFrame({"y": [1.0], "arm": ["A"]})
    check_columns(frame, ["y", "arm"], "y ~ arm")
    with pytest.raises(DataError, match="Column site, age of 'y ~ site' is not in the data; it has y, arm"):
        check_columns(frame, ["y", "site", "age"], "y ~ site")


def test_a_column_that_occurs_twice_is_refused_only_if_it_is_needed() -> None:
    frame = pd.DataFrame([[1.0, 2.0, 3.0]], columns=["y", "note", "note"])
    check_columns(frame, ["y"], "y ~ 1")
    with pytest.raises(DataError, match="Column note occurs more than once in the data; keep one"):
        check_columns(frame, ["y", "note"], "y ~ note")


OUTCOMES: list[tuple[Any, str]] = [
    # values, and what to do to make them an outcome; nothing where they are one
    ([1, 2, 3], ""),
    ([1.5, NAN, 2.0], ""),
    (pd.array([1, None, 3], dtype="Int64"), ""),
    (pd.array([1.5, None], dtype="Float64"), ""),
    ([True, False], r"convert it with data\['y'\].astype\(float\)"),
    (pd.array([True, None], dtype="boolean"), r"convert it with data\['y'\].astype\(float\)"),
    (["1", "2"], r"convert it with pd.to_numeric\(data\['y'\]\)"),
    (["1", "ill"], r"convert it with pd.to_numeric\(data\['y'\]\)"),
    (["yes", "no"], r"convert it with \(data\['y'\] == 'yes'\).astype\(float\) if it is yes or no"),
    (pd.Categorical([1, 2]), r"convert it with pd.to_numeric\(data\['y'\]\)"),
    ([1 + 2j, 3j], "give its real part or its size"),
    (pd.to_datetime(["2026-01-01"]), "give a number, as days since randomisation"),
]


@pytest.mark.parametrize(("values", "remedy"), OUTCOMES, ids=range(len(OUTCOMES)))
def test_an_outcome_is_a_real_number_or_told_how_to_become_one(values: Any, remedy: str) -> None:
    array = pd.Series(values).array
    if not remedy:
        check_outcome("y", array)
    else:
        with pytest.raises(DataError, match=rf"^The outcome 'y' is not numeric \(.*\); {remedy}\.$"):
            check_outcome("y", array)


@pytest.mark.parametrize(
    ("values", "accepted"),
    [
        (pd.to_datetime(["2026-01-01"]), False),
        (pd.to_datetime(["2026-01-01"], utc=True), False),
        (pd.to_timedelta([3], unit="D"), False),
        ([3.0], True),
        (["2026-01-01"], True),
    ],
)
def test_dates_and_durations_are_no_covariates(values: Any, accepted: bool) -> None:
    arrays = {"when": pd.Series(values).array}
    if accepted:
        check_kinds(arrays)
    else:
        with pytest.raises(DataError, match="Column 'when' holds dates or durations; give a number"):
            check_kinds(arrays)


ONE_OF_X = (Dropped("x missing", 1),)
COMPLETE = [
    # columns, rows kept, what was dropped
    ({"y": [1.0, 2.0]}, [True, True], ()),
    ({"y": [1.0, NAN]}, [True, False], (Dropped("y missing", 1),)),
    ({"y": [NAN, 2.0, 3.0], "x": [NAN, NAN, 1.0]}, [False, False, True], (Dropped("y missing", 1), *ONE_OF_X)),
    ({"y": [1.0, NAN], "x": [1.0, NAN]}, [True, False], (Dropped("y missing", 1),)),
    ({"y": [1.0, 2.0], "arm": pd.Categorical(["A", None])}, [True, False], (Dropped("arm missing", 1),)),
    ({"y": pd.array([1, None], dtype="Int64")}, [True, False], (Dropped("y missing", 1),)),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "keep", "dropped"), COMPLETE)
def test_a_row_counts_as_lost_once_for_the_first_column_that_it_lacks(
    columns: dict[str, Any], keep: list[bool], dropped: tuple[Dropped, ...]
) -> None:
    frame = pd.DataFrame(columns)
    kept, lost = complete_rows({str(name): frame[name].array for name in frame}, frame.index)
    assert kept.tolist() == keep
    assert lost == dropped


def test_no_complete_row_at_all_is_refused() -> None:
    frame = pd.DataFrame({"y": [1.0, NAN], "x": [NAN, 1.0]})
    with pytest.raises(DataError, match="No row is complete in y, x"):
        complete_rows({str(name): frame[name].array for name in frame}, frame.index)


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_an_infinite_value_is_refused_with_its_row(value: float) -> None:
    frame = pd.DataFrame({"y": [1.0, value]}, index=["first", "second"])
    with pytest.raises(DataError, match="Column 'y' is infinite in row second; correct the value or set it missing"):
        complete_rows({"y": frame["y"].array}, frame.index)


ALIASED = [
    # rows of X, columns that earlier ones determine
    ([[1, 0], [1, 1], [1, 2]], []),
    ([[1, 2], [1, 2], [1, 2]], [1]),
    ([[1, 0, 0], [1, 1, 2], [1, 2, 4]], [2]),
    ([[1, 0, 1], [1, 1, 3], [1, 2, 5]], [2]),
    ([[1, 0, 5], [1, 0, 7], [1, 0, 1]], [1]),
    ([[0, 1], [0, 2], [0, 3]], [0]),
    ([[1, 1, 1, 0], [1, 0, 0, 1], [1, 1, 1, 3], [1, 0, 0, 7]], [2]),
    ([[1, 2, 3]], [1, 2]),
    ([[1e-8, 0], [1e-8, 1e8], [1e-8, 2e8]], []),
]


@pytest.mark.parametrize(("rows", "aliased"), ALIASED)
def test_columns_that_others_determine_are_found_whatever_their_units(
    rows: list[list[float]], aliased: list[int]
) -> None:
    assert aliased_columns(np.array(rows, float)) == aliased


@pytest.mark.parametrize(("apart", "aliased"), [(1e-7, []), (1e-11, [1])])
def test_a_copy_up_to_rounding_is_a_copy(apart: float, aliased: list[int]) -> None:
    x = np.linspace(1, 2, 20)
    assert aliased_columns(np.column_stack([x, x + apart * np.cos(7 * x)])) == aliased


@pytest.mark.parametrize(("rows", "accepted"), [(2, False), (3, True)])
def test_more_rows_than_coefficients_are_needed(rows: int, accepted: bool) -> None:
    X = np.column_stack([np.ones(rows), np.arange(float(rows))])
    if accepted:
        check_rows(X)
    else:
        with pytest.raises(NotEstimable, match="2 rows cannot carry 2 coefficients; simplify the formula"):
            check_rows(X)


@pytest.mark.parametrize(("levels", "accepted"), [(("A",), False), (("A", "B"), True)])
def test_a_factor_needs_two_levels(levels: tuple[str, ...], accepted: bool) -> None:
    if accepted:
        check_levels({"arm": levels})
    else:
        with pytest.raises(DataError, match=r"Factor 'arm' has one level \(A\) in the rows with data"):
            check_levels({"arm": levels})


@pytest.mark.parametrize(
    ("factors", "cells"),
    [
        (["arm", "visit"], ["arm = A and visit = v2"]),
        (["visit", "arm"], ["visit = v2 and arm = A"]),
        (["arm", "visit", "sex"], ["arm = A and visit = v1 and sex = m", "arm = A and visit = v2 and sex = f"]),
        (["arm"], []),
        ([], []),
    ],
)
def test_the_combinations_that_no_row_has_are_named(factors: list[str], cells: list[str]) -> None:
    columns = {"arm": list("PPPAP"), "visit": ["v1", "v2", "v2", "v1", "v1"], "sex": list("fmffm")}
    frame = pd.DataFrame({name: pd.Categorical(values, sorted(set(values))) for name, values in columns.items()})
    assert empty_cells(frame, factors)[: len(cells)] == cells
    assert bool(empty_cells(frame, factors)) == bool(cells)


def test_subjects_must_be_named_in_every_row() -> None:
    check_subjects(pd.DataFrame({"id": ["a", "b"]}), "id")
    with pytest.raises(DataError, match=r"Column 'pid' \(subject\) is not in the data; it has id"):
        check_subjects(pd.DataFrame({"id": ["a"]}), "pid")
    with pytest.raises(DataError, match="Subject 'id' is missing in row 1; fill it or drop the rows"):
        check_subjects(pd.DataFrame({"id": ["a", None]}), "id")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (pd.Categorical(["v1", "v2"]), ""),
        ([1, 2], ""),
        ([0.5, 1.5], ""),
        (["v1", "v2"], "The order of the visits in 'visit' is unknown"),
        (pd.Categorical(["v1", None]), "Visit 'visit' is missing in row 1"),
        ([1.0, NAN], "Visit 'visit' is missing in row 1"),
    ],
)
def test_visits_must_have_an_order_and_be_there(values: Any, words: str) -> None:
    if not words:
        check_visits(visits(values), "visit")
    else:
        with pytest.raises(DataError, match=words):
            check_visits(visits(values), "visit")


def test_a_column_of_visits_that_is_absent_is_named() -> None:
    with pytest.raises(DataError, match=r"Column 'week' \(visit\) is not in the data; it has id, visit"):
        check_visits(visits([1]), "week")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("a", 1), ("a", 2), ("b", 1)], ""),
        ([("a", 1), ("a", 1)], "a at 1 occurs more than once (rows 0, 1); keep one row of each"),
        ([("a", 1), ("b", 1), ("a", 1), ("b", 1)], "a at 1, b at 1 occurs more than once (rows 0, 1, 2, 3)"),
    ],
)
def test_a_subject_has_one_row_at_a_visit(rows: list[tuple[str, int]], words: str) -> None:
    frame = pd.DataFrame(rows, columns=["id", "visit"])
    if not words:
        check_unique(frame, "id", "visit")
    else:
        with pytest.raises(DataError, match=re.escape(words)):
            check_unique(frame, "id", "visit")
