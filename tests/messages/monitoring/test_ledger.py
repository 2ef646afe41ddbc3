"""The books of a study: every text owed is accounted for, or they do not close."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.clock import tick
from app.core.time import moved_clock
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.models import MessageState
from app.messages.monitoring.ledger import books
from app.schedule.models import Assessment
from app.studies.models import StudyState
from tests.messages.books import states
from tests.messages.people import INVITED, minutes


def test_the_ledger_closes_or_says_what_is_missing(
    session: Session, assessment: Assessment, gateway: SandboxGateway, app: Flask
) -> None:
    study, late = assessment.participant.study, INVITED + timedelta(hours=1)
    session.commit()
    missing = books(study, now=late)
    assert (missing.owed, missing.accounted, missing.balanced) == (1, 0, False)
    assert missing.contradictions == ("1 visits were due and have no text",)
    tick(gateway, late)
    found = books(study, INVITED.date(), late)
    assert (found.owed, found.accepted, found.balanced) == (1, 1, True)
    assert books(study, INVITED.date() + timedelta(days=1), late).owed == 0


def test_the_books_of_a_closed_study_close(
    session: Session, assessment: Assessment, gateway: SandboxGateway, app: Flask
) -> None:
    """What falls due after its end is not sent, and the ledger says why; opened again, what is still due is owed."""
    study = assessment.participant.study
    study.state = StudyState.CLOSED
    session.commit()
    tick(gateway, INVITED)
    found = books(study, INVITED.date(), INVITED + timedelta(hours=1))
    assert (found.reasons, found.owed, found.balanced) == ({"study closed": 1}, 1, True)
    study.state = StudyState.LIVE
    session.commit()
    tick(gateway, INVITED + minutes(1))
    assert states(session) == [MessageState.ACCEPTED]


def test_the_ledger_command_says_that_there_is_no_study(session: Session, app: Flask) -> None:
    done = app.test_cli_runner().invoke(args=["ledger"])
    assert (done.exit_code, done.output) == (0, "No study has a protocol yet, so no text is owed.\n")


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ledger_command_refuses_a_day_that_no_trial_has(assessment: Assessment, app: Flask, day: str) -> None:
    done = app.test_cli_runner().invoke(args=["ledger", "--day", day])
    assert (done.exit_code, done.output.splitlines()[0]) == (1, "Error: Ask for a day from 1900-01-01 to 2999-12-31.")


def test_the_ledger_command_ends_with_one_when_the_books_do_not_close(
    session: Session, assessment: Assessment, gateway: SandboxGateway, app: Flask
) -> None:
    late = INVITED + timedelta(hours=1)
    with moved_clock(lambda: late):
        open_books = app.test_cli_runner().invoke(args=["ledger"])
        tick(gateway, late)
        closed_books = app.test_cli_runner().invoke(args=["ledger", "--study", "backtobasic"])
    assert (open_books.exit_code, closed_books.exit_code) == (1, 0)
    assert "NOT CLOSED: 1 owed, 0 accounted for" in open_books.output
    assert "1 owed = 0 delivered + 1 accepted" in closed_books.output
    unknown = app.test_cli_runner().invoke(args=["ledger", "--study", "nothing"])
    assert (unknown.exit_code, unknown.output) == (1, "Error: There is no study nothing; installed: backtobasic.\n")
