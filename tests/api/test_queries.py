"""Queries by the API: asked and closed by programs, never signed by one."""

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.accounts.roles import Permission, Role
from app.core.audit import AuditEntry
from app.permitting import asked_by
from app.responses.models import Correction
from tests.api.conftest import Programs
from tests.some import some

CORRECTIONS = "/studies/backtobasic/corrections"
VOIDING = {"participant": "01-010", "visit": "d0", "reason": "Her son answered.", "source": "Note of 8 April"}
ASKED = VOIDING | {"instrument": "odi", "item": "lifting", "proposed": "4"}
OF_A_PERSON = "=She chose the line above."
NO_SUCH = {"participant": "01-999"}


def corrections(session: Session) -> list[Correction]:
    """All but the one that a person asked before."""
    query = select(Correction).where(Correction.reason != OF_A_PERSON).order_by(Correction.id)
    return list(session.scalars(query))


def listed(answer: TestResponse) -> list[int]:
    """Which queries about the one whom programs ask about; the study has one about somebody else."""
    body = answer.get_json()
    return [each["id"] for each in body["items"] if each["participant"] == VOIDING["participant"]]


def test_a_program_asks_and_closes(program: Programs, session: Session) -> None:
    coordinator = program(Role.COORDINATOR)
    answer = coordinator.post(CORRECTIONS, ASKED)
    (query,) = corrections(session)
    content = answer.get_json()
    assert (answer.status_code, content["id"], content["participant"], content["visit"]) == (
        201,
        query.id,
        "01-010",
        "d0",
    )
    assert (content["proposed_value"], content["outcome"], content["sha256"]) == ("4", None, None)
    assert listed(coordinator.get(CORRECTIONS)) == [query.id]
    closed = coordinator.post(f"{CORRECTIONS}/{query.id}/closing", {"reason": "Asked twice."})
    assert (closed.status_code, closed.get_json()["outcome"]) == (200, "closed")
    assert listed(coordinator.get(CORRECTIONS)) == []
    assert listed(coordinator.get(f"{CORRECTIONS}?which=all")) == [query.id]
    of_it = select(AuditEntry).filter_by(table_name="public.corrections", row_id=str(query.id))
    trail = session.scalars(of_it.order_by(AuditEntry.id))
    assert [(entry.reason or "").partition(": ")[2] for entry in trail] == ["Her son answered.", "Asked twice."]


def test_a_program_asks_that_a_response_not_count(program: Programs, session: Session) -> None:
    answer = program(Role.DATA_MANAGER).post(f"{CORRECTIONS}/voiding", VOIDING)
    assert (answer.status_code, answer.get_json()["kind"], corrections(session)[0].item) == (201, "void", None)


def test_no_program_can_sign(app: Flask) -> None:
    rules = some(rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("api."))
    assert Permission.APPROVE not in {asked_by(app.view_functions[rule.endpoint]) for rule in rules}


@pytest.mark.parametrize(
    ("role", "site", "status"),
    [
        (Role.COORDINATOR, None, 201),
        (Role.COORDINATOR, "01", 201),
        (Role.INVESTIGATOR, "01", 201),
        (Role.DATA_MANAGER, None, 201),
        (Role.MONITOR, None, 201),
        (Role.COORDINATOR, "02", 404),
        (Role.MONITOR, "02", 404),
        (Role.STATISTICIAN, None, 403),
        (Role.ADMINISTRATOR, None, 403),
    ],
)
def test_who_may_ask(program: Programs, session: Session, role: Role, site: str | None, status: int) -> None:
    answer = program(role, at_site=site).post(CORRECTIONS, ASKED)
    assert (answer.status_code, len(corrections(session))) == (status, int(status == 201))


def test_a_query_of_another_site_is_neither_listed_nor_closed(program: Programs, session: Session) -> None:
    program(Role.COORDINATOR).post(CORRECTIONS, ASKED)
    (query,) = corrections(session)
    elsewhere = program(Role.COORDINATOR, at_site="02")
    assert elsewhere.get(CORRECTIONS).get_json()["items"] == []
    assert elsewhere.post(f"{CORRECTIONS}/{query.id}/closing", {"reason": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"proposed": "9"}, 400),
        ({"proposed": 4}, 400),
        ({"item": "flying"}, 400),
        ({"reason": " "}, 400),
        ({"source": ""}, 400),
        ({"more": "x"}, 400),
        (NO_SUCH, 404),
        ({"visit": "d7"}, 404),
    ],
)
def test_what_cannot_be_asked_is_not(
    program: Programs, session: Session, changes: dict[str, object], status: int
) -> None:
    assert program(Role.COORDINATOR).post(CORRECTIONS, ASKED | changes).status_code == status
    assert corrections(session) == []
