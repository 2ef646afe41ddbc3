"""The numbers of reasons: each its own for good, none that SPSS would not take for missing."""

import pytest

from app.exports.labelled.absence import HIGHEST, LOWEST, NUMBERED, is_reserved, labels, numbers, said
from app.exports.labelled.rules import Unwritable
from app.exports.meanings import NOT_ANSWERED, NOT_SCORED, REASONS


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
    assert {str(code) for codes in (REASONS, NOT_ANSWERED, NOT_SCORED) for code in codes} <= set(NUMBERED)


@pytest.mark.parametrize(
    ("number", "reserved"), [(-999, True), (-900, True), (-950.5, True), (-1000, False), (-899.9, False), (0, False)]
)
def test_the_range_that_spss_takes_for_missing(number: float, reserved: bool) -> None:
    assert is_reserved(number) is reserved


def test_a_label_has_code_and_meaning() -> None:
    assert labels({"missed": "no answer", "odd": ""}) == {1: "missed: no answer", 2: "odd"}
    assert said("a", "b") == "a: b"
