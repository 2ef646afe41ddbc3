"""What belongs to the answers: what was due, who called, and what was asked and signed; roles leave, names do not."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.core.database import db
from app.exports.dataset import dataset
from app.messages.models import TextsPause
from app.participants.models import CallMade, CallOutcome, Participant
from app.responses.corrections import Query, approve, ask, ask_to_void, close, refuse
from app.studies.installing import current_protocol
from app.studies.models import Membership, Site, Study
from tests.exports.builders import INFUSED_AT, ODI, answered, take_part, visit
from tests.exports.conftest import NOW
from tests.factories import user

MINUTE = timedelta(minutes=1)


def rows(study: Study, table: str, participant: str = "01-700", as_of: datetime = NOW) -> list[dict[str, Any]]:
    read = dataset(study, as_of).table(table)
    named = [dict(zip(read.shape.names, row, strict=True)) for row in read.rows]
    return [row for row in named if row["participant"] == participant]


@pytest.fixture
def person(study: Study) -> Participant:
    return take_part(study, "700")


def test_the_schedule_has_each_questionnaire_of_each_visit_in_its_order(
    study: Study, session: Session, person: Participant
) -> None:
    answered(visit(person, "d0"), INFUSED_AT - timedelta(days=1), ODI)
    plan = current_protocol(study).plan
    session.commit()
    scheduled = rows(study, "schedule")
    assert [(row["visit"], row["place"], row["instrument"]) for row in scheduled] == [
        (each.code, place, code) for each in plan.visits for place, code in enumerate(each.instruments, start=1)
    ]
    assert {(row["visit"], row["instrument"]) for row in scheduled if row["answered"]} == {("d0", "odi")}
    (first,) = [row for row in scheduled if (row["visit"], row["instrument"]) == ("d0", "odi")]
    assert (first["opens_on"], first["due_on"], first["closes_on"]) == (
        date(2026, 2, 23), date(2026, 3, 1), date(2026, 3, 2),
    )  # fmt: skip
    assert (first["state"], first["sequence"], first["day"]) == ("completed", 1, 0)


@pytest.mark.parametrize("outcome", list(CallOutcome))
def test_a_call_leaves_without_what_was_noted(
    outcome: CallOutcome, study: Study, session: Session, person: Participant
) -> None:
    caller = user(study, Role.COORDINATOR)
    at = datetime(2026, 3, 9, 23, 30, 15, 400_000, tzinfo=UTC)
    again_at = at + timedelta(days=1) if outcome is CallOutcome.CALL_AGAIN else None
    call = CallMade(
        participant=person, made_by=f"user:{caller.id}", made_at=at, outcome=outcome, again_at=again_at,
        note="Her husband Kanarifugl answered.",
    )  # fmt: skip
    session.add(call)
    session.commit()
    (row,) = rows(study, "contacts_made")
    call_row = (row["result"], row["made_by_role"], row["made_at"], row["made_on"])
    assert call_row == (outcome.value, "coordinator", at.replace(microsecond=0), date(2026, 3, 10))
    assert (row["again_at"] is None) == (again_at is None)
    assert "Kanarifugl" not in repr(row)


@pytest.mark.parametrize(
    ("made_by", "expected"), [("clock", None), ("command", None), ("user:999999", None), ("user:", None)]
)
def test_who_is_no_user_of_the_study_has_no_role(
    made_by: str, expected: None, study: Study, session: Session, person: Participant
) -> None:
    session.add(CallMade(participant=person, made_by=made_by, made_at=NOW, outcome=CallOutcome.REACHED))
    session.commit()
    (row,) = rows(study, "contacts_made")
    assert row["made_by_role"] is expected


def test_somebody_s_roles_are_those_in_the_study_and_at_her_site(
    study: Study, session: Session, person: Participant
) -> None:
    caller = user(study, Role.MONITOR)
    sites = {site.code: site for site in session.scalars(select(Site).filter_by(study_id=study.id).order_by(Site.code))}
    for role, code in ((Role.COORDINATOR, "01"), (Role.INVESTIGATOR, "02")):
        session.add(Membership(user=caller, study=study, site=sites[code], role=role))
    session.add(CallMade(participant=person, made_by=f"user:{caller.id}", made_at=NOW, outcome=CallOutcome.REACHED))
    session.commit()
    (row,) = rows(study, "contacts_made")
    assert row["made_by_role"] == "coordinator; monitor"


PAUSED_AT = datetime(2026, 3, 9, 23, 30, tzinfo=UTC)
"""In Norway it is the tenth already."""
TO_THE_17TH = datetime(2026, 3, 16, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ended_at", "as_of", "expected"),
    [
        (None, datetime(2026, 3, 12, tzinfo=UTC), (None, None, None, None)),
        (None, TO_THE_17TH - timedelta(seconds=1), (None, None, None, None)),
        (None, TO_THE_17TH, (TO_THE_17TH, date(2026, 3, 17), False, 7)),
        (None, datetime(2026, 4, 1, tzinfo=UTC), (TO_THE_17TH, date(2026, 3, 17), False, 7)),
        (PAUSED_AT + timedelta(days=2), datetime(2026, 4, 1, tzinfo=UTC),
         (PAUSED_AT + timedelta(days=2), date(2026, 3, 12), True, 2)),
        (PAUSED_AT, PAUSED_AT, (PAUSED_AT, date(2026, 3, 10), True, 0)),
    ],
)  # fmt: skip
def test_a_pause_leaves_with_its_days_and_without_its_reason(
    ended_at: datetime | None, as_of: datetime, expected: tuple[Any, ...], study: Study, person: Participant
) -> None:
    by = user(study, Role.COORDINATOR)
    times = {"from_at": PAUSED_AT, "until_at": TO_THE_17TH, "ended_at": ended_at}
    reason, ended_by = "Abroad with Kanarifugl.", ended_at and f"user:{by.id}"
    db.session.add(
        TextsPause(participant=person, recorded_by=f"user:{by.id}", reason=reason, ended_by=ended_by, **times)
    )
    db.session.commit()
    (row,) = rows(study, "pauses", as_of=as_of)
    assert (row["ended_at"], row["ended_on"], row["ended_early"], row["days"]) == expected
    begun = (row["site"], row["from_at"], row["from_on"], row["until_on"], row["paused_by_role"])
    assert begun == ("01", PAUSED_AT, date(2026, 3, 10), date(2026, 3, 17), "coordinator")
    assert "Kanarifugl" not in repr(row)


def test_a_correction_leaves_with_every_value_its_reasons_and_roles(
    study: Study, session: Session, person: Participant
) -> None:
    response = answered(visit(person, "d0"), INFUSED_AT - timedelta(days=1), ODI)
    asker, signer = user(study, Role.COORDINATOR), user(study, Role.INVESTIGATOR)

    def query_for(value: str, number: int) -> Any:
        return ask(response, Query("odi", "lifting", value, f"reason {number}", "note"), asker, NOW + number * MINUTE)

    approve(query_for("4", 0), signer, NOW + MINUTE)
    refuse(query_for("5", 2), signer, "No trace of it.", NOW + 3 * MINUTE)
    close(query_for("3", 4), asker, "Asked by mistake.", NOW + 5 * MINUTE)
    open_one = query_for("1", 6)
    session.commit()
    corrected = rows(study, "corrections")
    values = ("original_value", "previous_value", "proposed_value", "resulting_value", "decision")
    assert [tuple(row[name] for name in values) for row in corrected] == [
        ("2", "2", "4", "4", "approved"),
        ("2", "4", "5", "4", "refused"),
        ("2", "4", "3", "4", "closed"),
        ("2", "4", "1", "4", None),
    ]
    assert [row["decided_by_role"] for row in corrected] == ["investigator", "investigator", "coordinator", None]
    assert {row["asked_by_role"] for row in corrected} == {"coordinator"}
    assert [row["signature_sha256"] is None for row in corrected] == [False, False, True, True]
    assert (corrected[1]["decision_reason"], corrected[3]["decided_at"]) == ("No trace of it.", None)
    assert (corrected[0]["reason"], corrected[0]["source"], corrected[0]["item"]) == ("reason 0", "note", "lifting")
    assert open_one.outcome is None
    assert signer.name not in repr(corrected)


def test_a_voided_response_leaves_as_a_correction_of_no_item(
    study: Study, session: Session, person: Participant
) -> None:
    response = answered(visit(person, "d0"), INFUSED_AT - timedelta(days=1), ODI)
    asker, signer = user(study, Role.COORDINATOR), user(study, Role.INVESTIGATOR)
    approve(ask_to_void(response, "Her son answered.", "note", asker, NOW), signer, NOW)
    session.commit()
    (row,) = rows(study, "corrections")
    assert (row["kind"], row["instrument"], row["item"], row["decision"]) == ("void", None, None, "approved")
    assert (row["original_value"], row["resulting_value"], row["reason"]) == (None, None, "Her son answered.")
