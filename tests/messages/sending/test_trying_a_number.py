"""A text that tries whether a number is hers: three an hour are enough, whoever asks for it."""

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.core.problems import TooMany
from app.core.time import moved_clock
from app.messages.kinds import MessageKind
from app.messages.models import Message
from app.messages.queueing.coordinating import send_test
from app.participants.models import Participant
from tests.factories import Browser, user
from tests.messages.people import INVITED, minutes


def test_three_test_texts_an_hour_are_enough(session: Session, app: Flask, participant: Participant) -> None:
    for minute in (0, 10, 20):
        send_test(participant, INVITED + minutes(minute))
    for later in (20, 30, 59.9):
        with pytest.raises(TooMany, match="3 test texts were sent") as refused:
            send_test(participant, INVITED + minutes(later))
        assert refused.value.retry_after == pytest.approx((60 - later) * 60 + 1, abs=1)
    send_test(participant, INVITED + minutes(60))
    with pytest.raises(TooMany):
        send_test(participant, INVITED + minutes(61))
    kinds = session.scalars(select(Message.kind)).all()
    assert kinds == [MessageKind.TEST] * 4


def test_a_fourth_test_within_the_hour_is_refused_at_the_desk_and_by_the_command(
    session: Session, app: Flask, participant: Participant
) -> None:
    browser = Browser(app, user(participant.study, Role.COORDINATOR))
    session.commit()
    form = {"act": "test", "visit": "", "reason": "is it her number?"}
    command = ["messages", "test", "backtobasic", "01-001", "--reason", "is it her number?"]
    with moved_clock(lambda: INVITED):
        pages = [browser.post("/desk/backtobasic/participants/01-001/texts/", **form) for _ in range(2)]
        done = [app.test_cli_runner().invoke(args=command) for _ in range(2)]
        pages.append(browser.post("/desk/backtobasic/participants/01-001/texts/", **form))
    assert [page.status_code for page in pages] == [303, 303, 429]
    assert [run.exit_code for run in done] == [0, 1]
    assert done[1].output.startswith("Error: 3 test texts were sent to this number within the hour.")
