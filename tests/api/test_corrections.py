"""What a program puts right, and what it is told would change."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.roles import Permission, Role
from app.core.audit import AuditEntry
from app.participants.grades import LeavingGrade
from app.participants.leaving import leave
from app.participants.models import Event, Participant
from tests.api.conftest import Program, Programs
from tests.factories import NOW

S = "/studies/backtobasic"
CORRECTIONS = f"{S}/participants/01-500/corrections"
WHY = "noted for the wrong day"
WRONG = {"kind": "first_infusion", "recorded_on": "2026-04-07", "state": "happened", "at": "2026-04-06T10:00:00+02:00"}


@pytest.fixture
def coordinator(program: Programs) -> Program:
    """She has enrolled 01-500 and recorded the first infusion, a day too late."""
    coordinator = program(Role.COORDINATOR)
    person = {"site": "01", "phone": "+4740055500", "consent": "1.0", "enrolled_on": "2026-04-01", "code": "01-500"}
    assert coordinator.post(f"{S}/participants", person).status_code == 201
    given = {"kind": "first_infusion", "state": "happened", "at": "2026-04-07T10:00:00+02:00"}
    assert coordinator.post(f"{S}/participants/01-500/events", given).status_code == 201
    return coordinator


def answered(program: Program, body: dict[str, Any], status: int = 200) -> Any:
    answer = program.post(CORRECTIONS, {"reason": WHY} | body)
    assert answer.status_code == status, answer.text
    return answer.json


def test_a_dry_run_tells_what_the_act_then_does(coordinator: Program, session: Session) -> None:
    foreseen = answered(coordinator, {"event": WRONG, "dry_run": True})
    event = select(Event.on).join(Event.participant).where(Participant.code == "01-500")
    session.rollback()
    assert str(session.scalar(event)) == "2026-04-07"
    done = answered(coordinator, {"event": WRONG})
    session.rollback()
    assert str(session.scalar(event)) == "2026-04-06"
    assert done == foreseen
    d7 = next(change for change in done["visits"] if change["visit"] == "d7")
    assert (d7["before"]["opens_at"], d7["after"]["opens_at"]) == ("2026-04-13T22:00:00Z", "2026-04-12T22:00:00Z")
    text = next(change for change in done["texts"] if (change["visit"], change["kind"]) == ("d7", "invitation"))
    assert text["after"] == {"at": "2026-04-13T07:00:00Z", "language": "nb", "site": "01"}
    assert (done["zone_before"], done["zone_after"]) == ("Europe/Oslo", "Europe/Oslo")


def test_the_trail_has_the_reason_beside_who_asked(coordinator: Program, session: Session) -> None:
    answered(coordinator, {"language": "en"})
    query = select(AuditEntry.actor, AuditEntry.reason).where(AuditEntry.table_name == "public.participants")
    actor, reason = session.execute(
        query.where(AuditEntry.action == "update").order_by(AuditEntry.id.desc())
    ).first() or ("", "")
    assert actor.startswith("user:")
    assert str(reason).endswith(f": {WHY}")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"language": "en", "reason": "short"}, "reason"),
        ({"language": "da"}, "language"),
        ({"zone": "Europe/Bergen"}, "zone"),
        ({"site": "99"}, "site"),
        ({"enrolled_on": "2026-04-09"}, "enrolled_on"),
        ({"event": WRONG | {"at": "2026-03-31T10:00:00+02:00"}}, "at"),
        ({"event": WRONG | {"recorded_on": "2026-04-08"}}, "event"),
        ({"event": WRONG | {"state": "perhaps"}}, "event"),
        ({"event": WRONG | {"at": "2026-04-06T10:00:00"}}, "event"),
        ({"not_withdrawn": "yes"}, "not_withdrawn"),
        ({"leaving": {"grade": "a bit"}}, "leaving"),
        ({"arm": "placebo"}, "arm"),
    ],
)
def test_a_wrong_correction_names_the_field_and_changes_nothing(
    coordinator: Program, session: Session, body: dict[str, Any], field: str
) -> None:
    assert set(answered(coordinator, body, 400)["errors"]) == {field}
    session.rollback()
    changed = AuditEntry.table_name.in_(("public.participants", "public.events", "public.assessments"))
    entries = select(AuditEntry).where(changed, AuditEntry.action == "update", AuditEntry.reason.contains(WHY))
    assert session.scalars(entries).all() == []


def test_nothing_to_correct_is_said_so(coordinator: Program) -> None:
    assert "Say what is to be corrected" in answered(coordinator, {}, 400)["detail"]
    assert "No withdrawal" in answered(coordinator, {"not_withdrawn": True}, 409)["detail"]


def test_how_she_left_is_put_right(coordinator: Program, session: Session) -> None:
    assert "No withdrawal" in answered(coordinator, {"leaving": {"reason": "tired"}}, 409)["detail"]
    person = session.scalars(select(Participant).filter_by(code="01-500")).one()
    leave(person, LeavingGrade.DIED, None, "no reason given", NOW + timedelta(days=36))
    session.commit()
    answered(coordinator, {"leaving": {"grade": "no texts", "reason": "tired"}})
    session.expire_all()
    assert session.scalars(select(Participant.left_as).filter_by(code="01-500")).one() is LeavingGrade.NO_TEXTS


def test_nobody_is_moved_to_a_site_that_is_not_ones_own(coordinator: Program, program: Programs) -> None:
    of_one_site = program(Role.COORDINATOR, at_site="01")
    assert set(answered(of_one_site, {"site": "02"}, 400)["errors"]) == {"site"}
    answered(of_one_site, {"language": "en"})
    answered(coordinator, {"site": "02"})
    answered(of_one_site, {"language": "nb"}, 404)


@pytest.mark.parametrize("role", [Role.MONITOR, Role.STATISTICIAN, Role.ADMINISTRATOR])
def test_who_may_not_record_events_may_not_correct_them(
    coordinator: Program, program: Programs, session: Session, role: Role
) -> None:
    answered(program(role), {"language": "en"}, 403)
    answered(program(Role.COORDINATOR, Permission.VIEW_PARTICIPANT), {"language": "en"}, 403)
    assert session.scalars(select(Participant.language).filter_by(code="01-500")).one() == "nb"
