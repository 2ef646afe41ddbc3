"""States exclude each other and add up; a share is of what could be expected, and of nothing else."""

from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.database import db
from app.participants.enrolment import withdraw
from app.participants.models import Participant
from app.schedule import listing
from app.schedule.compliance import Cell, assessments, compliance
from app.schedule.listing import Wanted
from app.schedule.models import Assessment, State, open_at, state_at
from app.studies.access import Scope
from app.studies.installing import site
from app.studies.models import Protocol, Site, Study
from tests.factories import NOW, backtobasic, oslo, participant, planned, submitted, visit

DAY0 = date(2026, 3, 10)
EVERYTHING = datetime.max.replace(tzinfo=NOW.tzinfo, year=2030)


@pytest.fixture
def protocol(session: Session) -> Protocol:
    return backtobasic()


def someone(protocol: Protocol, at_site: str = "01") -> Participant:
    person = participant(protocol, at_site)
    planned(person, DAY0)
    return person


@pytest.fixture
def d7(protocol: Protocol) -> Assessment:
    """Open from 17 to 19 March, then a day of grace."""
    return visit(someone(protocol), "d7")


def counted(now: datetime) -> State:
    """What PostgreSQL says of her d7: by the list, by the count and by itself."""
    db.session.flush()
    query = select(state_at(now)).select_from(Assessment).join(Assessment.participant).where(Assessment.visit == "d7")
    (state,) = db.session.scalars(query)
    study = db.session.scalars(select(Study)).one()
    assert compliance(study, now).total("d7").states == Counter({State(state): 1})
    scope = Scope(study, tuple(db.session.scalars(select(Site.id))), frozenset(), whole=True)
    page = listing.visits(scope, Wanted(visit="d7", state=State(state)), now, limit=9, offset=0, after=None)
    assert [line.state for line in page.items] == [State(state)]
    return State(state)


def is_found_open(now: datetime) -> bool:
    """What PostgreSQL says of her d7."""
    db.session.flush()
    query = select(Assessment.id).join(Assessment.participant).where(open_at(now), Assessment.visit == "d7")
    return db.session.scalar(query) is not None


INSTANT = timedelta(microseconds=1)
OPENS, CLOSES, GRACE = oslo(date(2026, 3, 17), 0), oslo(date(2026, 3, 20), 0), oslo(date(2026, 3, 21), 0)


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (OPENS - INSTANT, State.NOT_DUE),
        (OPENS, State.OPEN),
        (CLOSES - INSTANT, State.OPEN),
        (CLOSES, State.OPEN),
        (GRACE - INSTANT, State.OPEN),
        (GRACE, State.MISSED),
    ],
)
def test_an_unanswered_visit_is_not_due_then_open_then_missed(d7: Assessment, now: datetime, state: State) -> None:
    assert (d7.opens_at, d7.closes_at, d7.grace_until) == (OPENS, CLOSES, GRACE)
    assert d7.state(now) is state
    assert d7.is_open(now) is is_found_open(now) is (state is State.OPEN)
    assert counted(now) is state


@pytest.mark.parametrize(
    ("at", "partial", "state"),
    [
        (OPENS, False, State.COMPLETED),
        (CLOSES - INSTANT, False, State.COMPLETED),
        (CLOSES, False, State.LATE),
        (GRACE - INSTANT, False, State.LATE),
        (OPENS, True, State.PARTIAL),
        (CLOSES, True, State.PARTIAL),
    ],
)
def test_an_answer_is_completed_late_or_partial_for_ever(
    d7: Assessment, at: datetime, partial: bool, state: State
) -> None:
    submitted(d7, at, partial=partial)
    assert {d7.state(now) for now in (at, GRACE, EVERYTHING)} == {state}
    assert {counted(now) for now in (at, GRACE, EVERYTHING)} == {state}
    assert not is_found_open(at)


@pytest.mark.parametrize(
    ("left", "now", "state"),
    [
        (OPENS - INSTANT, OPENS, State.WITHDRAWN),
        (CLOSES, CLOSES, State.WITHDRAWN),
        (GRACE - INSTANT, GRACE, State.WITHDRAWN),
        (GRACE, EVERYTHING, State.MISSED),
        (CLOSES, CLOSES - INSTANT, State.OPEN),
    ],
)
def test_who_left_before_a_visit_closed_did_not_miss_it(
    d7: Assessment, left: datetime, now: datetime, state: State
) -> None:
    withdraw(d7.participant, "moved away", left)
    assert d7.state(now) is state
    assert counted(now) is state
    assert is_found_open(now) is (state is State.OPEN)


def test_an_answer_given_before_leaving_stays_an_answer(d7: Assessment) -> None:
    submitted(d7, OPENS)
    withdraw(d7.participant, "moved away", CLOSES)
    assert d7.state(EVERYTHING) is counted(EVERYTHING) is State.COMPLETED


@pytest.mark.parametrize("now", [OPENS - INSTANT, OPENS, GRACE, EVERYTHING])
def test_nobody_missed_what_was_called_off_whenever_it_is_looked_at(d7: Assessment, now: datetime) -> None:
    d7.cancelled_at = OPENS
    assert d7.state(now) is State.CANCELLED
    assert not is_found_open(now)
    withdraw(d7.participant, "moved away", OPENS)
    assert d7.state(now) is counted(now) is State.CANCELLED
    submitted(d7, OPENS)
    assert d7.state(now) is counted(now) is State.COMPLETED, "an answer stays one"


@pytest.mark.parametrize("partial", [False, True])
@pytest.mark.parametrize("now", [OPENS, CLOSES, EVERYTHING])
def test_a_voided_answer_is_none_whenever_it_is_looked_at(d7: Assessment, now: datetime, partial: bool) -> None:
    submitted(d7, OPENS, partial=partial)
    d7.voided_at = CLOSES
    withdraw(d7.participant, "moved away", OPENS)
    assert d7.state(now) is counted(now) is State.VOIDED
    assert not is_found_open(now)


def test_the_share_is_of_answered_missed_and_voided_alone() -> None:
    states = Counter({State.COMPLETED: 3, State.LATE: 1, State.PARTIAL: 2, State.MISSED: 2, State.VOIDED: 1})
    states += Counter({State.OPEN: 5, State.NOT_DUE: 7, State.WITHDRAWN: 11, State.CANCELLED: 13})
    cell = Cell(states)
    assert (cell.planned, cell.answered, cell.expected, cell.share) == (45, 6, 9, 6 / 9)


@pytest.mark.parametrize(
    ("at", "answered", "expected", "answered_so_far", "asked_so_far"),
    [
        (OPENS - INSTANT, 0, 0, 0, 0),
        (OPENS, 0, 0, 1, 3),
        (CLOSES, 0, 0, 2, 3),
        (GRACE - INSTANT, 0, 0, 2, 3),
        (GRACE, 2, 3, 0, 0),
        (EVERYTHING, 2, 3, 0, 0),
    ],
)
def test_a_window_counts_in_both_halves_when_it_is_past_its_grace(
    protocol: Protocol, at: datetime, answered: int, expected: int, answered_so_far: int, asked_so_far: int
) -> None:
    """An early answer does not make the share look better than it will be."""
    first, second, _ = (visit(someone(protocol), "d7") for _ in range(3))
    if at >= OPENS:
        submitted(first, OPENS)
    if at >= CLOSES:
        submitted(second, CLOSES)
    cell = compliance(protocol.study, at).total("d7")
    assert (cell.answered, cell.expected, cell.answered_so_far, cell.asked_so_far) == (
        answered,
        expected,
        answered_so_far,
        asked_so_far,
    )


@pytest.mark.parametrize(
    ("submitted_at", "on_time"), [(OPENS, 1), (CLOSES - INSTANT, 1), (CLOSES, 0), (GRACE - INSTANT, 0)]
)
def test_on_time_is_before_the_window_closed(d7: Assessment, submitted_at: datetime, on_time: int) -> None:
    submitted(d7, submitted_at)
    assert compliance(d7.participant.study, GRACE - INSTANT).total("d7").on_time == 0, "it is not past its grace"
    cell = compliance(d7.participant.study, GRACE).total("d7")
    assert (cell.on_time, cell.share_on_time, cell.share) == (on_time, float(on_time), 1.0)
    d7.voided_at = EVERYTHING
    assert compliance(d7.participant.study, EVERYTHING).total("d7").on_time == 0


HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("later", "after"),
    [
        (-HOUR, 0),  # between the opening and the text
        (timedelta(), 0),
        (DAY - INSTANT, 0),
        (DAY, 1),
        (3 * DAY + 23 * HOUR, 3),
        (30 * DAY, 30),
        (400 * DAY, 30),  # typed from a paper, long after
    ],
)
def test_an_answer_stands_with_the_day_after_the_text_on_which_it_came(
    d7: Assessment, later: timedelta, after: int
) -> None:
    submitted(d7, d7.send_at + later)
    assert compliance(d7.participant.study, GRACE - INSTANT).total("d7").after == Counter(), "it is not past its grace"
    assert compliance(d7.participant.study, GRACE).total("d7").after == Counter({after: 1})
    d7.voided_at = EVERYTHING
    assert compliance(d7.participant.study, GRACE).total("d7").after == Counter()


@pytest.mark.parametrize("state", [State.OPEN, State.NOT_DUE, State.WITHDRAWN, State.CANCELLED])
def test_where_nothing_was_expected_there_is_no_share(state: State) -> None:
    assert Cell(Counter({state: 4})).share is None
    assert Cell(Counter()).share is None


def test_the_states_add_up_to_what_is_planned_at_any_instant(protocol: Protocol) -> None:
    people = [someone(protocol, at_site) for at_site in ("01", "01", "02")]
    submitted(visit(people[0], "d7"), OPENS)
    submitted(visit(people[1], "d7"), CLOSES, partial=True)
    withdraw(people[2], "moved away", CLOSES)
    for days in (0, 8, 12, 40, 100, 400):
        figures = compliance(protocol.study, NOW + timedelta(days=days))
        all_ = figures.total()
        assert all_.planned == sum(all_.states[state] for state in State) == 54
        assert all_.planned == sum(figures.total(site=code).planned for code in figures.sites)
        assert all_.planned == sum(figures.total(visit=code).planned for code in figures.visits)


def test_cells_are_by_visit_and_site_in_the_order_of_days(protocol: Protocol) -> None:
    first, second = someone(protocol), someone(protocol, "02")
    submitted(visit(first, "d7"), OPENS)
    figures = compliance(protocol.study, GRACE)
    assert figures.visits[:4] == ("d0", "d7", "d14", "d21")
    assert figures.visits[-1] == "d278"
    assert figures.sites == ("01", "02", "03", "04", "05")
    assert figures.total("d7", "01").share == 1
    assert figures.total("d7", "02").share == 0
    assert figures.total("d7").share == 0.5
    assert figures.total("d7", "03").share is None
    assert second.code == "02-001"


def test_only_the_sites_asked_for_are_counted(protocol: Protocol) -> None:
    someone(protocol)
    someone(protocol, "02")
    only = compliance(protocol.study, NOW, [site(protocol.study, "02").id])
    assert only.sites == ("02",)
    assert only.total().planned == 18
    assert compliance(protocol.study, NOW, []).total().planned == 0
    assert {row.participant.site.code for row in assessments(protocol.study, [site(protocol.study, "01").id])} == {"01"}


def test_another_studys_visits_are_not_counted(protocol: Protocol) -> None:
    someone(backtobasic(code="other"))
    assert compliance(protocol.study, NOW).total().planned == 0
