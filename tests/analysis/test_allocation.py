"""The allocation is joined whole, or not at all."""

from typing import Any

import pandas as pd
import pytest

from app.analysis.allocation import allocate
from app.analysis.errors import DataError

DATA = pd.DataFrame({"participant": ["a", "a", "b", "c"], "y": [1.0, 2.0, 3.0, 4.0]})
KEY = pd.DataFrame({"participant": ["c", "a", "b"], "arm": ["X", "Y", "X"]})
LABELS = {"X": "Infliximab", "Y": "Placebo"}


def join(data: pd.DataFrame = DATA, key: pd.DataFrame = KEY, **options: Any) -> pd.DataFrame:
    return allocate(data, key, subject="participant", **({"labels": LABELS, "reference": "Placebo"} | options))


def test_arms_are_joined_with_the_reference_first() -> None:
    joined = join()
    assert list(joined["arm"]) == ["Placebo", "Placebo", "Infliximab", "Infliximab"]
    assert list(joined["arm"].cat.categories) == ["Placebo", "Infliximab"]
    assert "arm" not in DATA.columns


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"key": KEY.iloc[:2]}, "1 of 3 subjects are not in the allocation: b"),
        ({"data": DATA.iloc[:2]}, "names 2 subjects that are not in the data: b, c"),
        ({"key": pd.concat([KEY, KEY.iloc[[0]]])}, "names c more than once"),
        ({"labels": {"X": "Infliximab", "Z": "Placebo"}}, "holds Y; expected X, Z"),
        ({"key": KEY.assign(arm=None)}, "empty arms"),
        ({"reference": "Water"}, "'Water' is not among the arms"),
        ({"key": KEY.rename(columns={"arm": "group"})}, "no column 'arm'"),
        ({"data": DATA.rename(columns={"participant": "id"})}, "data has no column 'participant'"),
    ],
)
def test_what_does_not_match_is_named(options: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=words):
        join(**options)


def test_extra_allocations_may_be_allowed() -> None:
    assert len(join(data=DATA.iloc[:2], allow_extra=True)) == 2
