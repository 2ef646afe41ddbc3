"""A visit that the site knows will not be answered: why, and that nothing more is asked; and back again."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.audit import AuditEntry
from app.core.problems import BadInput, Conflict
from app.participants.events import anchor
from app.schedule.models import Assessment, NotDone, VisitNotDone
from app.schedule.not_done import not_done, note_not_done, take_back
from app.schedule.planning import plan
from app.schedule.states import State
from tests.factories import submitted, visit
from tests.responses.visits import INFUSION, participant

D154 = INFUSION + timedelta(days=154)
HOUR = timedelta(hours=1)


@pytest.fixture
def d154(session: Session) -> Assessment:
    return visit(participant(), "d154")


@pytest.mark.parametrize("reason", list(NotDone))
def test_a_visit_that_is_not_done_is_over_and_says_why(d154: Assessment, reason: NotDone) -> None:
    was = d154.closes_at, d154.grace_until
    assert d154.state(D154) is State.OPEN
    note_not_done(d154, reason, "Called twice", "user:1", D154)
    assert (d154.state(D154), d154.not_done_at) == (State.MISSED, D154)
    row = not_done(d154)
    assert row is not None
    assert (row.reason, row.note, row.recorded_by, (row.closes_at, row.grace_until)) == (
        reason, "Called twice", "user:1", was
    )  # fmt: skip


def test_taken_back_it_has_the_window_that_it_had(d154: Assessment) -> None:
    was = d154.closes_at, d154.grace_until
    note_not_done(d154, NotDone.HOSPITAL, "", "user:1", D154)
    take_back(d154, D154)
    assert ((d154.closes_at, d154.grace_until), d154.not_done_at, not_done(d154)) == (was, None, None)
    assert d154.state(D154 + HOUR) is State.OPEN
    with pytest.raises(Conflict, match="It is not noted"):
        take_back(d154, D154)


def test_taken_back_it_follows_what_was_corrected_meanwhile(d154: Assessment, session: Session) -> None:
    """Noted for a window that was wrong: she is asked in the right one."""
    note_not_done(d154, NotDone.TOO_ILL, "", "user:1", D154)
    day_0 = anchor(d154.participant)
    assert day_0 is not None
    day_0.on, day_0.at = day_0.on + timedelta(days=10), (day_0.at or D154) + timedelta(days=10)
    was = d154.opens_at
    plan(d154.participant, D154, corrected=True)
    session.refresh(d154)
    assert d154.opens_at == was, "what is noted stands until somebody takes it back"
    take_back(d154, D154)
    session.refresh(d154)
    assert d154.opens_at == was + timedelta(days=10)
    assert (d154.state(D154), d154.state(D154 + timedelta(days=10))) == (State.NOT_DUE, State.OPEN)


def test_one_that_was_missed_gets_its_reason_and_keeps_its_window(d154: Assessment) -> None:
    was = d154.closes_at, d154.grace_until
    note_not_done(d154, NotDone.NOT_REACHED, "", "user:1", d154.grace_until + HOUR)
    assert (d154.closes_at, d154.grace_until) == was


@pytest.mark.parametrize(
    ("when", "sentence"),
    [("answered", "is answered"), ("not open", "not open yet"), ("twice", "noted already")],
)
def test_there_must_be_something_to_leave_undone(d154: Assessment, when: str, sentence: str) -> None:
    now = D154
    match when:
        case "answered":
            submitted(d154, D154 - HOUR)
        case "not open":
            now = d154.opens_at
        case _:
            note_not_done(d154, NotDone.TOO_ILL, "", "user:1", D154)
    with pytest.raises(Conflict, match=sentence):
        note_not_done(d154, NotDone.TOO_ILL, "", "user:1", now)


@pytest.mark.parametrize(
    ("note", "sentence"), [("", "in a few words"), ("  ", "in a few words"), ("x" * 501, "below 500")]
)
def test_another_reason_is_told_in_words(d154: Assessment, note: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence) as caught:
        note_not_done(d154, NotDone.OTHER, note, "user:1", D154)
    assert list(caught.value.errors) == ["note"]


def test_a_plan_that_is_made_anew_leaves_it_closed(d154: Assessment, session: Session) -> None:
    note_not_done(d154, NotDone.TOO_ILL, "", "user:1", D154)
    plan(d154.participant, D154 + HOUR)
    session.refresh(d154)
    assert d154.state(D154 + HOUR) is State.MISSED


def test_the_trail_has_what_was_noted_and_what_was_taken_back(d154: Assessment, session: Session) -> None:
    note_not_done(d154, NotDone.TOO_ILL, "", "user:1", D154)
    session.flush()
    take_back(d154, D154)
    session.commit()
    trail = session.scalars(
        select(AuditEntry).filter_by(table_name=f"public.{VisitNotDone.__tablename__}").order_by(AuditEntry.id)
    )
    assert [entry.action for entry in trail] == ["insert", "delete"]
