"""A whole visit's answers: what is wrong, what is missing, the one canonical text, the rows that are kept."""

import hashlib
import json
from datetime import date
from decimal import Decimal

import pytest

from app.instruments import instrument
from app.responses.checking import CheckedVisit, NewAnswer, NotAnswered, VisitAnswers, check_visit, wrong_dates

EMPTY: VisitAnswers = {}
TODAY = date(2026, 5, 14)


def checked(*codes: str, **answers: dict[str, object]) -> CheckedVisit:
    return check_visit("d7", map(instrument, codes), answers, TODAY)


@pytest.mark.parametrize(
    ("answers", "problems"),
    [
        ({}, []),
        ({"nrs_leg": {"leg": 5}}, []),
        ({"nrs_leg": {"leg": 11}}, [("nrs_leg", "leg")]),
        ({"nrs_leg": {"leg": -1}}, [("nrs_leg", "leg")]),
        ({"nrs_leg": {"leg": "5"}}, [("nrs_leg", "leg")]),
        ({"nrs_leg": {"leg": True}}, [("nrs_leg", "leg")]),
        ({"nrs_leg": {"arm": 5}}, [("nrs_leg", "arm")]),
        ({"rand36": {}}, [("rand36", "rand36")]),
        ({"rand36": {}, "odi": {"lifting": 1}}, [("odi", "odi"), ("rand36", "rand36")]),
        ({"sick_leave": {"since": "2026-05-14"}}, []),
        ({"sick_leave": {"since": "2026-05-15"}}, [("sick_leave", "since")]),
        ({"sick_leave": {"since": "0020-05-14"}}, [("sick_leave", "since")]),
        ({"sick_leave": {"employed": 2}, "nrs_leg": {"leg": 11}}, [("nrs_leg", "leg"), ("sick_leave", "employed")]),
    ],
)
def test_whatever_is_wrong_is_named_by_instrument_and_item(
    answers: dict[str, dict[str, object]], problems: list[tuple[str, str]]
) -> None:
    visit = checked("nrs_leg", "sick_leave", **answers)
    assert [(code, problem.item) for code, problem in visit.problems] == problems


@pytest.mark.parametrize(
    ("answers", "missing"),
    [
        ({}, [("nrs_leg", "leg"), ("sick_leave", "employed")]),
        ({"nrs_leg": {"leg": 0}}, [("sick_leave", "employed")]),
        ({"nrs_leg": {"leg": 0}, "sick_leave": {"employed": 0}}, []),
        (
            {"nrs_leg": {"leg": None}, "sick_leave": {"employed": 1}},
            [("nrs_leg", "leg"), ("sick_leave", "days"), ("sick_leave", "on_leave")],
        ),
        (
            {"nrs_leg": {"leg": 0}, "sick_leave": {"employed": 1, "days": 3, "on_leave": 1}},
            [("sick_leave", "percent")],
        ),
        ({"nrs_leg": {"leg": 0}, "sick_leave": {"employed": 1, "days": 3, "on_leave": 0}}, []),
    ],
)
def test_what_is_missing_was_asked_and_required(
    answers: dict[str, dict[str, object]], missing: list[tuple[str, str]]
) -> None:
    assert list(checked("nrs_leg", "sick_leave", **answers).missing) == missing


@pytest.mark.parametrize(
    ("answers", "empty"),
    [
        ({}, True),
        ({"nrs_leg": {}}, True),
        ({"nrs_leg": {"leg": None}}, True),
        ({"medication": {"other_text": ""}}, True),
        ({"nrs_leg": {"leg": 0}}, False),
        ({"medication": {"none": 0}}, False),
    ],
)
def test_a_nought_is_an_answer_and_an_empty_text_is_none(answers: dict[str, dict[str, object]], empty: bool) -> None:
    assert checked("nrs_leg", "medication", **answers).empty is empty


def test_the_canonical_text_is_sorted_without_spaces_and_in_the_patients_letters() -> None:
    visit = checked("nrs_leg", "medication", medication={"other": 1, "other_text": 'blåbær, "te"'}, nrs_leg={"leg": 0})
    kept = json.loads(visit.canonical)
    assert visit.canonical.startswith('{"answers":{"medication":{"anti_inflammatory":null,')
    assert visit.canonical.endswith('"nrs_leg":{"leg":0}},"visit":"d7"}')
    assert '"other_text":"blåbær, \\"te\\""' in visit.canonical
    assert set(kept["answers"]["medication"]) == {item.code for item in instrument("medication").items}
    assert visit.sha256 == hashlib.sha256(visit.canonical.encode()).hexdigest()


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ({"leg": 5}, {"leg": 5}, True),
        ({"leg": 5}, {"leg": 6}, False),
        ({"leg": 5}, {}, False),
        ({}, {"leg": None}, True),
    ],
)
def test_the_same_answers_are_the_same_text(first: dict[str, object], second: dict[str, object], same: bool) -> None:
    assert (checked("nrs_leg", nrs_leg=first).sha256 == checked("nrs_leg", nrs_leg=second).sha256) is same


def test_another_visit_is_another_text() -> None:
    instruments = (instrument("nrs_leg"),)
    assert check_visit("d7", instruments, EMPTY, TODAY).sha256 != check_visit("d14", instruments, EMPTY, TODAY).sha256


@pytest.mark.parametrize(
    ("years", "kept", "written"),
    [
        (Decimal("12"), 12, "12"),
        (Decimal("12.0"), 12, "12"),
        (Decimal("2.50"), "2.5", "2.5"),
        (Decimal("0.0"), 0, "0"),
        (12, 12, "12"),
        (Decimal("2E+1"), 20, "20"),
    ],
)
def test_a_decimal_has_one_form_in_text_and_row(years: object, kept: object, written: str) -> None:
    visit = checked("background", background={"pain_years": years})
    assert not visit.problems
    assert json.loads(visit.canonical)["answers"]["background"]["pain_years"] == kept
    (row,) = [row for row in visit.rows() if row.item == "pain_years"]
    assert (row.value, row.missing_reason) == (written, None)


def test_there_is_a_row_for_every_item_numbered_through_the_visit() -> None:
    visit = checked("sick_leave", "nrs_leg", sick_leave={"employed": 0}, nrs_leg={"leg": 7})
    away = NotAnswered.NOT_APPLICABLE
    assert visit.rows() == [
        NewAnswer("sick_leave", "employed", 1, "0", None),
        NewAnswer("sick_leave", "days", 2, None, away),
        NewAnswer("sick_leave", "on_leave", 3, None, away),
        NewAnswer("sick_leave", "percent", 4, None, away),
        NewAnswer("sick_leave", "since", 5, None, away),
        NewAnswer("nrs_leg", "leg", 6, "7", None),
    ]


@pytest.mark.parametrize(
    ("answers", "reasons"),
    [
        ({}, {"employed": "skipped", "days": "not_applicable", "on_leave": "not_applicable"}),
        ({"employed": 0}, {"days": "not_applicable", "on_leave": "not_applicable", "percent": "not_applicable"}),
        ({"employed": 1}, {"days": "skipped", "on_leave": "skipped", "percent": "not_applicable"}),
        ({"employed": 1, "on_leave": 0}, {"days": "skipped", "percent": "not_applicable", "since": "not_applicable"}),
        ({"employed": 1, "on_leave": 1}, {"days": "skipped", "percent": "skipped", "since": "skipped"}),
    ],
)
def test_an_absent_value_was_skipped_or_never_asked(answers: dict[str, object], reasons: dict[str, str]) -> None:
    rows = {row.item: row.missing_reason for row in checked("sick_leave", sick_leave=answers).rows()}
    assert {item: rows[item] for item in reasons} == reasons


@pytest.mark.parametrize(
    ("answers", "faults"),
    [
        ({}, []),
        ({"since": "2026-05-14"}, []),
        ({"since": None}, []),
        ({"since": "2026-05-15"}, ["too_late"]),
        ({"since": "0020-05-14"}, ["too_early"]),
        ({"since": "14 May"}, ["not_a_date"]),
        ({"percent": 1000, "days": "4x", "since": "2026-05-14"}, []),  # numbers may be half typed
    ],
)
def test_of_answers_under_way_only_the_dates_are_looked_at(answers: dict[str, object], faults: list[str]) -> None:
    questionnaires = [instrument("nrs_leg"), instrument("sick_leave")]
    problems = wrong_dates(questionnaires, {"sick_leave": answers, "nrs_leg": {"leg": 99}}, TODAY)
    assert [(code, problem.item, problem.fault) for code, problem in problems] == [
        ("sick_leave", "since", fault) for fault in faults
    ]
