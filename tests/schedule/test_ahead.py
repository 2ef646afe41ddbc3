"""The week ahead: each turning of a visit on the day of whoever is asked."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app.participants.models import Participant
from app.schedule.ahead import Turning, coming_up, week_ahead
from app.schedule.models import Assessment
from app.studies.models import Site
from app.studies.states import StudyState
from tests.factories import NOW, backtobasic, infused, oslo, participant, planned, submitted, visit

FAR = datetime(2027, 1, 1, tzinfo=UTC)


def turning(what: Turning, at: datetime, zone: str = "Europe/Oslo", now: datetime = NOW) -> list[tuple[date, str]]:
    """The lines of a visit of which this alone comes up now: its day and its hour, if it has one."""
    ends = {"opens_at": NOW - timedelta(days=300), "due_at": FAR - timedelta(days=1), "grace_until": FAR}
    name = {Turning.OPENS: "opens_at", Turning.DUE: "due_at", Turning.LAST_DAY: "grace_until"}[what]
    row = Assessment(participant=Participant(zone=zone), **(ends | {name: at}))
    return [(line.day, f"{line.at:%H:%M}" if line.at else "") for line in coming_up(row, now) if line.what is what]


@pytest.mark.parametrize(
    ("what", "at", "zone", "day", "hour"),
    [
        (Turning.OPENS, "2026-03-01T23:00", "Europe/Oslo", date(2026, 3, 2), ""),
        (Turning.OPENS, "2026-03-08T07:30", "Europe/Oslo", date(2026, 3, 8), "08:30"),
        (Turning.OPENS, "2026-03-08T23:00", "Europe/Oslo", None, ""),  # the eighth day
        (Turning.OPENS, "2026-03-01T22:59", "Europe/Oslo", None, ""),  # yesterday
        (Turning.OPENS, "2026-03-03T00:00", "UTC", date(2026, 3, 3), ""),
        (Turning.OPENS, "2026-03-03T00:00", "Europe/Oslo", date(2026, 3, 3), "01:00"),
        (Turning.DUE, "2026-03-04T23:00", "Europe/Oslo", date(2026, 3, 4), ""),  # the midnight that ends it
        (Turning.DUE, "2026-03-04T11:00", "Europe/Oslo", date(2026, 3, 4), "12:00"),
        (Turning.LAST_DAY, "2026-03-02T23:00", "Europe/Oslo", date(2026, 3, 2), ""),
        (Turning.LAST_DAY, "2026-03-01T23:00", "Europe/Oslo", None, ""),
        (Turning.LAST_DAY, "2026-03-08T23:00", "Europe/Oslo", date(2026, 3, 8), ""),
        (Turning.LAST_DAY, "2026-03-09T23:00", "Europe/Oslo", None, ""),
        (Turning.LAST_DAY, "2026-03-05T11:00", "Pacific/Auckland", date(2026, 3, 5), ""),
    ],
)
def test_what_comes_up_stands_on_the_day_where_she_is(
    what: Turning, at: str, zone: str, day: date | None, hour: str
) -> None:
    lines = turning(what, datetime.fromisoformat(at).replace(tzinfo=UTC), zone)
    assert lines == ([] if day is None else [(day, hour)])


def test_a_day_that_begins_at_one_o_clock_ends_the_day_before_it() -> None:
    skipped = datetime(2026, 9, 6, 4, 0, tzinfo=UTC)  # Chile's clocks go from midnight to one
    assert turning(Turning.LAST_DAY, skipped, "America/Santiago", skipped - timedelta(days=2)) == [
        (date(2026, 9, 5), "")
    ]


def test_a_visit_that_is_due_when_it_ends_is_told_once() -> None:
    end = oslo(date(2026, 3, 5), 0)
    row = Assessment(participant=Participant(zone="Europe/Oslo"), opens_at=NOW, due_at=end, grace_until=end)
    assert [line.what for line in coming_up(row, NOW)] == [Turning.OPENS, Turning.LAST_DAY]


def coming(session: Session, *sites: str) -> list[tuple[str, str]]:
    """Whose visits come up, at these sites."""
    session.flush()
    places = session.query(Site).filter(Site.code.in_(sites)).order_by(Site.code).all()
    lines, more = week_ahead(places[0].study, places, NOW)
    assert not more
    assert lines == sorted(lines, key=lambda line: (line.day, line.visit.participant.code))
    return sorted({(line.visit.participant.code, line.visit.visit) for line in lines})


def test_only_what_still_wants_an_answer_is_listed(session: Session) -> None:
    protocol = backtobasic()
    person, elsewhere = participant(protocol, "01"), participant(protocol, "02")
    for someone in (person, elsewhere):
        planned(someone, date(2026, 3, 3), NOW - timedelta(days=9))
        infused(someone, NOW - timedelta(days=1))
    own = coming(session, "01")
    assert own
    assert {code for code, _ in own} == {person.code}
    assert coming(session, "01", "02") == sorted([*own, *((elsewhere.code, name) for _, name in own)])
    answered = own[0][1]
    submitted(visit(person, answered), NOW)
    assert coming(session, "01") == own[1:]
    person.withdrawn_at = NOW
    assert coming(session, "01") == []
    assert coming(session, "02")
    protocol.study.state = StudyState.LOCKED
    assert coming(session, "02") == []
