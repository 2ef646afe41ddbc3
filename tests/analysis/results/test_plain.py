"""What JSON can hold of a record, value by value."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.analysis.results.record import data_sha256, plain, to_json, versions

PLAIN: list[tuple[Any, Any]] = [
    (1, 1),
    (np.int64(3), 3),
    (1.5, 1.5),
    (np.float64(2.5), 2.5),
    (True, True),
    (np.bool_(False), False),
    (None, None),
    ("text", "text"),
    (float("nan"), None),
    (np.float64("nan"), None),
    (float("inf"), "Infinity"),
    (float("-inf"), "-Infinity"),
    ((1, 2), [1, 2]),
    ([1, (2, [3])], [1, [2, [3]]]),
    (np.array([[1.0, np.nan], [np.inf, 2.0]]), [[1.0, None], ["Infinity", 2.0]]),
    (np.array([True, False]), [True, False]),
    ({1: {"a": np.int64(2)}}, {"1": {"a": 2}}),
    (pd.DataFrame({"x": [1.0, np.nan], "name": ["a", "b"]}), [{"x": 1.0, "name": "a"}, {"x": None, "name": "b"}]),
    (pd.Timestamp("2026-03-01"), "2026-03-01 00:00:00"),
]


@pytest.mark.parametrize(("value", "expected"), PLAIN)
def test_a_value_becomes_json_s_own(value: Any, expected: Any) -> None:
    result = plain(value)
    assert result == expected
    assert type(result) is type(expected)
    assert json.loads(to_json({"value": value})) == {"value": expected}


def test_the_hash_is_of_the_values_whatever_the_order_of_the_columns() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    assert data_sha256(frame) == data_sha256(frame[["b", "a"]])
    assert data_sha256(frame) == data_sha256(frame.set_axis([7, 8]))
    assert data_sha256(frame) != data_sha256(frame.iloc[::-1])
    assert data_sha256(frame) != data_sha256(frame.rename(columns={"a": "c"}))
    assert len(data_sha256(frame)) == 64


def test_versions_are_those_of_what_is_installed() -> None:
    assert set(versions(["numpy", "no-such-package"])) == {"python", "numpy"}
    assert versions(["numpy"])["numpy"] == np.__version__
