"""Randomised, another number, an event that never was: each for who saw what stands there now."""

from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.accounts.roles import Role
from app.core.audit import AuditEntry
from app.core.time import moved_clock
from app.participants.models import Event, EventState, Participant
from app.studies.models import Study
from tests.api.asking import S
from tests.api.conftest import Program, Programs
from tests.exports.builders import PHONE
from tests.exports.conftest import NOW

HERS = f"{S}/participants/01-010"
NEW_PHONE = {"phone": "+4740655509", "reason": "she told us on the telephone"}
VOIDED = {"kind": "first_infusion", "recorded_on": "2026-03-02", "reason": "noted for the wrong participant"}
SEEN: dict[str, dict[str, Any]] = {"contact": NEW_PHONE, "events/voiding": VOIDED}
"""Changes that take the place of what stands there."""
OTHERS: dict[str, dict[str, Any]] = {
    "events": {"kind": "treatment_stopped", "state": "happened", "at": "2026-04-01T10:00:00Z"},
    "withdrawals": {"grade": "no texts", "reason": "no reason given"},
    "corrections": {"reason": "written down wrongly", "language": "en"},
}


@pytest.fixture
def coordinator(program: Programs) -> Program:
    return program(Role.COORDINATOR)


def sent(program: Program, path: str, body: object, etag: str = "") -> TestResponse:
    headers = program.headers | ({"If-Match": etag} if etag else {})
    with moved_clock(lambda: NOW):
        return program.client.post(f"/api/v1{HERS}/{path}", headers=headers, json=body)


def seen(program: Program) -> str:
    """The ETag of her as she is now."""
    return program.get(HERS).headers["ETag"]


def her(session: Session) -> Participant:
    session.rollback()
    session.expire_all()
    return session.scalars(select(Participant).filter_by(code="01-010")).one()


def infusion(session: Session) -> Event:
    return next(event for event in her(session).events if event.kind == "first_infusion")


@pytest.mark.parametrize("path", SEEN)
def test_who_does_not_say_what_she_saw_is_asked_to_look_first(
    coordinator: Program, session: Session, path: str
) -> None:
    answer = sent(coordinator, path, SEEN[path])
    assert (answer.status_code, "If-Match" in answer.get_json()["detail"]) == (428, True)
    assert (her(session).contact.phone, infusion(session).state) == (PHONE, EventState.HAPPENED)


@pytest.mark.parametrize("path", [*SEEN, *OTHERS])
@pytest.mark.parametrize("etag", ['"0123456789"', 'W/"x"', '"a", "b"'])
def test_who_saw_something_else_changes_nothing(coordinator: Program, session: Session, path: str, etag: str) -> None:
    before = seen(coordinator)
    answer = sent(coordinator, path, (SEEN | OTHERS)[path], etag)
    assert (answer.status_code, answer.mimetype) == (412, "application/problem+json")
    assert seen(coordinator) == before


@pytest.mark.parametrize("path", [*SEEN, *OTHERS])
@pytest.mark.parametrize("which", ["hers", "hers among others", "any"])
def test_who_saw_what_stands_there_changes_it(coordinator: Program, path: str, which: str) -> None:
    before = seen(coordinator)
    etag = {"hers": before, "hers among others": f'"x", {before}', "any": "*"}[which]
    answer = sent(coordinator, path, (SEEN | OTHERS)[path], etag)
    assert answer.status_code in range(200, 300), answer.text
    assert (seen(coordinator) == before) == (path == "withdrawals")


def test_of_two_who_saw_the_same_the_second_looks_again(coordinator: Program) -> None:
    etag = seen(coordinator)
    assert sent(coordinator, "contact", NEW_PHONE, etag).status_code == 200
    assert sent(coordinator, "contact", NEW_PHONE | {"phone": "+4740655510"}, etag).status_code == 412


def test_what_has_not_changed_is_not_sent_again(coordinator: Program) -> None:
    again = coordinator.get(HERS, **{"If-None-Match": seen(coordinator)})
    assert (again.status_code, again.data) == (304, b"")


def test_a_number_goes_in_and_comes_out_nowhere(coordinator: Program, session: Session) -> None:
    answer = sent(coordinator, "contact", NEW_PHONE, "*")
    assert answer.get_json() == {"participant": "01-010"}
    assert her(session).contact.phone == NEW_PHONE["phone"]
    query = (
        select(AuditEntry.reason).where(AuditEntry.table_name == "identifiers.contacts").order_by(AuditEntry.id.desc())
    )
    assert str(session.scalars(query).first()).endswith(NEW_PHONE["reason"])


@pytest.mark.parametrize("phone", ["", "12", "+47 123", "not a number", "+4822334455"])
def test_what_is_no_number_of_hers_is_refused(coordinator: Program, session: Session, phone: str) -> None:
    assert sent(coordinator, "contact", NEW_PHONE | {"phone": phone}, "*").status_code == 400
    assert her(session).contact.phone == PHONE


def test_an_event_that_never_was_is_called_off_and_what_follows_is_told(coordinator: Program, session: Session) -> None:
    content = sent(coordinator, "events/voiding", VOIDED | {"dry_run": True}, "*").get_json()
    assert infusion(session).state is EventState.HAPPENED
    assert sent(coordinator, "events/voiding", VOIDED, "*").get_json() == content
    assert infusion(session).state is EventState.CANCELLED
    assert sent(coordinator, "events/voiding", VOIDED, "*").status_code == 409


@pytest.mark.parametrize(
    ("changed", "status"),
    [({"kind": "surgery"}, 400), ({"recorded_on": "2026-03-03"}, 400), ({"reason": "short"}, 400)],
)
def test_what_was_not_recorded_is_not_called_off(
    coordinator: Program, session: Session, changed: dict[str, str], status: int
) -> None:
    assert sent(coordinator, "events/voiding", VOIDED | changed, "*").status_code == status
    assert infusion(session).state is EventState.HAPPENED


@pytest.mark.parametrize(
    ("day", "status"), [("2026-02-15", 201), ("2026-01-31", 400), ("2026-04-08", 400), ("yesterday", 400)]
)
def test_she_is_randomised_on_a_day_that_can_be(
    coordinator: Program, session: Session, study: Study, day: str, status: int
) -> None:
    session.execute(update(Event).filter_by(kind="randomisation").values(state=EventState.CANCELLED))
    session.commit()
    answer = sent(coordinator, "randomisation", {"on": day})
    assert answer.status_code == status, answer.text
    assert (str(her(session).randomised_on) == day) == (status == 201)


def test_she_is_randomised_once_and_no_arm_is_taken(coordinator: Program) -> None:
    assert sent(coordinator, "randomisation", {"on": "2026-02-15"}).status_code == 409
    assert sent(coordinator, "randomisation", {"on": "2026-02-15", "arm": "infliximab"}).status_code == 400


@pytest.mark.parametrize("path", ["randomisation", *SEEN])
@pytest.mark.parametrize("role", [Role.MONITOR, Role.STATISTICIAN, Role.DATA_MANAGER, Role.ADMINISTRATOR])
def test_who_records_nothing_changes_nothing(program: Programs, path: str, role: Role) -> None:
    assert sent(program(role), path, {}, "*").status_code == 403


@pytest.mark.parametrize("path", ["randomisation", *SEEN])
def test_another_sites_people_are_not_there(program: Programs, path: str) -> None:
    body = SEEN.get(path, {"on": "2026-02-15"})
    assert sent(program(Role.COORDINATOR, at_site="02"), path, body, "*").status_code == 404
