"""Names of at most eight letters: readable, unlike each other, and the same whatever columns come after them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.exports.labelled.rules import XPT5
from app.exports.labelled.sas import short_names
from app.exports.shapes import SHAPES


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["site", "value"], ["SITE", "VALUE"]),
        (["base_why"], ["BASE_WHY"]),
        (["given_on"], ["GIVEN_ON"]),
        (["value_why"], ["VALUEWHY"]),  # without joints
        (["participant"], ["PRTCPNT"]),  # without vowels
        (["instrument_version"], ["INSTVRSN"]),  # the beginnings of its words
        (["after_baseline_end"], ["AFTRBSEN"]),
        (["score", "Score"], ["SCORE", "SCORE2"]),
        (["participant", "prtcpnt", "Participant"], ["PRTCPNT", "PRTCPNT2", "PRTCPNT3"]),
        (["abcdefgh", "ABCDEFGH"], ["ABCDEFGH", "ABCDEFG2"]),
        (["_n_"], ["_N_2"]),  # a word of SAS
        ([f"bbbbbbbbb{place}" for place in range(10)],
         ["BBBBBBBB", *(f"BBBBBBB{place}" for place in range(2, 10)), "BBBBBB10"]),
    ],
)  # fmt: skip
def test_short_names(names: list[str], short: list[str]) -> None:
    assert list(short_names(names).values()) == short


@given(st.lists(st.from_regex(r"[a-z][a-z0-9_]{0,30}", fullmatch=True), unique=True, max_size=40))
def test_whatever_the_columns_are_called_their_short_names_differ_and_are_names(names: list[str]) -> None:
    short = list(short_names(names).values())
    assert len(set(short)) == len(names)
    assert [name for name in short if len(name) > 8 or not XPT5.names.fullmatch(name)] == []


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_a_new_column_renames_none_before_it(shape: object) -> None:
    names = list(shape.names)  # type: ignore[attr-defined]
    assert list(short_names([*names, "participants"]).items())[: len(names)] == list(short_names(names).items())
