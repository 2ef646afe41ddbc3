"""What is asked before the questions: five tries for PIN and year of birth together, and what may be kept of a year."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.audit import AuditEntry
from app.core.problems import BadInput
from app.participants.enrolment import Person, enrol
from app.participants.identity import WRONG_TRIES, Checks, Locked, checks, forget_tries, note_birth_year, passes
from app.participants.models import Contact, Participant
from app.participants.pin import set_pin
from tests.responses.visits import INFUSION, participant

ASKED = {"birth_year: not_asked": "birth_year: asked"}
PIN, YEAR, BOTH = Checks(True, False), Checks(False, True), Checks(True, True)
TODAY = INFUSION.date()


def contact_with(pin: str = "4711", year: str = "1979") -> Contact:
    someone = participant(changes=ASKED)
    set_pin(someone.contact, pin)
    note_birth_year(someone.contact, year, someone.protocol.plan, TODAY)
    return someone.contact


@pytest.mark.parametrize(
    ("checks_asked", "pin", "year", "right"),
    [
        (PIN, "4711", "", True),
        (PIN, "4711", "1980", True),  # it was not asked
        (PIN, "1174", "1979", False),
        (YEAR, "", "1979", True),
        (YEAR, "", " 1979 ", True),
        (YEAR, "4711", "1980", False),
        (YEAR, "", "", False),
        (YEAR, "", "79", False),
        (BOTH, "4711", "1979", True),
        (BOTH, "4711", "1980", False),
        (BOTH, "1174", "1979", False),
    ],
)
def test_all_that_is_asked_must_be_right(
    session: Session, checks_asked: Checks, pin: str, year: str, right: bool
) -> None:
    contact = contact_with()
    assert passes(contact, checks_asked, pin, year, INFUSION) is right
    assert contact.check_failures == (0 if right else 1)


def test_the_fifth_wrong_try_closes_it_also_for_the_right_one(session: Session) -> None:
    contact = contact_with()
    wrong = [passes(contact, BOTH, "4711", "1900", INFUSION + n * timedelta(minutes=1)) for n in range(WRONG_TRIES)]
    assert wrong == [False] * WRONG_TRIES
    assert contact.check_locked_at == INFUSION + (WRONG_TRIES - 1) * timedelta(minutes=1)
    with pytest.raises(Locked):
        passes(contact, BOTH, "4711", "1979", INFUSION)
    forget_tries(contact)
    assert passes(contact, BOTH, "4711", "1979", INFUSION)


def test_the_right_answer_forgets_wrong_tries(session: Session) -> None:
    contact = contact_with()
    for _ in range(3):
        assert not passes(contact, YEAR, "", "1980", INFUSION)
        assert passes(contact, YEAR, "", "1979", INFUSION)
    assert contact.check_failures == 0


@pytest.mark.parametrize(("changes", "asks"), [({}, False), (ASKED, True)])
def test_a_year_is_asked_where_the_protocol_says_so_and_it_is_on_record(
    session: Session, changes: dict[str, str], asks: bool
) -> None:
    plan = participant(changes=changes).protocol.plan
    assert checks(plan, pin_chosen=False, birth_year_noted=True) == Checks(False, asks)
    assert not checks(plan, pin_chosen=False, birth_year_noted=False)


@pytest.mark.parametrize("year", ["79", "19790", "nineteen", "1879", "2027", "١٩٧", "19 79", "-197", "١٨٧٩"])
def test_a_year_of_birth_has_four_digits_and_can_be_of_somebody_alive(session: Session, year: str) -> None:
    someone = participant(changes=ASKED)
    with pytest.raises(BadInput) as refused:
        note_birth_year(someone.contact, year, someone.protocol.plan, TODAY)
    assert list(refused.value.errors) == ["birth_year"]
    assert someone.contact.birth_year is None


@pytest.mark.parametrize("year", ["1906", "1979", "2026"])
def test_the_oldest_and_the_newest_year_are_taken(session: Session, year: str) -> None:
    assert contact_with(year=year).birth_year == year


def enrolled(first: Participant, year: str) -> Participant:
    person = Person("+4790012345", birth_year=year)
    return enrol(first.site, first.protocol, person, "v1", date(2026, 2, 1), INFUSION)


def test_it_is_noted_at_enrolment_closed_and_hidden_in_the_trail(session: Session) -> None:
    contact = enrolled(participant(changes=ASKED), "1979").contact
    session.flush()
    assert contact.birth_year_sealed is not None
    assert b"1979" not in contact.birth_year_sealed
    entries = session.scalars(select(AuditEntry).filter_by(table_name="identifiers.contacts")).all()
    assert {entry.new["birth_year_sealed"] for entry in entries if entry.new} == {None, "(hidden)"}


@pytest.mark.parametrize(("changes", "year"), [({}, "1979"), (ASKED, "197")])
def test_a_year_that_is_wrong_or_not_asked_for_stops_enrolment(
    session: Session, changes: dict[str, str], year: str
) -> None:
    first = participant(changes=changes)
    with pytest.raises(BadInput) as refused:
        enrolled(first, year)
    assert list(refused.value.errors) == ["birth_year"]
