"""A study that is not live yet rings on no patient's telephone: by the clock, the desk, the command line."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import tick
from app.core.problems import Conflict
from app.core.time import moved_clock
from app.messages.kinds import Reason
from app.messages.models import Message, MessageState
from app.messages.queueing.coordinating import check_leaves, send_test
from app.participants.models import Participant
from app.studies.models import Study
from app.studies.states import REAL, StudyState
from tests.messages.books import closed, states
from tests.messages.erratic import Provider
from tests.messages.people import INVITED, enrolled, minutes, only

HER_NUMBER = "+4740000001"
STOPPED = {StudyState.LOCKED, StudyState.ARCHIVED}
"""A lock stops time: what falls due is noted once it is open again."""
Put = Callable[[StudyState], None]


@pytest.fixture
def put(session: Session) -> Put:
    """Puts the one study in a state."""

    def into(state: StudyState) -> None:
        session.scalars(select(Study)).one().state = state
        session.commit()

    return into


@pytest.fixture
def invited(session: Session, put: Put) -> Participant:
    """Somebody who is owed an invitation, in a study that is being set up."""
    person = enrolled()
    only(person, "d7")
    put(StudyState.SETUP)
    return person


@pytest.mark.parametrize("state", [state for state in StudyState if state not in REAL])
def test_before_and_after_a_study_is_live_no_telephone_rings(
    session: Session, app: Flask, invited: Participant, put: Put, state: StudyState
) -> None:
    send_test(invited, INVITED)
    put(state)
    gateway = Provider()
    for minute in (0, 1, 2):
        tick(gateway, INVITED + minutes(minute))
    assert len(StudyState) - len(REAL) == 5
    assert not gateway.tries
    noted = ["test"] if state in STOPPED else ["test", "invitation"]
    assert states(session) == [MessageState.SUPPRESSED] * len(noted)
    assert closed(session, INVITED + minutes(60))


def test_the_ledger_says_that_the_study_was_not_live(session: Session, app: Flask, invited: Participant) -> None:
    tick(Provider(), INVITED)
    assert session.scalars(select(Message.reason)).all() == [Reason.NOT_LIVE]


@pytest.mark.parametrize("state", [StudyState.LIVE, StudyState.RECRUITING_STOPPED])
def test_what_is_still_due_leaves_once_the_study_is_live(
    session: Session, app: Flask, invited: Participant, put: Put, state: StudyState
) -> None:
    gateway = Provider()
    tick(gateway, INVITED)
    put(state)
    for minute in (5, 6):
        tick(gateway, INVITED + minutes(minute))
    assert gateway.tries == {HER_NUMBER: 1}
    assert states(session) == [MessageState.ACCEPTED]


def test_the_sandbox_takes_texts_of_a_study_that_is_being_set_up(
    session: Session, app: Flask, invited: Participant
) -> None:
    gateway = Provider(real=False)
    tick(gateway, INVITED)
    assert gateway.tries == {HER_NUMBER: 1}


@pytest.mark.parametrize(("staff", "tests_left"), [({HER_NUMBER}, 1), ({"+4740000002"}, 0), (set(), 0)])
def test_a_test_text_reaches_the_confirmed_telephone_of_staff_and_nothing_else_does(
    session: Session, app: Flask, invited: Participant, staff: set[str], tests_left: int
) -> None:
    gateway = Provider(staff=frozenset(staff))
    send_test(invited, INVITED)
    session.commit()
    for minute in (0, 1):
        tick(gateway, INVITED + minutes(minute))
    sent = session.execute(select(Message.kind).where(Message.state == MessageState.ACCEPTED)).scalars().all()
    assert sent == ["test"] * tests_left


@pytest.mark.parametrize(
    ("state", "real", "test", "refused"),
    [
        (StudyState.SETUP, True, False, "is being set up"),
        (StudyState.DEMO, True, False, "is a demonstration"),
        (StudyState.CLOSED, False, False, "is closed"),
        (StudyState.SETUP, True, True, None),
        (StudyState.DEMO, True, True, "is a demonstration"),
        (StudyState.SETUP, False, False, None),
        (StudyState.LIVE, True, False, None),
    ],
)
def test_a_coordinator_is_told_before_the_old_link_dies(
    session: Session, app: Flask, invited: Participant, put: Put,
    state: StudyState, real: bool, test: bool, refused: str | None,
) -> None:  # fmt: skip
    put(state)
    if refused is None:
        check_leaves(invited, real=real, staff={HER_NUMBER}, test=test)
        return
    with pytest.raises(Conflict, match=refused):
        check_leaves(invited, real=real, staff={HER_NUMBER}, test=test)


@pytest.mark.parametrize(
    "command",
    [
        ("test", "backtobasic", "01-001"),
        ("reissue", "backtobasic", "01-001", "d7"),
        ("bring-forward", "backtobasic", "01-001", "d7", "invitation"),
    ],
)
def test_commands_are_refused_in_words_where_texts_are_real(
    session: Session, app: Flask, invited: Participant, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    sandbox = app.extensions["settings"]
    for settings, refused in ((replace(sandbox, gateway="twilio"), True), (sandbox, False)):
        monkeypatch.setitem(app.extensions, "settings", settings)
        with moved_clock(lambda: INVITED):
            done = app.test_cli_runner().invoke(args=["messages", *command, "--reason", "a try"])
        assert (done.exit_code == 1, "backtobasic is being set up" in done.output) == (refused, refused), done.output
    session.expire_all()
    assert session.scalars(select(Message.queued_at)).all() == [INVITED], "from the sandbox alone"
