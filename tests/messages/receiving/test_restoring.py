"""What is done after a back-up was restored: nothing that has left leaves again."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import tick
from app.core.audit import acting
from app.core.database import transaction
from app.core.problems import BadInput
from app.messages import breaker
from app.messages.gateways.twilio import TwilioGateway
from app.messages.models import Message, MessageState
from app.messages.monitoring import heartbeats
from app.messages.queueing.prompts import queue_prompts
from app.messages.receiving import restoring
from app.schedule.models import Assessment
from tests.fake_twilio.server import Server
from tests.messages.books import states
from tests.messages.people import INVITED, minutes


def test_f39_after_a_restore_nothing_leaves_twice(
    session: Session, assessment: Assessment, twilio: TwilioGateway, provider: Server, tmp_path: Path
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
    restoring.remember(tmp_path, INVITED)
    now = INVITED + minutes(30)
    assert restoring.hold_if_restored(tmp_path, now)
    tick(twilio, now)
    assert len(provider.twilio.log) == 1, "held until an operator has looked"
    session.rollback()
    message.attempts = 1  # the attempt row of this test's first life is still there
    session.commit()
    assert restoring.recover(twilio, INVITED - timedelta(hours=8), now) == 1
    with acting("operator"), transaction():
        breaker.release()
    tick(twilio, now + minutes(6))
    assert len(provider.twilio.log) == 1
    assert states(session) == [MessageState.ACCEPTED]


@pytest.mark.parametrize(
    ("away", "waits"),
    [
        (None, False),  # no clock has ever run here
        (timedelta(0), False),
        (timedelta(minutes=10), False),
        (timedelta(minutes=10, microseconds=1), True),
        (timedelta(hours=1), True),
        (timedelta(hours=-1), False),  # the time was moved back; nothing was left undone
    ],
)
def test_f35_texts_wait_one_round_when_the_clock_was_away_for_more_than_ten_minutes(
    session: Session, tmp_path: Path, away: timedelta | None, waits: bool
) -> None:
    if away is not None:
        heartbeats.beat("deliver", INVITED - away)
        session.commit()
    assert restoring.waits_after_leap(tmp_path, INVITED) is waits
    assert not restoring.waits_after_leap(tmp_path, INVITED), "one round and no more"


@pytest.mark.parametrize(
    ("behind", "held"),
    [
        (timedelta(minutes=10), False),
        (timedelta(minutes=10, microseconds=1), True),
        (timedelta(hours=-1), False),  # another clock ran since
        (None, True),  # the database remembers no clock at all
    ],
)
def test_f39_texts_are_held_when_the_database_is_ten_minutes_older_than_this_machine_remembers(
    session: Session, tmp_path: Path, behind: timedelta | None, held: bool
) -> None:
    restoring.remember(tmp_path, INVITED)
    if behind is not None:
        heartbeats.beat("remember", INVITED - behind)
        session.commit()
    assert restoring.hold_if_restored(tmp_path, INVITED) is held
    assert breaker.halts() == (("the database was restored",) if held else ())


@pytest.mark.parametrize("written", [None, "", "yesterday"])
def test_a_machine_that_remembers_nothing_readable_holds_nothing(
    session: Session, tmp_path: Path, written: str | None
) -> None:
    if written is not None:
        (tmp_path / restoring.FILE).write_text(written)
    assert not restoring.hold_if_restored(tmp_path, INVITED)


def test_a_back_up_restored_under_a_running_clock_is_seen_in_the_round_after_the_leap(
    session: Session, tmp_path: Path
) -> None:
    restoring.remember(tmp_path, INVITED)
    for job in ("deliver", "remember"):
        heartbeats.beat(job, INVITED - timedelta(hours=8))
    session.commit()
    assert restoring.waits_after_leap(tmp_path, INVITED)
    assert breaker.halts() == ("the database was restored",)


def test_a_back_up_made_in_the_future_is_refused(session: Session, twilio: TwilioGateway) -> None:
    assert restoring.recover(twilio, INVITED, INVITED) == 0
    with pytest.raises(BadInput, match="lies in the future"):
        restoring.recover(twilio, INVITED + timedelta(microseconds=1), INVITED)
