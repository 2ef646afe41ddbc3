"""What is done after a back-up was restored: nothing that has left leaves again."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.clock import tick
from app.config import Settings
from app.core import incarnation
from app.core.audit import acting
from app.core.database import transaction
from app.core.problems import BadInput, Conflict
from app.core.sealing import seal
from app.core.verifying_seals import verify
from app.messages import breaker
from app.messages.gateways.twilio import TwilioGateway
from app.messages.models import Message, MessageState
from app.messages.monitoring import heartbeats, holding
from app.messages.queueing.prompts import queue_prompts
from app.messages.receiving import provider_log, restoring
from app.participants.codes import free_code
from app.participants.models import Participant
from app.schedule.models import Assessment
from tests.fake_twilio.server import Server
from tests.messages.books import states
from tests.messages.people import INVITED, enrolled, minutes, only


def test_f39_after_a_restore_nothing_leaves_twice(
    session: Session, assessment: Assessment, twilio: TwilioGateway, provider: Server
) -> None:
    provider.twilio.now = lambda: INVITED
    heartbeats.beat("deliver", INVITED - timedelta(hours=8))
    queue_prompts(INVITED)
    session.commit()
    message = session.scalars(select(Message)).one()
    tick(twilio, INVITED)
    assert len(provider.twilio.log) == 1
    session.refresh(message)
    message.state, message.sid, message.sent_at, message.attempts = MessageState.QUEUED, None, None, 0
    session.commit()  # as in last night's back-up
    now = INVITED + minutes(30)
    restoring.begin(INVITED - timedelta(hours=8), now)
    session.commit()
    tick(twilio, now)
    assert len(provider.twilio.log) == 1, "held until an operator has looked"
    session.rollback()
    message.attempts = 1  # the attempt row of this test's first life is still there
    session.commit()
    assert provider_log.may_have_answered(INVITED - timedelta(hours=8), now) == (), "not known before the log is asked"
    assert restoring.recover(twilio, INVITED - timedelta(hours=8), now) == 1
    named = provider_log.may_have_answered(INVITED - timedelta(hours=8), now)
    assert named == ("01-001 d7",), "what she answered is lost"
    with acting("operator"), transaction():
        restoring.release(now)
    tick(twilio, now + minutes(6))
    assert len(provider.twilio.log) == 1
    assert states(session) == [MessageState.ACCEPTED]


def test_a_back_up_made_in_the_future_is_refused(session: Session, twilio: TwilioGateway) -> None:
    assert restoring.recover(twilio, INVITED, INVITED) == 0
    questions: list[Callable[[datetime], object]] = [
        lambda at: restoring.recover(twilio, at, INVITED),
        lambda at: restoring.begin(at, INVITED),
    ]
    for ask in questions:
        with pytest.raises(BadInput, match="lies in the future"):
            ask(INVITED + timedelta(microseconds=1))
    assert breaker.halts() == ()


RESTORED_AT = INVITED + minutes(30)


def beaten(**ran: datetime) -> None:
    for job, at in ran.items():
        heartbeats.beat(job, at)


@pytest.mark.parametrize(
    ("plan", "queue", "missing"),
    [
        (None, None, "plan and queue"),
        (minutes(1), None, "queue"),
        (None, minutes(1), "plan"),
        (minutes(0), minutes(1), "plan"),  # it ran before the hold
        (minutes(1), -minutes(1), "queue"),
        (minutes(1), minutes(1), None),
    ],
)
def test_texts_stay_held_until_plan_and_queue_have_run_since(
    session: Session, participant: Participant, plan: timedelta | None, queue: timedelta | None, missing: str | None
) -> None:
    restoring.begin(INVITED, RESTORED_AT)
    beaten(**{job: RESTORED_AT + at for job, at in (("plan", plan), ("queue", queue)) if at is not None})
    if missing is None:
        restoring.check_release(RESTORED_AT + minutes(2), nothing_lost=False)
        return
    with pytest.raises(Conflict, match=f"has not run {missing} since"):
        restoring.check_release(RESTORED_AT + minutes(2), nothing_lost=False)


def test_nothing_is_released_before_somebody_said_what_was_lost(session: Session, participant: Participant) -> None:
    breaker.hold("the database was restored", RESTORED_AT, breaker.RESTORED)
    beaten(plan=RESTORED_AT + minutes(1), queue=RESTORED_AT + minutes(1))
    with pytest.raises(Conflict, match="flask ops restored --since"):
        restoring.check_release(RESTORED_AT, nothing_lost=False)
    restoring.check_release(RESTORED_AT, nothing_lost=True)
    restoring.release(RESTORED_AT + minutes(2))
    assert breaker.halts() == ()
    with pytest.raises(Conflict, match="flask messages release"):
        restoring.check_release(RESTORED_AT, nothing_lost=True)


def test_a_restore_is_released_once_and_its_life_goes_on(session: Session, participant: Participant) -> None:
    first = incarnation.present()
    restoring.begin(INVITED, RESTORED_AT)
    assert restoring.lost_from() == INVITED
    restoring.release(RESTORED_AT + minutes(2))
    assert restoring.lost_from() is None
    assert incarnation.present().mark != first.mark
    assert incarnation.marks() == [incarnation.present().mark, first.mark]


@pytest.mark.parametrize(
    ("said", "in_doubt", "code"),
    [
        (True, False, "01-2001"),
        (True, True, "01-3001"),  # some were enrolled before anybody said so, and forgotten by that
        (False, True, "01-002"),  # a new clock, and nothing was lost
    ],
)
def test_codes_go_on_far_ahead_where_people_may_be_forgotten(
    session: Session, participant: Participant, tmp_path: Path, said: bool, in_doubt: bool, code: str
) -> None:
    if in_doubt:
        assert holding.hold_if_strange(tmp_path, RESTORED_AT)
        session.commit()
        assert free_code(participant.site, "") == "01-2001", "nobody has said yet what was lost"
    if said:
        restoring.begin(INVITED, RESTORED_AT)
    restoring.release(RESTORED_AT + minutes(2))
    assert free_code(participant.site, "") == code


def test_a_database_that_was_moved_is_at_home_where_it_was_released(
    session: Session, participant: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = incarnation.present()
    monkeypatch.setattr(incarnation, "place", lambda: "7712500525951822996/00000002/16386/16802")
    breaker.hold("the database was restored or moved", RESTORED_AT, breaker.RESTORED)
    restoring.release(RESTORED_AT + minutes(2))
    assert incarnation.present().home == incarnation.place() != before.home
    assert incarnation.present().released_at == RESTORED_AT + minutes(2)


def test_after_a_restore_every_sequence_goes_on_far_ahead(
    session: Session, participant: Participant, settings: Settings
) -> None:
    session.commit()
    highest = select(func.max(Assessment.id))
    before = session.scalar(highest) or 0
    every = session.scalar(text("SELECT count(*) FROM pg_sequences"))
    assert incarnation.move_sequences(settings.owner_url) == every > 30
    only(enrolled(2), "d7")
    assert (session.scalar(highest) or 0) > before + incarnation.FAR
    seal(INVITED)
    session.commit()
    assert verify().broken is None
