"""What was recorded wrongly is put right, with every window and text that follows; what was sent and answered stays."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from unittest.mock import patch

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import once, tick
from app.core.audit import AuditEntry, acting
from app.messages.gateways.sandbox import SandboxGateway, texts_of
from app.messages.kinds import MessageKind
from app.messages.models import Message
from app.messages.monitoring.ledger import books
from app.messages.outlook.correcting import correct, preview
from app.messages.outlook.forecast import coming_to
from app.participants.correcting import EventCorrection, RecordCorrection
from app.participants.enrolment import randomise, withdraw
from app.participants.events import anchor, record_event
from app.participants.models import EventState, Participant
from app.responses.drafts import expire_drafts, save_draft
from app.responses.models import Draft
from app.schedule.models import Assessment, State
from app.studies.installing import site
from tests.messages.outlook.recorded_wrongly import (
    CANCELLED,
    HAPPENED,
    IT_WAS_THE_26TH,
    LATER,
    PLANNED,
    RIGHT,
    WHY,
    WRONG,
    contents,
    event,
    noon,
    opens,
)
from tests.messages.outlook.recorded_wrongly import person as person
from tests.messages.people import BEFORE, INFUSION, answered, enrolled, visit


@pytest.mark.usefixtures("tables_only")
def test_a_wrong_day_0_takes_its_windows_along_and_she_is_asked_on_the_right_days(
    session: Session, person: Participant, gateway: SandboxGateway
) -> None:
    assert visit(person, "d7").state(LATER) is State.MISSED
    sent = session.scalars(select(Message.id).where(Message.sent_at.is_not(None)).order_by(Message.id)).all()
    effect = correct(person, IT_WAS_THE_26TH, WHY, LATER)
    session.commit()
    assert (opens(person, "d7"), opens(person, "d14")) == (date(2026, 10, 3), date(2026, 10, 10))
    assert visit(person, "d7").state(LATER) is State.NOT_DUE
    foretold = {(text.visit, text.kind): text.after.at for text in effect.texts if text.after}
    assert foretold["d7", MessageKind.INVITATION] == datetime(2026, 10, 3, 7, tzinfo=UTC)
    for days in range(1, 8):
        tick(gateway, LATER.replace(hour=7) + timedelta(days=days))
    d7 = select(Message.sent_at).where(Message.assessment_id == visit(person, "d7").id, Message.sent_at > LATER)
    assert session.scalars(d7.order_by(Message.id)).first() == foretold["d7", MessageKind.INVITATION]
    assert session.scalars(select(Message.id).where(Message.id.in_(sent)).order_by(Message.id)).all() == sent
    assert once(gateway, LATER + timedelta(days=8)) == []
    assert books(person.study, now=LATER + timedelta(days=8)).balanced


def test_a_visit_that_was_opened_in_the_wrong_window_follows_too_without_what_was_begun(
    session: Session, person: Participant
) -> None:
    d7 = visit(person, "d7")
    save_draft(d7, {"nrs_lbp_week.now": "3"}, d7.opens_at + timedelta(hours=12))
    session.commit()
    correct(person, IT_WAS_THE_26TH, WHY, LATER)
    anew = visit(person, "d7")
    assert (opens(person, "d7"), anew.opened_at, anew.state(LATER)) == (date(2026, 10, 3), None, State.NOT_DUE)
    assert expire_drafts(LATER) == 1
    session.refresh(anew)
    assert session.scalars(select(Draft)).all() == []
    assert not anew.draft_existed


def test_what_was_answered_keeps_its_window(session: Session, person: Participant) -> None:
    d7 = visit(person, "d7")
    answered(d7, d7.opens_at + timedelta(hours=12))
    before = (d7.opens_at, d7.anchor_on)
    effect = correct(person, IT_WAS_THE_26TH, WHY, LATER)
    assert (visit(person, "d7").opens_at, visit(person, "d7").anchor_on) == before
    assert "d7" not in {change.visit for change in effect.visits}


@pytest.mark.parametrize(
    ("correction", "state", "on", "at", "visits"),
    [
        (IT_WAS_THE_26TH, HAPPENED, RIGHT, noon(RIGHT), 18),
        (event(HAPPENED, at=noon(WRONG) + timedelta(hours=2)), HAPPENED, WRONG, noon(WRONG) + timedelta(hours=2), 18),
        (event(PLANNED, date(2026, 10, 5)), PLANNED, date(2026, 10, 5), None, 18),
        (event(PLANNED, date(2026, 10, 5), noon(date(2026, 10, 5))), PLANNED, date(2026, 10, 5),
         noon(date(2026, 10, 5)), 18),
        (event(CANCELLED), CANCELLED, WRONG, noon(WRONG), 2),
    ],
)  # fmt: skip
def test_an_event_that_was_recorded_as_having_happened_is_moved_planned_or_called_off(
    session: Session,
    person: Participant,
    correction: RecordCorrection,
    state: EventState,
    on: date,
    at: datetime | None,
    visits: int,
) -> None:
    correct(person, correction, WHY, LATER)
    (first,) = person.events
    assert (first.state, first.on, first.at, first.recorded_at) == (state, on, at, LATER)
    rows = session.scalars(select(Assessment).order_by(Assessment.day)).all()
    assert len(rows) == visits
    states = {row.state(LATER) for row in rows}
    assert (State.CANCELLED in states, State.MISSED in states) == (state is CANCELLED, state is HAPPENED)


def test_what_was_called_off_by_mistake_is_as_before(session: Session, person: Participant) -> None:
    correct(person, event(CANCELLED), WHY, LATER)
    assert anchor(person) is None
    correct(person, event(HAPPENED, at=noon(WRONG)), WHY, LATER)
    assert visit(person, "d7").state(LATER) is State.MISSED
    assert opens(person, "d14") == date(2026, 9, 30)


ACTS: list[tuple[str, Callable[[Participant], RecordCorrection], int, int]] = [
    # what is put right, and how many windows and texts change by it (in the book of the fixture)
    ("day 0", lambda person: IT_WAS_THE_26TH, 18, 51),
    ("called off", lambda person: event(CANCELLED), 18, 48),
    ("zone", lambda person: RecordCorrection(zone="America/New_York"), 18, 48),
    ("language", lambda person: RecordCorrection(language="en"), 0, 48),
    ("site", lambda person: RecordCorrection(site=site(person.study, "02")), 0, 48),
    ("enrolment", lambda person: RecordCorrection(enrolled_on=date(2026, 8, 31)), 0, 0),
]


@pytest.mark.parametrize(("what", "correction", "windows", "texts"), ACTS, ids=[act[0] for act in ACTS])
def test_the_preview_tells_exactly_what_the_act_then_does_and_changes_nothing(
    session: Session,
    person: Participant,
    what: str,
    correction: Callable[[Participant], RecordCorrection],
    windows: int,
    texts: int,
) -> None:
    before = contents(session)
    foreseen = preview(person, correction(person), WHY, LATER)
    session.commit()
    assert contents(session) == before, "nothing is changed"
    done = correct(person, correction(person), WHY, LATER)
    session.commit()
    assert done == foreseen
    assert contents(session) != before
    assert (len(done.visits), len(done.texts)) == (windows, texts)
    foretold = {(text.visit, text.kind): text.after.at for text in done.texts if text.after}
    now = {(each.visit, each.kind): each.at for each in coming_to(person, LATER)}
    assert foretold.items() <= now.items()


def test_the_trail_says_what_stood_there_who_changed_it_and_why(session: Session, person: Participant) -> None:
    with acting("user:7", WHY):
        correct(person, IT_WAS_THE_26TH, WHY, LATER)
        session.commit()
    query = select(AuditEntry).where(AuditEntry.table_name == "public.events", AuditEntry.actor == "user:7")
    (entry,) = session.scalars(query).all()
    assert entry.old is not None
    assert entry.new is not None
    assert (entry.reason, entry.old["on"], entry.new["on"]) == (WHY, str(WRONG), str(RIGHT))


def test_a_withdrawal_that_was_none_is_taken_back_and_what_is_still_due_is_owed_again(
    session: Session, gateway: SandboxGateway
) -> None:
    """The invitation waited when she was thought to have left, and was suppressed."""
    participant = enrolled()
    session.commit()
    invited = visit(participant, "d7").send_at
    visit(participant, "d7").paused_until = invited + timedelta(hours=2)
    session.commit()
    tick(gateway, invited)
    withdraw(participant, "mistaken for another", invited + timedelta(hours=1))
    session.commit()
    tick(gateway, invited + timedelta(hours=2))
    assert session.scalars(
        select(Message.reason).where(Message.assessment_id == visit(participant, "d7").id)
    ).all() == ["withdrawn"]
    at = invited + timedelta(hours=5)
    assert coming_to(participant, at) == []
    effect = correct(participant, RecordCorrection(not_withdrawn=True), "she never left us", at)
    session.commit()
    assert (participant.withdrawn_at, participant.withdrawal_reason) == (None, None)
    first = next(text for text in effect.texts if text.visit == "d7" and text.kind is MessageKind.INVITATION)
    assert (first.before, first.after and first.after.at) == (None, at)
    states = {change.visit: change.after.state for change in effect.visits if change.after}
    assert (states["d7"], states["d14"]) == (State.OPEN, State.NOT_DUE)
    tick(gateway, at)
    assert (
        session.scalars(select(Message.sent_at).where(Message.kind == "invitation").order_by(Message.id)).all()[-1]
        == at
    )


def test_a_text_that_waits_leaves_in_the_right_language(session: Session, gateway: SandboxGateway) -> None:
    participant = enrolled()
    session.commit()
    invited = visit(participant, "d7").send_at
    visit(participant, "d7").paused_until = invited + timedelta(hours=2)
    session.commit()
    tick(gateway, invited)
    correct(participant, RecordCorrection(language="en"), "she reads English", invited)
    session.commit()
    tick(gateway, invited + timedelta(hours=2))
    assert "We have some new questions" in texts_of(participant)[0].body


def test_who_is_at_another_site_is_written_to_from_there_and_keeps_her_pseudonym(
    session: Session, gateway: SandboxGateway
) -> None:
    participant = enrolled()
    correct(participant, RecordCorrection(site=site(participant.study, "02")), "enrolled at the wrong site", BEFORE)
    session.commit()
    assert (participant.code, participant.site.code) == ("01-001", "02")
    tick(gateway, visit(participant, "d7").send_at)
    assert "Bergen" in texts_of(participant)[0].body
    assert [enrolled(2).code, enrolled(3, at="02").code] == ["01-002", "02-001"], "no pseudonym is given twice"


def test_day_0_follows_the_calendar_of_the_zone_where_she_lives(session: Session) -> None:
    """An infusion at half past midnight in Oslo is on the day before in New York."""
    participant = enrolled()
    at = datetime(2026, 9, 14, 22, 30, tzinfo=UTC)
    record_event(participant, "first_infusion", at, at)
    correct(participant, RecordCorrection(zone="America/New_York"), "she lives in New York", at)
    day_0 = anchor(participant)
    assert day_0 is not None
    assert (day_0.on, day_0.at) == (date(2026, 9, 14), at)
    assert visit(participant, "d7").anchor_on == date(2026, 9, 14)


def test_a_day_that_was_noted_alone_stays_that_day_wherever_she_lives(session: Session) -> None:
    """At the protocol's hour on the clocks there; an instant that somebody typed is that instant."""
    participant = enrolled()
    hour = {kind: replace(event, hour=time(8)) for kind, event in participant.protocol.plan.event_plans.items()}
    with patch.object(type(participant.protocol), "plan", replace(participant.protocol.plan, event_plans=hour)):
        noon_there = datetime(2026, 9, 14, 6, tzinfo=UTC)
        record_event(participant, "first_infusion", noon_there, noon_there + timedelta(days=1))
        correct(participant, RecordCorrection(zone="America/Vancouver"), "she lives in Vancouver", noon_there)
    day_0 = anchor(participant)
    assert day_0 is not None
    assert (day_0.on, day_0.at) == (date(2026, 9, 14), datetime(2026, 9, 14, 15, tzinfo=UTC))


def test_a_randomisation_is_moved_or_taken_back(person: Participant) -> None:
    randomise(person, date(2026, 9, 10), LATER)
    correct(person, RecordCorrection(randomised_on=date(2026, 9, 12)), WHY, LATER)
    assert person.randomised_on == date(2026, 9, 12)
    correct(person, RecordCorrection(not_randomised=True), WHY, LATER)
    assert person.randomised_on is None


def test_a_day_of_enrolment_that_was_wrong_is_corrected_before_what_it_stands_in_the_way_of(
    session: Session, person: Participant
) -> None:
    both = RecordCorrection(
        enrolled_on=date(2026, 8, 20),
        event=EventCorrection("first_infusion", WRONG, HAPPENED, at=noon(date(2026, 8, 25))),
    )
    correct(person, both, WHY, LATER)
    assert (person.enrolled_on, person.events[0].on) == (date(2026, 8, 20), date(2026, 8, 25))


def test_another_event_takes_no_window_along(session: Session, person: Participant) -> None:
    record_event(person, "infusion", noon(RIGHT), noon(RIGHT))
    moved = EventCorrection("infusion", RIGHT, HAPPENED, at=noon(INFUSION + timedelta(days=12)))
    effect = correct(person, RecordCorrection(event=moved), WHY, LATER)
    assert (effect.visits, effect.texts) == ((), ())
    assert [each.on for each in person.events] == [WRONG, date(2026, 9, 27)]
