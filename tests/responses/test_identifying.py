"""What comes of a try at PIN and year of birth, and which task the one too many makes."""

from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.participants.identity import Checks, change_checks
from app.participants.models import Contact, Task, TaskKind
from app.participants.pin import set_pin
from app.responses.identifying import Tried, identify
from app.schedule.models import Assessment
from tests.responses.visits import INFUSION, participant, visit

D154 = INFUSION + timedelta(days=154)
PIN, YEAR = "4711", "1979"
BOTH, ONLY_PIN, ONLY_YEAR = Checks(True, True), Checks(True, False), Checks(False, True)


@pytest.fixture
def d154(session: Session) -> Assessment:
    """The visit of somebody with a PIN, whose year of birth is on record."""
    assessment = visit(participant(), "d154")
    set_pin(assessment.participant.contact, PIN)
    assessment.participant.contact.birth_year = YEAR
    session.flush()
    return assessment


def tried(assessment: Assessment, checks: Checks, pin: str, year: str) -> Tried:
    return identify(assessment, assessment.participant.contact, checks, pin, year, D154)


def tasks(session: Session) -> list[tuple[TaskKind, str | None]]:
    return [(task.kind, task.visit) for task in session.scalars(select(Task).order_by(Task.id))]


@pytest.mark.parametrize(
    ("checks", "pin", "year"),
    list(product([BOTH, ONLY_PIN, ONLY_YEAR], [PIN, "0000", ""], [YEAR, " 1979 ", "1980", ""])),
)
def test_all_that_is_asked_must_be_right_and_nothing_else(
    session: Session, d154: Assessment, checks: Checks, pin: str, year: str
) -> None:
    right = (pin == PIN or not checks.pin) and (year.strip() == YEAR or not checks.birth_year)
    assert tried(d154, checks, pin, year) is (Tried.RIGHT if right else Tried.WRONG)
    assert tasks(session) == []


@pytest.mark.parametrize(
    ("checks", "kind"),
    [(BOTH, TaskKind.PIN_LOCKED), (ONLY_PIN, TaskKind.PIN_LOCKED), (ONLY_YEAR, TaskKind.WRONG_PERSON)],
)
def test_the_fifth_wrong_try_locks_and_makes_one_task(
    session: Session, d154: Assessment, checks: Checks, kind: TaskKind
) -> None:
    outcomes = [tried(d154, checks, "0000", "1980") for _ in range(5)]
    assert outcomes == [Tried.WRONG] * 4 + [Tried.LOCKED]
    assert tasks(session) == [(kind, "d154")]
    assert tried(d154, checks, PIN, YEAR) is Tried.LOCKED, "what is right now comes too late"
    assert tasks(session) == [(kind, "d154")]


def test_four_wrong_tries_and_a_right_one_begin_anew(session: Session, d154: Assessment) -> None:
    for _ in range(2):
        assert [tried(d154, BOTH, "0000", YEAR) for _ in range(4)] == [Tried.WRONG] * 4
        assert tried(d154, BOTH, PIN, YEAR) is Tried.RIGHT
    assert tasks(session) == []


def test_opened_again_there_are_five_tries_more(session: Session, d154: Assessment) -> None:
    contact: Contact = d154.participant.contact
    for _ in range(5):
        tried(d154, ONLY_PIN, "0000", "")
    session.refresh(contact)
    change_checks(contact, d154.protocol.plan, D154.date(), pin="12345")
    session.flush()
    assert [tried(d154, ONLY_PIN, PIN, "") for _ in range(4)] == [Tried.WRONG] * 4
    assert tried(d154, ONLY_PIN, "12345", "") is Tried.RIGHT
