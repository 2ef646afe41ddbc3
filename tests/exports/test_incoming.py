"""What the database counts of answers as they come in is what the export's rows say, one by one."""

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.accounts.roles import Permission
from app.exports import incoming
from app.exports.incoming import Curve, absences, curve, randomised, remaining, weeks
from app.exports.queries import visits
from app.schedule.compliance import LAST_DAY_COUNTED, compliance
from app.schedule.models import ANSWERED
from app.studies.access import Scope
from app.studies.installing import site
from app.studies.models import Study
from tests.exports.builders import ODI, answered, take_part, texted, visit
from tests.exports.conftest import NOW

LATER = NOW + timedelta(days=400)
INSTANTS = [NOW - timedelta(days=20), NOW, NOW + timedelta(days=3), LATER]


def scope(study: Study, *codes: str) -> Scope:
    """The whole study, or these sites of it."""
    ids = tuple(site(study, code).id for code in codes or ("01", "02", "03", "04", "05"))
    return Scope(study, ids, frozenset({Permission.VIEW_COMPLIANCE}), whole=not codes)


def expected(session: Session, study: Study, at: datetime) -> list[Row[Any]]:
    """The export's visits that count: past their grace, and not called off or ended by withdrawal."""
    rows = session.execute(visits.assessments(study, at))
    return [row for row in rows if row.grace_until <= at and row.state in incoming.COUNTED]


@pytest.mark.parametrize("at", INSTANTS)
def test_the_reasons_are_those_of_the_exports_rows(session: Session, study: Study, at: datetime) -> None:
    elsewhere = take_part(study, "001", at="02")
    texted(visit(elsewhere, "d7"))
    session.flush()
    numbers = {(row.visit, row.site, row.reason): row.number for row in absences(scope(study), at)}
    rows = [row for row in expected(session, study, at) if row.reason is not None]
    assert numbers == Counter((row.visit, row.site, row.reason) for row in rows)
    assert numbers


def test_reasons_come_in_the_order_of_days_and_of_my_sites_alone(session: Session, study: Study) -> None:
    take_part(study, "001", at="02")
    mine = absences(scope(study, "02"), LATER)
    assert {row.site for row in mine} == {"02"}
    assert [row.visit for row in mine][:3] == ["d0", "d7", "d14"]
    assert absences(Scope(study, (), frozenset(), whole=False), LATER) == []


@pytest.mark.parametrize("at", INSTANTS)
@pytest.mark.parametrize("zone", ["Europe/Oslo", "Pacific/Auckland", "America/Nuuk"])
def test_a_window_belongs_to_the_week_in_which_it_closed_where_the_study_is(
    session: Session, study: Study, at: datetime, zone: str
) -> None:
    expected_of: Counter[date] = Counter()
    answered_of: Counter[date] = Counter()
    for row in expected(session, study, at):
        closed = row.closes_at.astimezone(ZoneInfo(zone)).date()
        monday = closed - timedelta(days=closed.weekday())
        expected_of[monday] += 1
        answered_of[monday] += row.state in ANSWERED
    assert [(week.monday, week.expected, week.answered) for week in weeks(scope(study), at, zone)] == [
        (monday, number, answered_of[monday]) for monday, number in sorted(expected_of.items())
    ]


def curve_at(study: Study, at: datetime) -> Curve:
    return curve(scope(study), compliance(study, at, scope(study).site_ids).total())


def test_the_curve_counts_each_answer_from_the_day_on_which_it_came(session: Session, study: Study) -> None:
    someone = take_part(study, "020")
    for code, after in (("d7", timedelta(hours=-3)), ("d14", timedelta(hours=23)), ("d21", timedelta(hours=24))):
        assessment = visit(someone, code)
        answered(assessment, assessment.send_at + after, ODI)
    at, counted = LATER, curve_at(study, LATER)
    rows = [row for row in expected(session, study, at) if row.state in ANSWERED]
    assert counted.expected == len(expected(session, study, at))
    assert counted.by_day[-1] == len(rows)
    assert len(counted.by_day) == LAST_DAY_COUNTED + 1
    assert list(counted.by_day) == sorted(counted.by_day)
    before = curve_at(study, visit(someone, "d14").grace_until)
    assert before.by_day[0] - curve_at(study, visit(someone, "d7").grace_until - timedelta(1)).by_day[0] >= 1


def test_reminders_stand_on_the_day_on_which_they_mostly_left(session: Session, study: Study) -> None:
    for number, days in (("021", 2), ("022", 2), ("023", 6)):
        text = texted(visit(take_part(study, number), "d7"), kind="reminder-1")
        assert text.assessment is not None
        text.sent_at = text.assessment.send_at + timedelta(days=days)
    session.flush()
    assert curve_at(study, LATER).reminders == (2,)


def test_what_remains_leaves_out_who_left_and_what_is_past(session: Session, study: Study) -> None:
    assert remaining(scope(study), "d35", NOW) == 2, "the third has withdrawn"
    assert remaining(scope(study), "d35", LATER) == 0
    assert remaining(scope(study), "nothing", NOW) == 0
    assert randomised(scope(study)) == 3
    assert randomised(scope(study, "02")) == 0
