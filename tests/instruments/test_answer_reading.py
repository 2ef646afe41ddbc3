"""JSON documents become answers, or problems; never a traceback."""

from decimal import Decimal

import pytest

from app.instruments import BadAnswers, check_answers
from app.instruments.answer_reading import read_json


@pytest.mark.parametrize(
    "document", ['{"now": 6, "now": 6}', '{"now": 6, "now": 7, "now": 6}', '{"now": null, "now": 6}']
)
def test_an_item_answered_twice_is_named_even_if_alike(document: str) -> None:
    (problem,) = check_answers("nrs_lbp", read_json("nrs_lbp", document)).problems
    assert (problem.item, problem.fault) == ("now", "given_twice")


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
