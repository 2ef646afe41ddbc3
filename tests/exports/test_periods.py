"""The baseline of each period of a cross-over: which it is, what is compared with it, and why there is none."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.exports.dataset import dataset
from app.exports.periods import VisitPeriod, newest_periods, visit_periods
from app.exports.standards.adam import scores
from app.exports.standards.trial import StandardTrial
from app.exports.tables import Dataset
from app.messages.outlook.noting import note_event
from app.participants.models import EventState, Participant
from tests.exports.builders import ODI, answered, plain_score, visit
from tests.factories import NOW, enrolled_by, installed, participant
from tests.studies.protocol.second import FLARES, SECOND, read, second

DAY = timedelta(days=1)
PERIODS = "baseline: {periods: {surgery: {visit: start}, second: {visit: washed-out}}}\n"
EVENT = 'events:\n  second: {title: {en: The second period}, hour: "08:00"}\n'
VISITS = """\
  - {code: washed-out, after: second, opens: -3d, closes: 0, minutes: 1, instruments: [odi]}
  - {code: week, after: [surgery, second], day: 7, closes: 7d, minutes: 1, instruments: [odi]}
  - {code: greeting, after: enrolment, closes: 7d, minutes: 1, instruments: [odi]}
"""
CROSSOVER = second(
    ("anchor: surgery\n", f"anchor: surgery\n{PERIODS}"), ("events:\n", EVENT), (FLARES, FLARES + VISITS)
)
ODI_VISITS = ("greeting", "start", "week-a", "washed-out", "week-b")
GAVE_NONE = "gave none"
"""Answered, and of no value."""
Given = Mapping[str, object]
Told = tuple[object, object, object]
NO_PERIOD, FIRST, SECOND_PERIOD = (None, None, "no_period"), (40, None, None), (50, None, None)
UNANSWERED = (None, None, "not_answered")

CASES: list[tuple[Given, dict[str, Told]]] = [
    # what was answered at which visit; of each visit its base, its change, and why there is no base
    (
        {"greeting": 10, "start": 40, "week-a": 30, "washed-out": 50, "week-b": 45},
        {"greeting": NO_PERIOD, "start": FIRST, "week-a": (40, -10, None),
         "washed-out": SECOND_PERIOD, "week-b": (50, -5, None)},
    ),
    (  # without the second base the first period is compared, the second is not, with nothing of the first
        {"greeting": 10, "start": 40, "week-a": 30, "week-b": 45},
        {"greeting": NO_PERIOD, "start": FIRST, "week-a": (40, -10, None),
         "washed-out": UNANSWERED, "week-b": UNANSWERED},
    ),
    (
        {"week-a": 30, "washed-out": 50, "week-b": 45},
        {"greeting": NO_PERIOD, "start": UNANSWERED, "week-a": UNANSWERED,
         "washed-out": SECOND_PERIOD, "week-b": (50, -5, None)},
    ),
    (
        {"start": GAVE_NONE, "week-a": 30, "washed-out": 50},
        {"greeting": NO_PERIOD, "start": (None, None, "no_value"), "week-a": (None, None, "no_value"),
         "washed-out": SECOND_PERIOD, "week-b": SECOND_PERIOD},
    ),
    (
        {},
        {"greeting": NO_PERIOD, "start": UNANSWERED, "week-a": UNANSWERED,
         "washed-out": UNANSWERED, "week-b": UNANSWERED},
    ),
]  # fmt: skip
ASKED_ON = {"greeting": -30, "start": -30, "week-a": -20, "washed-out": -9, "week-b": -1}
"""When each is answered, by days from `NOW`."""


def crossed_over(given: Given) -> Participant:
    """Somebody who began the periods four weeks and eight days ago, and answered this."""
    person = participant(installed(CROSSOVER))
    enrolled_by(person, (NOW - 31 * DAY).date())
    for kind, ago in (("surgery", 28), ("second", 8)):
        note_event(person, kind, EventState.HAPPENED, None, NOW - ago * DAY, NOW)
    for code, value in given.items():
        answers = dict.fromkeys(ODI) if value == GAVE_NONE else ODI
        response = answered(visit(person, code), NOW + ASKED_ON[code] * DAY, answers)
        if value != GAVE_NONE:
            plain_score(response, Decimal(str(value)))
    return person


def exported(given: Given, session: Session) -> Dataset:
    person = crossed_over(given)
    session.commit()
    return dataset(person.study, NOW)


def rows(data: Dataset, table: str, **wanted: Any) -> dict[str, Mapping[str, Any]]:
    """The rows of the ODI, by visit."""
    every = [dict(zip(data.table(table).shape.names, row, strict=True)) for row in data.table(table).rows]
    return {str(row["visit"]): row for row in every if all(row[name] == value for name, value in wanted.items())}


@pytest.mark.parametrize("case", range(len(CASES)))
def test_each_period_is_compared_with_its_own_baseline(case: int, session: Session) -> None:
    given, expected = CASES[case]
    row = rows(exported(given, session), "analysis", outcome="odi")
    assert {code: (row[code]["base"], row[code]["chg"], row[code]["base_why"]) for code in ODI_VISITS} == expected
    of_base = {code for code, each in row.items() if each["baseline"]}
    assert of_base == {code for code in ("start", "washed-out") if given.get(code, GAVE_NONE) != GAVE_NONE}


def test_a_change_in_percent_and_the_day_of_the_baseline_are_those_of_the_period(session: Session) -> None:
    row = rows(exported(CASES[0][0], session), "analysis", outcome="odi")
    changes = {code: (row[code]["pchg"], row[code]["baseline_on"]) for code in ("week-a", "week-b", "greeting")}
    first, later = ((NOW + ASKED_ON[code] * DAY).date() for code in ("start", "washed-out"))
    assert changes == {"week-a": (Decimal(-25), first), "week-b": (Decimal(-10), later), "greeting": (None, None)}


def test_the_scores_mark_the_baseline_of_each_period_and_adam_says_of_which(session: Session) -> None:
    data = exported(CASES[0][0], session)
    flagged = {code: row["baseline"] for code, row in rows(data, "scores", score="odi").items()}
    assert flagged == {code: code in ("start", "washed-out") for code in ODI_VISITS}
    records = {str(row["AVISIT"]): row for row in scores(StandardTrial(data)).records()}
    columns = ("BASE", "CHG", "PCHG", "ABLFL", "BASETYPE")
    assert {code: tuple(row[name] for name in columns) for code, row in records.items()} == {
        "GREETING": (None, None, None, None, None),
        "START": (40, None, None, "Y", "SURGERY"),
        "WEEK-A": (40, -10, -25, None, "SURGERY"),
        "WASHED-OUT": (50, None, None, "Y", "SECOND"),
        "WEEK-B": (50, -5, -10, None, "SECOND"),
    }


def test_a_period_whose_baseline_is_missing_has_none_in_adam(session: Session) -> None:
    records = {str(row["AVISIT"]): row for row in scores(StandardTrial(exported(CASES[1][0], session))).records()}
    assert {code: (row["BASE"], row["CHG"]) for code, row in records.items()} == {
        "GREETING": (None, None), "START": (40, None), "WEEK-A": (40, -10), "WEEK-B": (None, None),
    }  # fmt: skip


def test_a_visit_is_of_the_period_from_which_it_is_counted_or_whose_baseline_it_is() -> None:
    periods = {each.visit: (each.period, each.base_visit) for each in visit_periods({1: read(CROSSOVER)})}
    first, later = ("surgery", "start"), ("second", "washed-out")
    assert {code: periods.get(code) for code in (*ODI_VISITS, "before", "quarter-1", "flare-week")} == {
        "greeting": None, "start": first, "week-a": first, "washed-out": later, "week-b": later,
        "before": first, "quarter-1": first, "flare-week": None,
    }  # fmt: skip


def test_the_newest_version_says_of_which_period_a_visit_is_and_others_say_nothing() -> None:
    other = CROSSOVER.replace(PERIODS, PERIODS.replace("start", "greeting"))
    assert visit_periods({7: read(SECOND)}) == []
    assert VisitPeriod(9, "greeting", "surgery", "greeting") in visit_periods({7: read(SECOND), 9: read(other)})
    assert newest_periods([read(SECOND)]) == {}
    assert newest_periods([read(CROSSOVER), read(other)])["week-a"] == "surgery"


def test_where_periods_have_no_baselines_adam_has_no_column_of_them(session: Session) -> None:
    person = participant(installed(second()))
    session.commit()
    assert "BASETYPE" not in [each.name for each in scores(StandardTrial(dataset(person.study, NOW))).variables]
