"""Forms and JSON documents become answers, or problems; never a traceback."""

from decimal import Decimal

import pytest

from app.instruments import BadAnswers, check_answers
from app.instruments.answer_reading import read_form, read_json


def test_numerals_of_a_form_become_numbers() -> None:
    assert read_form("nrs_lbp", [("now", "6"), ("worst", " 8 "), ("usual", "")]) == {"now": 6, "worst": 8, "usual": ""}


@pytest.mark.parametrize("text", ["37,5", "37.5"])
def test_decimal_comma_and_point_are_read_alike(text: str) -> None:
    assert read_form("wpai_shp", [("hours_worked", text)]) == {"hours_worked": Decimal("37.5")}


def test_text_of_a_form_stays_text() -> None:
    assert read_form("medication", [("other_text", "12")]) == {"other_text": "12"}
    assert read_form("sick_leave", [("since", "2019-03-01")]) == {"since": "2019-03-01"}


@pytest.mark.parametrize("text", ["6.0", "6,5", "six", "٦", "1e1", "0x6", "6 6", "NaN", "9" * 5000])
def test_what_is_no_numeral_is_left_for_the_check_to_name(text: str) -> None:
    raw = read_form("nrs_lbp", [("now", text)])
    assert raw == {"now": text}
    assert [problem.message_key for problem in check_answers("nrs_lbp", raw).problems] == ["not_whole"]


def test_an_unknown_field_is_left_for_the_check_to_name() -> None:
    raw = read_form("nrs_lbp", [("later", "6")])
    assert [problem.message_key for problem in check_answers("nrs_lbp", raw).problems] == ["unknown_item"]


def test_an_item_answered_twice_is_named_even_if_alike() -> None:
    for raw in (
        read_form("nrs_lbp", [("now", "6"), ("now", "6"), ("now", "7")]),
        read_json("nrs_lbp", '{"now": 6, "now": 6}'),
    ):
        (problem,) = check_answers("nrs_lbp", raw).problems
        assert (problem.item, problem.message_key) == ("now", "given_twice")


def test_json_keeps_decimals_exact() -> None:
    assert read_json("wpai_shp", b'{"hours_worked": 37.5}') == {"hours_worked": Decimal("37.5")}


@pytest.mark.parametrize(
    "document",
    [
        "", "nonsense", "[]", "5", "null", '{"now": NaN}', '{"now": Infinity}', '{"now": 6', b"\xff\xfe{}",
        "[" * 100_000, '{"now":' * 100_000, '{"now": ' + "9" * 10_000 + "}",
    ],
)  # fmt: skip
def test_json_that_cannot_be_read_is_refused(document: str | bytes) -> None:
    with pytest.raises(BadAnswers, match="one JSON object of item and value"):
        read_json("nrs_lbp", document)


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1e999999", "3.5"])
def test_a_monstrous_number_is_named_by_the_check(number: str) -> None:
    raw = read_json("wpai_shp", f'{{"activity": {number}}}')
    assert [problem.item for problem in check_answers("wpai_shp", raw).problems] == ["activity"]
