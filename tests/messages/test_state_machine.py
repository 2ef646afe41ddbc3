"""Anything may happen in any order: a Hypothesis machine drives the product and holds what is promised."""

import time
from collections import Counter

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from app.core.database import db
from app.core.time import moved_clock
from app.messages.kinds import PROMPTS
from app.messages.models import Message
from app.messages.receiving.receipts import store
from app.messages.receiving.returned_mail import unsubscribe
from app.participants.enrolment import change_email
from tests.messages.budget import SOAK_MINUTES
from tests.messages.erratic import MailProvider
from tests.messages.mail.people import BY_EMAIL
from tests.messages.people import INVITED, enrolled, only, pair
from tests.messages.trial_machine import Trial


class TogetherTrial(Trial):
    """The same, but both visits are asked at the same hour, and the protocol wants that in one text."""

    enrolled = staticmethod(pair)

    @invariant()
    def nobody_gets_two_prompts_at_once(self) -> None:
        prompts = select(Message.id, Message.participant_id).where(Message.kind.in_(PROMPTS))
        whose = dict(db.session.execute(prompts.where(Message.participant_id > self.reached)).all())
        rang = Counter((whose[text.message_id], text.at) for text in self.provider.rang if text.message_id in whose)
        assert [who for who, count in rang.items() if count > 1] == []
        db.session.rollback()


class MailTrial(Trial):
    """The same by e-mail, with texts where mails come back; a mail server lists nothing when it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.provider = MailProvider()

    @staticmethod
    def enrolled(number: int) -> None:
        """Somebody who is written e-mails first."""
        only(enrolled(number, text=BY_EMAIL, email=f"kari{number}@example.org"), "d7", "d14")

    @rule(number=st.integers(0, 4), digits=st.integers(0, 99))
    def change_email(self, number: int, digits: int) -> None:
        """Her address is corrected; to one that came back she is written no more."""
        change_email(self.someone(number), f"ola{digits}@example.org", "email")
        self.done()

    @rule(which=st.integers(0, 20))
    def comes_back(self, which: int) -> None:
        """A mail server says, however late, that a mail did not arrive."""
        mails = [rung for rung in self.provider.rang if "@" in rung.text.to]
        if mails:
            mail = mails[which % len(mails)]
            form = {"MessageSid": mail.sid, "MessageStatus": "failed", "ErrorCode": "5.1.1"}
            store(mail.message_id, form, self.now)
            self.done()

    @rule(number=st.integers(0, 4))
    def unsubscribe(self, number: int) -> None:
        """One press in the mail program."""
        unsubscribe(self.someone(number), self.now, "Pressed the button of an e-mail.")
        self.done()


def machine_of(trial: type[Trial], of_app: Flask) -> type[Trial]:
    """The same trial of this application."""
    return type("Machine", (trial,), {"app": of_app})


def assert_promises_hold(machine: type[Trial], histories: settings) -> None:
    """What is promised are invariants of the trial: one that is broken ends the run with its history."""
    with moved_clock(lambda: INVITED):
        run_state_machine_as_test(machine, settings=histories)
    assert machine.ever_rang > 0, "no text left, so nothing was put to the test"


def the_same_histories(examples: int, steps: int) -> settings:
    """So many histories of so many steps, the same in every run."""
    return settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate],
    )  # fmt: skip


@pytest.mark.parametrize(("trial", "examples", "steps"), [(MailTrial, 3, 25), (TogetherTrial, 5, 20)])
def test_emails_and_visits_in_one_text_keep_the_same_promises(
    app: Flask, trial: type[Trial], examples: int, steps: int
) -> None:
    assert_promises_hold(machine_of(trial, app), the_same_histories(examples, steps))


def test_over_further_histories_the_promises_hold(app: Flask) -> None:
    assert_promises_hold(machine_of(Trial, app), the_same_histories(12, 25))


def test_whatever_happens_the_promises_hold(app: Flask) -> None:
    machine, usual = machine_of(Trial, app), the_same_histories(6, 25)
    assert_promises_hold(machine, usual)
    histories, until = 6, time.monotonic() + 60 * SOAK_MINUTES
    while time.monotonic() < until:
        longer = settings(usual, max_examples=20, stateful_step_count=60, derandomize=False)
        assert_promises_hold(machine, longer)
        histories += 20
    print(f"{histories} histories")
