"""Signatures under final data: one participant's by an investigator, the study's by two people of two roles."""

from datetime import timedelta
from typing import NamedTuple

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.roles import Role
from app.core.problems import BadInput, Conflict, Forbidden
from app.participants.models import Task, TaskKind
from app.responses.answering import submit
from app.responses.corrections import Query, approve, ask, ask_to_void, close
from app.responses.final_words import (
    LOCKS,
    SIGNED_OFF,
    altered_signatures,
    holds,
    lock_signatures,
    sign_lock,
    sign_off,
    sign_offs,
    unlock,
)
from app.responses.going_live import NotReadyToBeLocked, change_state
from app.responses.models import Answerer, Mode, Response
from app.responses.staff_entry import AboutEntry, begin_again, enter
from app.studies.guarding import NotInThisState
from app.studies.models import Study, StudyState
from tests.factories import user, visit
from tests.responses.typed import fields_of
from tests.responses.visits import INFUSION, answers_to, participant

NOW = INFUSION + timedelta(days=160)
HOUR = timedelta(hours=1)
PAPER = AboutEntry(Mode.PAPER, Answerer.HERSELF, (INFUSION + timedelta(days=120)).date(), scan="binder 3", twice=True)


class Staff(NamedTuple):
    """A study whose only patient has answered day 154, and those who sign."""

    response: Response
    manager: User
    investigator: User
    coordinator: User

    @property
    def study(self) -> Study:
        return self.response.assessment.participant.study

    def corrected(self) -> None:
        query = ask(self.response, Query("odi", "lifting", "4", "A slip", "Note"), self.coordinator, NOW)
        approve(query, self.investigator, NOW)

    def close(self) -> None:
        change_state(self.study, StudyState.CLOSED)


@pytest.fixture
def staff(session: Session) -> Staff:
    d154 = visit(participant(), "d154")
    response = submit(d154, answers_to(d154), INFUSION + timedelta(days=154), language="en")
    for task in session.query(Task).order_by(Task.id):
        task.done_at, task.done_by, task.outcome = NOW, "user:1", "Read"
    study = d154.participant.study
    people = (user(study, Role.DATA_MANAGER), user(study, Role.INVESTIGATOR), user(study, Role.COORDINATOR, "01"))
    return Staff(response, *people)


def test_a_participant_is_signed_off_with_name_time_and_meaning(staff: Staff) -> None:
    person = staff.response.assessment.participant
    signed = sign_off(person, staff.investigator, NOW)
    assert (signed.signer_name, signed.signed_at, signed.meaning) == ("Kari Nordmann", NOW, SIGNED_OFF)
    assert holds(signed)
    with pytest.raises(Conflict, match="signed off as they are"):
        sign_off(person, staff.investigator, NOW + HOUR)


@pytest.mark.parametrize("what", ["corrected", "asked", "voided", "answered"])
def test_whatever_changes_afterwards_ends_what_the_signature_holds(staff: Staff, what: str) -> None:
    person = staff.response.assessment.participant
    signed = sign_off(person, staff.investigator, NOW)
    match what:
        case "corrected":
            staff.corrected()
        case "asked":
            ask(staff.response, Query("odi", "lifting", "4", "A slip", "Note"), staff.coordinator, NOW)
        case "voided":
            approve(ask_to_void(staff.response, "Her sister", "Note", staff.coordinator, NOW), staff.investigator, NOW)
        case _:
            d278 = visit(person, "d278")
            submit(d278, answers_to(d278), d278.due_at, language="en")
    assert not holds(signed)


def test_it_is_signed_anew_once_all_is_decided(staff: Staff) -> None:
    person = staff.response.assessment.participant
    sign_off(person, staff.investigator, NOW)
    query = ask(staff.response, Query("odi", "lifting", "4", "A slip", "Note"), staff.coordinator, NOW)
    with pytest.raises(Conflict, match="not decided yet"):
        sign_off(person, staff.investigator, NOW)
    approve(query, staff.investigator, NOW)
    every = (*sign_offs(person), sign_off(person, staff.investigator, NOW + HOUR))
    assert [holds(each) for each in every] == [False, True]


def test_a_query_that_was_closed_changes_nothing(staff: Staff) -> None:
    signed = sign_off(staff.response.assessment.participant, staff.investigator, NOW)
    query = ask(staff.response, Query("odi", "lifting", "4", "A slip", "Note"), staff.coordinator, NOW)
    close(query, staff.coordinator, "By mistake", NOW)
    assert holds(signed)


@pytest.mark.parametrize("first", ["manager", "investigator"])
def test_two_people_of_two_roles_lock_the_study(staff: Staff, first: str) -> None:
    staff.close()
    order = [staff.manager, staff.investigator]
    if first == "investigator":
        order.reverse()
    states = []
    for signer in order:
        states.append((sign_lock(staff.study, signer, NOW), staff.study.state))
    assert states == [(False, StudyState.CLOSED), (True, StudyState.LOCKED)]
    signatures = lock_signatures(staff.study)
    assert {each.role: each.meaning for each in signatures} == LOCKS
    assert {each.signer_name for each in signatures} == {"Kari Nordmann"}
    assert altered_signatures(signatures) == []


def test_nobody_locks_alone(staff: Staff, session: Session) -> None:
    from app.studies.access import join

    staff.close()
    join(staff.manager, staff.study, Role.INVESTIGATOR)
    sign_lock(staff.study, staff.manager, NOW)
    with pytest.raises(Conflict, match="You have signed this already"):
        sign_lock(staff.study, staff.manager, NOW)
    with pytest.raises(NotReadyToBeLocked) as caught:
        change_state(staff.study, StudyState.LOCKED)
    assert set(caught.value.errors) == {"signatures"}


def test_two_of_one_role_do_not_lock(staff: Staff) -> None:
    staff.close()
    sign_lock(staff.study, staff.manager, NOW)
    with pytest.raises(Conflict, match="The data manager has signed this already"):
        sign_lock(staff.study, user(staff.study, Role.DATA_MANAGER), NOW)


@pytest.mark.parametrize(
    ("role", "site"),
    [(Role.COORDINATOR, None), (Role.MONITOR, None), (Role.ADMINISTRATOR, None), (Role.INVESTIGATOR, "01")],
)
def test_who_has_neither_role_for_the_whole_study_signs_and_unlocks_nothing(
    staff: Staff, role: Role, site: str | None
) -> None:
    staff.close()
    other = user(staff.study, role, site)
    with pytest.raises(Forbidden, match="of the whole study"):
        sign_lock(staff.study, other, NOW)
    with pytest.raises(Forbidden, match="of the whole study"):
        unlock(staff.study, other, "Because", NOW)


def test_what_is_unfinished_is_finished_first(staff: Staff, session: Session) -> None:
    with pytest.raises(Conflict, match="locked once it is closed"):
        sign_lock(staff.study, staff.manager, NOW)
    staff.close()
    session.add(Task(participant=staff.response.assessment.participant, kind=TaskKind.CALL_ME, created_at=NOW))
    session.flush()
    with pytest.raises(Conflict) as caught:
        sign_lock(staff.study, staff.manager, NOW)
    assert set(caught.value.errors) == {"tasks"}


def test_a_paper_that_was_typed_once_of_twice_is_settled_first_and_would_be_lost(staff: Staff) -> None:
    d120 = visit(staff.response.assessment.participant, "d120")
    enter(d120, PAPER, fields_of(d120), staff.coordinator, NOW)
    staff.close()
    with pytest.raises(Conflict) as caught:
        sign_lock(staff.study, staff.manager, NOW)
    assert caught.value.errors == {
        "papers": "1 typed once, or not alike: a second person settles them, or they are begun again"
    }
    begin_again(d120)
    assert sign_lock(staff.study, staff.manager, NOW) is False


def test_data_that_changed_before_the_second_signature_are_signed_anew(staff: Staff) -> None:
    staff.close()
    sign_lock(staff.study, staff.manager, NOW)
    staff.corrected()
    assert sign_lock(staff.study, staff.investigator, NOW + HOUR) is False
    every = lock_signatures(staff.study, ended=True)
    assert [each.end_reason for each in every] == ["the data have changed since", None]
    assert sign_lock(staff.study, staff.manager, NOW + 2 * HOUR) is True


def test_a_lock_is_opened_with_a_reason_and_both_sign_anew(staff: Staff) -> None:
    staff.close()
    sign_lock(staff.study, staff.manager, NOW)
    sign_lock(staff.study, staff.investigator, NOW)
    with pytest.raises(NotInThisState):
        sign_off(staff.response.assessment.participant, staff.investigator, NOW)
    with pytest.raises(NotReadyToBeLocked, match="cannot be closed yet"):
        change_state(staff.study, StudyState.CLOSED)
    for reason in ("", " ", "x" * 1001):
        with pytest.raises(BadInput, match="Say why"):
            unlock(staff.study, staff.manager, reason, NOW)
    unlock(staff.study, staff.manager, "A paper was found.", NOW + HOUR)
    assert (staff.study.state, lock_signatures(staff.study)) == (StudyState.CLOSED, [])
    assert {each.end_reason for each in lock_signatures(staff.study, ended=True)} == {"A paper was found."}
    with pytest.raises(Conflict, match="is not locked"):
        unlock(staff.study, staff.manager, "Again", NOW)
    assert sign_lock(staff.study, staff.manager, NOW + HOUR) is False


def test_a_signature_needs_a_name_to_print(staff: Staff) -> None:
    staff.close()
    staff.manager.name = staff.investigator.name = " "
    with pytest.raises(BadInput, match="A signature prints your name"):
        sign_lock(staff.study, staff.manager, NOW)
    with pytest.raises(BadInput, match="A signature prints your name"):
        sign_off(staff.response.assessment.participant, staff.investigator, NOW)


@pytest.mark.parametrize("table", ["sign_offs", "lock_signatures"])
@pytest.mark.parametrize("statement", ["UPDATE {table} SET meaning = ''", "DELETE FROM {table}"])
def test_the_service_alters_no_signature(staff: Staff, session: Session, table: str, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), session.begin_nested():
        session.execute(text(statement.format(table=table)))


@pytest.mark.parametrize(
    "change", [{"signer_name": "Ola"}, {"meaning": "I was there."}, {"contents_sha256": "0" * 64}, {"signed_by_id": -1}]
)
def test_a_signature_fits_nothing_else(staff: Staff, session: Session, change: dict[str, object]) -> None:
    staff.close()
    sign_lock(staff.study, staff.manager, NOW)
    (signature,) = lock_signatures(staff.study)
    with session.no_autoflush:
        for name, value in change.items():
            setattr(signature, name, value)
        assert altered_signatures([signature]) == [signature]
    session.expire(signature)


def test_a_sign_off_whose_record_was_altered_does_not_hold(staff: Staff, session: Session) -> None:
    signed = sign_off(staff.response.assessment.participant, staff.investigator, NOW)
    with session.no_autoflush:
        signed.signer_name = "Ola"
        assert not holds(signed)
    session.expire(signed)
