"""What follows from which event: each flare has its visits, conditions hold or not, sites have their own."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.database import db
from app.core.problems import BadInput, Conflict
from app.messages.outlook.amending import coming_changes, move
from app.messages.outlook.correcting import correct
from app.messages.outlook.noting import note_event
from app.participants.correcting import EventCorrection, RecordCorrection
from app.participants.events import anchor, note_enrolment
from app.participants.models import Event, EventState, Participant
from app.schedule.models import Assessment
from app.schedule.planning import plan, plan_all
from app.studies.models import Protocol
from tests.factories import NOW, enrolled_by, installed, participant, submitted, visit
from tests.studies.protocol.second import FLARES, SECOND, second, with_visit

PERIODS = "period, after: [surgery, switch], every: 1w, until: 4w"
OSLO = ZoneInfo("Europe/Oslo")
TODAY = NOW.date()
HAPPENED, PLANNED, CANCELLED = EventState.HAPPENED, EventState.PLANNED, EventState.CANCELLED


@pytest.fixture
def protocol(session: Session) -> Protocol:
    return installed(SECOND)


@pytest.fixture
def person(protocol: Protocol) -> Participant:
    return participant(protocol)


def codes(someone: Participant, *, of: str = "") -> list[str]:
    """Her visits whose code begins so, in the order in which they open."""
    query = select(Assessment.visit).where(Assessment.participant_id == someone.id, Assessment.visit.startswith(of))
    return list(db.session.scalars(query.order_by(Assessment.opens_at, Assessment.id)))


def at(on: date, hour: int = 10) -> datetime:
    return datetime(on.year, on.month, on.day, hour, tzinfo=OSLO).astimezone(UTC)


def opens_on(someone: Participant, code: str) -> date:
    return visit(someone, code).opens_at.astimezone(OSLO).date()


def test_enrolment_dates_itself_and_its_visits_come_without_anybody_saying_so(
    session: Session, person: Participant
) -> None:
    assert [(event.kind, event.state, event.on) for event in person.events] == [("enrolment", HAPPENED, TODAY)]
    assert plan_all(NOW) == 1
    assert codes(person) == ["start"]
    assert plan_all(NOW) == 0


def test_a_flare_opens_its_visits_each_time(person: Participant) -> None:
    for days_ago in (9, 3):
        enrolled_by(person, TODAY - timedelta(days=9))
        note_event(person, "flare", HAPPENED, None, at(TODAY - timedelta(days=days_ago)), NOW)
    assert codes(person, of="flare") == ["flare-week.1", "flare-week.2"]
    assert opens_on(person, "flare-week.1") == TODAY - timedelta(days=2)
    assert opens_on(person, "flare-week.2") == TODAY + timedelta(days=4)


def test_a_flare_that_is_noted_late_moves_none_of_the_others(person: Participant) -> None:
    enrolled_by(person, TODAY - timedelta(days=30))
    for days_ago in (3, 20):
        note_event(person, "flare", HAPPENED, None, at(TODAY - timedelta(days=days_ago)), NOW)
    assert opens_on(person, "flare-week.1") == TODAY + timedelta(days=4)
    assert opens_on(person, "flare-week.2") == TODAY - timedelta(days=13)


def test_a_planned_flare_that_is_called_off_takes_its_own_visits_along_and_keeps_its_number(
    person: Participant,
) -> None:
    for days in (5, 10):
        note_event(person, "flare", PLANNED, TODAY + timedelta(days=days), None, NOW)
    note_event(person, "flare", CANCELLED, TODAY + timedelta(days=5), None, NOW)
    assert codes(person, of="flare") == ["flare-week.2"]
    note_event(person, "flare", PLANNED, TODAY + timedelta(days=30), None, NOW)
    assert codes(person, of="flare") == ["flare-week.2", "flare-week.3"]


def test_an_event_that_is_corrected_moves_its_own_visits_alone(person: Participant) -> None:
    enrolled_by(person, TODAY - timedelta(days=9))
    for days_ago in (9, 3):
        note_event(person, "flare", HAPPENED, None, at(TODAY - timedelta(days=days_ago)), NOW)
    right = EventCorrection("flare", TODAY - timedelta(days=9), HAPPENED, at=at(TODAY - timedelta(days=7)))
    effect = correct(person, RecordCorrection(event=right), "It was two days later.", NOW)
    assert [change.visit for change in effect.visits] == ["flare-week.1"]
    assert opens_on(person, "flare-week.1") == TODAY


def test_a_corrected_day_of_enrolment_moves_what_follows_it(person: Participant) -> None:
    plan(person, NOW)
    correct(person, RecordCorrection(enrolled_on=TODAY - timedelta(days=2)), "Typed the wrong day.", NOW)
    assert opens_on(person, "start") == TODAY - timedelta(days=2)
    assert [event.on for event in person.events if event.kind == "enrolment"] == [TODAY - timedelta(days=2)]


def test_what_happens_once_is_moved_while_planned_and_not_noted_twice(person: Participant) -> None:
    note_event(person, "surgery", PLANNED, TODAY + timedelta(days=7), None, NOW)
    note_event(person, "surgery", PLANNED, TODAY + timedelta(days=9), None, NOW)
    assert opens_on(person, "morning-1") == TODAY + timedelta(days=10)
    later = NOW + timedelta(days=9, hours=4)
    note_event(person, "surgery", HAPPENED, None, later, later)
    with pytest.raises(Conflict, match="recorded already"):
        note_event(person, "surgery", HAPPENED, None, later, later)


@pytest.mark.parametrize("act", [HAPPENED, PLANNED])
def test_enrolment_is_not_noted_by_hand(person: Participant, act: EventState) -> None:
    with pytest.raises(BadInput, match="Enrolment dates itself"):
        note_event(person, "enrolment", act, TODAY, at(TODAY, 7), NOW)
    wrong = RecordCorrection(event=EventCorrection("enrolment", TODAY, CANCELLED))
    with pytest.raises(BadInput, match="correct the day of enrolment"):
        correct(person, wrong, "She was never enrolled.", NOW)


def test_an_event_of_which_only_the_day_is_known_counts_from_its_hour(person: Participant) -> None:
    noted = note_event(person, "surgery", HAPPENED, TODAY, None, NOW)
    assert noted.event.at == datetime(2026, 3, 2, 7, 0, tzinfo=UTC), "08:00 in Oslo"
    assert visit(person, "before").closes_at == noted.event.at


def test_a_planned_event_of_a_day_closes_its_window_at_its_hour(person: Participant) -> None:
    note_event(person, "surgery", PLANNED, date(2026, 4, 7), None, NOW)
    assert visit(person, "before").closes_at == datetime(2026, 4, 7, 6, 0, tzinfo=UTC)


def test_an_event_without_an_hour_of_its_own_is_noted_with_its_time(person: Participant) -> None:
    with pytest.raises(BadInput, match="Say at what time it happened"):
        note_event(person, "flare", HAPPENED, TODAY, None, NOW)


CONDITIONS = [
    # the condition; whether the visit is asked before surgery, and when it has happened
    ("happened: surgery", False, True),
    ("not_happened: surgery", True, False),
    ("happened: surgery, not_happened: flare", False, True),
    ("happened: flare", False, False),
]


@pytest.mark.parametrize(("condition", "before", "after"), CONDITIONS)
def test_a_visit_under_a_condition_is_asked_while_it_holds(
    session: Session, condition: str, before: bool, after: bool
) -> None:
    person = participant(
        installed(with_visit(f"code: x, after: enrolment, only_if: {{{condition}}}, day: 9, window: short"))
    )
    plan(person, NOW)
    assert ("x" in codes(person)) is before
    note_event(person, "surgery", HAPPENED, None, NOW, NOW)
    assert ("x" in codes(person)) is after


def test_a_visit_whose_condition_ends_while_it_is_answered_is_cancelled_and_its_answer_stays(session: Session) -> None:
    text = with_visit("code: x, after: enrolment, only_if: {not_happened: surgery}, window: short")
    begun, answered = (participant(installed(text)) for _ in range(2))
    for someone in (begun, answered):
        plan(someone, NOW)
    visit(begun, "x").opened_at = NOW - timedelta(minutes=5)
    submitted(visit(answered, "x"), NOW - timedelta(minutes=5))
    for someone in (begun, answered):
        note_event(someone, "surgery", HAPPENED, None, NOW, NOW)
    assert visit(begun, "x").cancelled_at == NOW
    assert (visit(answered, "x").cancelled_at, visit(answered, "x").submitted_at) == (None, NOW - timedelta(minutes=5))


def test_a_visit_of_one_site_is_asked_there_alone_and_moves_with_a_change_of_site(session: Session) -> None:
    protocol = installed(with_visit('code: x, after: enrolment, sites: ["02"], window: short'))
    first, other = participant(protocol, "01"), participant(protocol, "02")
    for someone in (first, other):
        plan(someone, NOW)
    assert (codes(first), codes(other)) == (["start"], ["start", "x"])
    correct(first, RecordCorrection(site=other.site), "She moved to the other town.", NOW)
    assert codes(first) == ["start", "x"]


def test_a_cross_over_asks_the_same_in_each_period(session: Session) -> None:
    text = second(
        ("flare: {title: {en: Flare}, recurs: true}", 'switch: {title: {en: Second period}, hour: "08:00"}'),
        (FLARES, FLARES.replace("flare-week, after: flare, day: 1w", PERIODS)),
    )
    person = participant(installed(text))
    note_event(person, "surgery", HAPPENED, TODAY, None, NOW)
    assert codes(person, of="period") == [f"period-a-{week}" for week in range(1, 5)]
    note_event(person, "switch", PLANNED, TODAY + timedelta(weeks=6), None, NOW)
    assert codes(person, of="period") == [f"period-{p}-{week}" for p in "ab" for week in range(1, 5)]
    assert opens_on(person, "period-b-1") == TODAY + timedelta(weeks=7)


def test_a_participant_who_moves_to_another_version_has_the_visits_of_that(session: Session) -> None:
    text = SECOND.replace('version: "1"', 'version: "2"')
    person = participant(installed(SECOND))
    note_event(person, "surgery", PLANNED, TODAY + timedelta(days=9), None, NOW)
    newer = installed(text.replace("every: 3m, until: 5y", "every: 6m, until: 5y"))
    assert any(change.visit == "quarter-2" for change in coming_changes(person.study, newer.plan, NOW))
    dropped = move(person, newer, NOW)
    assert dropped == sorted(f"quarter-{n}" for n in range(11, 21))
    day_0 = anchor(person)
    assert day_0 is not None
    assert day_0.kind == "surgery"


def test_noting_enrolment_again_changes_no_row(session: Session, person: Participant) -> None:
    note_enrolment(person, NOW + timedelta(days=1))
    events = session.scalars(select(Event).where(Event.participant_id == person.id).order_by(Event.id)).all()
    assert [(event.kind, event.recorded_at) for event in events] == [("enrolment", NOW)]
