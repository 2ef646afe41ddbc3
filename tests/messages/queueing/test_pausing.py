"""The staff lets somebody's texts wait until a day: nothing leaves, nothing is lost that need not be, no flood."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import tick
from app.core.problems import BadInput, Conflict
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.kinds import MessageKind, Reason
from app.messages.models import Message, MessageState
from app.messages.monitoring.ledger import books
from app.messages.outlook.asked_next import next_asked_at
from app.messages.outlook.forecast import coming_to, upcoming
from app.messages.outlook.pausing import texts_that_wait
from app.messages.queueing.coordinating import bring_forward, reissue
from app.messages.queueing.pausing import current_pause, pause_texts, refuse_while_paused, resume_texts
from app.participants.enrolment import opt_in, opt_out, withdraw
from app.participants.models import Participant
from app.responses.calling import reasons_of
from tests.factories import oslo
from tests.messages.books import states
from tests.messages.people import INVITED, enrolled, only, visit

BY, WHY = "user:7", "In hospital"
DAY = timedelta(days=1)
TODAY = INVITED.date()
ACCEPTED, QUEUED, SUPPRESSED = MessageState.ACCEPTED, MessageState.QUEUED, MessageState.SUPPRESSED


@pytest.fixture
def her(participant: Participant) -> Participant:
    """Asked about day 7 alone, whose window is three days long."""
    only(participant, "d7")
    return participant


def texts(session: Session) -> list[tuple[MessageKind, MessageState, datetime | None, Reason | None]]:
    columns = Message.kind, Message.state, Message.sent_at, Message.reason
    return [(kind, state, at, why) for kind, state, at, why in session.execute(select(*columns).order_by(Message.id))]


@pytest.mark.parametrize("days", [1, 2])
def test_an_invitation_waits_and_rings_on_the_day_at_the_hour_of_invitations(
    session: Session, her: Participant, gateway: SandboxGateway, days: int
) -> None:
    pause_texts(her, TODAY + days * DAY, WHY, BY, INVITED - DAY)
    session.commit()
    rings = oslo(TODAY + days * DAY, 9)
    for at in (INVITED, INVITED + DAY / 3, rings - timedelta(seconds=1)):
        tick(gateway, at)
    assert texts(session) == [(MessageKind.INVITATION, QUEUED, None, None)]
    tick(gateway, rings)
    assert texts(session) == [(MessageKind.INVITATION, ACCEPTED, rings, None)]


def test_of_several_reminders_that_waited_only_one_rings(session: Session, gateway: SandboxGateway) -> None:
    participant = enrolled()
    only(participant, "d28")
    session.commit()
    first = visit(participant, "d28").send_at
    tick(gateway, first)
    pause_texts(participant, first.date() + 8 * DAY, WHY, BY, first + DAY / 24)
    session.commit()
    for days in range(1, 8):
        tick(gateway, first + days * DAY)
    assert states(session).count(ACCEPTED) == 1
    tick(gateway, first + 8 * DAY)
    tick(gateway, first + 8 * DAY + timedelta(hours=1))
    assert states(session).count(ACCEPTED) == 2
    assert len(states(session)) > 2, "the others were overtaken"


def test_what_waited_until_its_window_closed_is_in_the_books_with_that_reason(
    session: Session, her: Participant, gateway: SandboxGateway
) -> None:
    closes = visit(her, "d7").closes_at
    pause_texts(her, closes.date() + 5 * DAY, WHY, BY, INVITED - DAY)
    session.commit()
    tick(gateway, INVITED)
    assert texts(session) == [(MessageKind.INVITATION, QUEUED, None, None)]
    tick(gateway, closes)
    assert texts(session) == [(MessageKind.INVITATION, SUPPRESSED, None, Reason.PAUSED)]
    assert books(her.study).balanced


@pytest.mark.parametrize("hours", [1, 30])
def test_resumed_by_hand_what_waited_leaves_at_once_by_day(
    session: Session, her: Participant, gateway: SandboxGateway, hours: int
) -> None:
    pause_texts(her, visit(her, "d7").closes_at.date() + 5 * DAY, WHY, BY, INVITED - DAY)
    session.commit()
    tick(gateway, INVITED)
    again = INVITED + timedelta(hours=hours if hours < 24 else 24 + 3)
    row = resume_texts(her, "user:8", again)
    session.commit()
    tick(gateway, again)
    assert (row.ended_at, row.ended_by, current_pause(her, again)) == (again, "user:8", None)
    assert texts(session)[0][:3] == (MessageKind.INVITATION, ACCEPTED, again)


def test_another_day_takes_the_place_of_the_first(session: Session, her: Participant, gateway: SandboxGateway) -> None:
    first = pause_texts(her, TODAY + 6 * DAY, WHY, BY, INVITED - DAY)
    session.commit()
    tick(gateway, INVITED)
    second = pause_texts(her, TODAY + 2 * DAY, "Home earlier", "user:8", INVITED + DAY / 24)
    session.commit()
    assert (first.ended_at, first.ended_by) == (INVITED + DAY / 24, "user:8")
    assert current_pause(her, INVITED + DAY / 12) == second
    tick(gateway, oslo(TODAY + 2 * DAY, 9))
    assert states(session) == [ACCEPTED]


def test_the_forecast_knows_the_pause(session: Session, her: Participant, gateway: SandboxGateway) -> None:
    before = {text.kind: text.at for text in coming_to(her, INVITED - DAY)}
    assert before[MessageKind.INVITATION] == INVITED
    pause_texts(her, TODAY + 2 * DAY, WHY, BY, INVITED - DAY)
    rings = oslo(TODAY + 2 * DAY, 9)
    assert upcoming(her.study, INVITED - DAY, 30)[0].at == rings
    assert next_asked_at(her, INVITED - DAY) == rings
    session.commit()
    tick(gateway, INVITED)
    assert upcoming(her.study, INVITED, 30)[0].at == rings
    pause_texts(her, visit(her, "d7").closes_at.date() + DAY, WHY, BY, INVITED)
    assert upcoming(her.study, INVITED, 30) == []


@pytest.mark.parametrize(
    ("days", "waiting"),
    [(1, {"invitation": False}), (2, {"invitation": False, "reminder-1": False}), (60, {"invitation": True})],
)
def test_before_it_is_noted_each_text_that_waits_is_shown(
    her: Participant, days: int, waiting: dict[str, bool]
) -> None:
    shown = {each.text.kind.value: each.is_lost for each in texts_that_wait(her, TODAY + days * DAY, INVITED - DAY)}
    assert {kind: shown[kind] for kind in waiting} == waiting
    assert texts_that_wait(her, TODAY, INVITED - DAY) == []


@pytest.mark.parametrize(
    ("until", "reason", "field"),
    [
        (TODAY, WHY, "until"),  # today: nothing would wait
        (TODAY - DAY, WHY, "until"),
        (TODAY + 367 * DAY, WHY, "until"),
        (date.max, WHY, "until"),
        (TODAY + DAY, "", "reason"),
        (TODAY + DAY, "  ", "reason"),
        (TODAY + DAY, "x" * 501, "reason"),
    ],
)
def test_a_pause_wants_a_day_to_come_within_a_year_and_a_reason(
    her: Participant, until: date, reason: str, field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        pause_texts(her, until, reason, BY, INVITED)
    assert list(refused.value.errors) == [field]
    assert current_pause(her, INVITED) is None


@pytest.mark.parametrize("until", [TODAY + DAY, TODAY + 366 * DAY])
def test_from_tomorrow_on_and_within_a_year_it_is_taken(her: Participant, until: date) -> None:
    assert pause_texts(her, until, "x" * 500, BY, INVITED).until_at == oslo(until, 0)


def test_who_gets_no_texts_is_not_paused(her: Participant) -> None:
    opt_out(her, INVITED)
    with pytest.raises(Conflict, match="said STOP"):
        pause_texts(her, TODAY + DAY, WHY, BY, INVITED)
    opt_in(her)
    withdraw(her, "Too much", INVITED)
    with pytest.raises(Conflict, match="no texts any more"):
        pause_texts(her, TODAY + DAY, WHY, BY, INVITED)


def test_who_is_not_paused_is_not_resumed(her: Participant) -> None:
    with pytest.raises(Conflict, match="not paused"):
        resume_texts(her, BY, INVITED)
    pause_texts(her, TODAY + DAY, WHY, BY, INVITED)
    resume_texts(her, BY, INVITED)
    with pytest.raises(Conflict, match="not paused"):
        resume_texts(her, BY, INVITED)


def test_the_staff_sends_nobody_a_link_who_is_paused_but_what_she_asks_for_herself_leaves(
    session: Session, her: Participant, gateway: SandboxGateway
) -> None:
    pause_texts(her, TODAY + 3 * DAY, WHY, BY, INVITED - DAY)
    session.commit()
    tick(gateway, INVITED)
    with pytest.raises(Conflict, match="are paused"):
        bring_forward(visit(her, "d7"), MessageKind.INVITATION, INVITED)
    with pytest.raises(Conflict, match="are paused"):
        refuse_while_paused(her, INVITED)
    session.rollback()
    reissue(visit(her, "d7"), INVITED)  # as her own text asks for it
    session.commit()
    tick(gateway, INVITED)
    assert texts(session)[-1][:2] == (MessageKind.REISSUE, ACCEPTED)


def test_what_waits_for_a_pause_is_no_reason_to_call(
    session: Session, her: Participant, gateway: SandboxGateway
) -> None:
    her_due = visit(her, "d7")
    her_due.due_at = her_due.closes_at
    session.commit()
    later = INVITED + 2 * DAY
    pause_texts(her, TODAY + 5 * DAY, WHY, BY, INVITED - DAY)
    session.commit()
    tick(gateway, INVITED)
    assert reasons_of([her], later)[her.id] == []
    resume_texts(her, BY, later)
    assert [reason.word for reason in reasons_of([her], later)[her.id]] == ["never sent"]
