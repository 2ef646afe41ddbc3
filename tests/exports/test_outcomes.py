"""What each visit should give: an outcome joins scores over visits, and no two at one visit are taken for one."""

from dataclasses import replace

import pytest

from app.exports.outcomes import AskedInstrument, DueOutcome, asked, due, outcome_names
from app.instruments import Instrument, instrument
from app.instruments.model import ScoreDefinition


def visit(*codes: str) -> dict[str, tuple[Instrument, ...]]:
    return {"v": tuple(map(instrument, codes))}


def renamed(code: str, *scores: tuple[str, str | None]) -> Instrument:
    return replace(instrument("odi"), code=code, scores=tuple(ScoreDefinition(n, outcome=of) for n, of in scores))


def test_what_a_visit_asks_stands_in_its_order() -> None:
    assert asked({7: visit("odi", "background")}) == [
        AskedInstrument(7, "v", 1, "odi"),
        AskedInstrument(7, "v", 2, "background"),
    ]


@pytest.mark.parametrize(
    ("instruments", "expected"),
    [
        (("odi",), [("odi", None, "odi"), ("odi_sum", None, "odi_sum")]),
        (("nrs_lbp",), [("nrs_lbp", None, "nrs_lbp")]),
        (("nrs_lbp_week",), [("nrs_lbp_week", None, "nrs_lbp")]),  # compared with what day 0 asked
        (("nrs_lbp", "nrs_lbp_week"), [("nrs_lbp", None, "nrs_lbp"), ("nrs_lbp_week", None, "nrs_lbp_week")]),
        (("eq5d5l",), [("index", "Norway", "index"), ("vas", None, "vas")]),
        (("background",), []),
        ((), []),
    ],
)
def test_the_outcomes_of_a_visit(instruments: tuple[str, ...], expected: list[tuple[str, str | None, str]]) -> None:
    rows = due({7: visit(*instruments)})
    assert [(row.score, row.value_set, row.outcome) for row in rows] == expected
    assert {(row.protocol_id, row.visit) for row in rows} <= {(7, "v")}
    assert {row.instrument for row in rows} <= set(instruments)


def test_each_version_of_the_protocol_has_its_own() -> None:
    rows = due({1: visit("odi"), 2: visit("nrs_lbp")})
    assert [(row.protocol_id, row.outcome) for row in rows] == [(1, "odi"), (1, "odi_sum"), (2, "nrs_lbp")]
    assert rows[0] == DueOutcome(1, "v", "odi", "odi", None, "odi")


@pytest.mark.parametrize(
    ("instruments", "expected"),
    [
        ([renamed("a", ("total", None))], {("a", "total"): "total"}),
        (
            [renamed("a", ("total", None)), renamed("b", ("total", None))],  # one name, two things
            {("a", "total"): "a.total", ("b", "total"): "b.total"},
        ),
        (
            [renamed("a", ("total", None)), renamed("b", ("total", "pain"))],
            {("a", "total"): "a.total", ("b", "total"): "pain"},
        ),
        (
            [renamed("a", ("pain", None)), renamed("b", ("week", "pain"))],
            {("a", "pain"): "pain", ("b", "week"): "pain"},
        ),
        ([], {}),
    ],
)
def test_an_outcome_has_the_name_that_its_questionnaire_says_or_one_of_its_own(
    instruments: list[Instrument], expected: dict[tuple[str, str], str]
) -> None:
    assert outcome_names(instruments) == expected
