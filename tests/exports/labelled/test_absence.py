"""The numbers of reasons: each its own for good, none that SPSS would not take for missing."""

import pytest

from app.exports.labelled.absence import HIGHEST, LOWEST, NUMBERED, is_reserved, labels, numbers, said
from app.exports.labelled.rules import Unwritable
from app.exports.labelled.sheets import REASON_COLUMNS
from app.exports.shapes import SHAPES


def tells_why(name: str) -> bool:
    return name in REASON_COLUMNS or name.endswith("_why")


def test_each_reason_has_its_number_whatever_the_others_are() -> None:
    assert numbers(["withdrawn", "not_due"]) == {"withdrawn": -913, "not_due": -901}
    assert numbers(["withdrawn"]) == {"withdrawn": -913}


def test_a_reason_without_a_number_gets_the_next_free_one() -> None:
    first = HIGHEST - 1 - len(NUMBERED)
    assert numbers(["new", "skipped", "newer", "new"]) == {"new": first, "skipped": -909, "newer": first - 1}


def test_more_reasons_than_numbers_are_refused() -> None:
    room = HIGHEST - LOWEST - len(NUMBERED)
    assert min(numbers(f"r{place}" for place in range(room)).values()) == LOWEST
    with pytest.raises(Unwritable, match="more reasons for absence than SPSS has numbers"):
        numbers(f"r{place}" for place in range(room + 1))


def test_no_two_reasons_share_a_number_and_those_of_the_tables_are_numbered() -> None:
    assert len(set(NUMBERED)) == len(NUMBERED)
    telling = [column for shape in SHAPES for column in shape.columns if tells_why(column.name)]
    assert {column.name for column in telling} == {"why", "base_why", "missing_reason"}
    assert [str(code) for column in telling for code in column.codes if code not in NUMBERED] == []


@pytest.mark.parametrize(
    ("number", "reserved"), [(-999, True), (-900, True), (-950.5, True), (-1000, False), (-899.9, False), (0, False)]
)
def test_the_range_that_spss_takes_for_missing(number: float, reserved: bool) -> None:
    assert is_reserved(number) is reserved


def test_a_label_has_code_and_meaning() -> None:
    assert labels({"missed": "no answer", "odd": ""}) == {1: "missed: no answer", 2: "odd"}
    assert said("a", "b") == "a: b"
