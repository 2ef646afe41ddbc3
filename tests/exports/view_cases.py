"""What may have become of people, visits and texts, for the night and the views to tell alike."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.messages.models import MessageState
from app.participants.grades import LeavingGrade
from app.responses.models import (
    Answerer,
    Correction,
    CorrectionKind,
    CorrectionOutcome,
    LateAttempt,
    LockSignature,
    Mode,
    StaffEntry,
)
from app.schedule.models import NotDone, VisitNotDone
from app.studies.models import Study
from tests.exports.bi_reader import FAR, HOUR, person
from tests.exports.builders import INFUSED_AT, ODI, answered, plain_score, take_part, texted, visit
from tests.exports.conftest import NOW
from tests.factories import user


def nothing_more(_: Session) -> None:
    """The study as it is."""


def other_windows(session: Session) -> None:
    """One visit is open and one is not due, whenever this is run."""
    first = person(session, "01-010")
    for code, opens_at in (("d42", NOW), ("d56", FAR)):
        window = visit(first, code)
        window.opens_at = opens_at
        window.due_at = window.closes_at = window.grace_until = FAR + HOUR


def cancelled_and_voided(session: Session) -> None:
    visit(person(session, "02-001"), "d14").cancelled_at = NOW
    visit(person(session, "01-010"), "d0").voided_at = NOW


def came_too_late(session: Session) -> None:
    late = visit(person(session, "01-010"), "d7")
    session.add(LateAttempt(assessment=late, mode=Mode.PAGE, attempted_at=late.grace_until + HOUR))


def left_undone(session: Session) -> None:
    """Ended by the site: an answer before the window's own end was refused by the site."""
    ended = visit(person(session, "02-001"), "d21")
    kept = {"closes_at": ended.closes_at, "grace_until": ended.grace_until}
    session.add(
        VisitNotDone(
            assessment=ended, reason=NotDone.TOO_ILL, recorded_by="user:1", recorded_at=ended.closes_at, **kept
        )
    )
    session.add(LateAttempt(assessment=ended, mode=Mode.SMS, attempted_at=ended.grace_until - HOUR))
    ended.not_done_at = ended.opens_at + HOUR


def corrected(session: Session) -> None:
    """Of two corrections of one item the later holds; one that leaves nothing says so."""
    study = session.query(Study).one()
    asker, decider = user(study, Role.COORDINATOR), user(study, Role.INVESTIGATOR)
    response = answered(visit(person(session, "02-001"), "d28"), NOW, {**ODI, "sex_life": None})
    decisions = (("lifting", "4", 2), ("lifting", "3", 1), ("walking", None, 1))
    for item, value, hours in decisions:
        session.add(
            Correction(
                response=response, kind=CorrectionKind.ANSWER, instrument="odi", item=item, original_value="2",
                previous_value="2", proposed_value=value, reason="r", source="s", asked_by=asker, asked_at=NOW,
                outcome=CorrectionOutcome.APPROVED, decided_by=decider, decided_at=NOW + hours * HOUR,
                signer_name="x", meaning="m", sha256="0" * 64,
            )
        )  # fmt: skip
        session.flush()


def helped_and_by_sms(session: Session) -> None:
    other = person(session, "02-001")
    for code, mode in (("d35", Mode.HELPED), ("d42", Mode.SMS)):
        answered(visit(other, code), visit(other, code).closes_at + HOUR, ODI, mode=mode)


def typed_twice_by_staff(session: Session) -> None:
    """The second entry of a paper says who answered."""
    study = session.query(Study).one()
    window = visit(person(session, "02-001"), "d35")
    answered(window, window.closes_at - HOUR, ODI, mode=Mode.PAPER)
    for number, answerer in ((1, Answerer.HERSELF), (2, Answerer.PROXY)):
        typist = user(study, Role.COORDINATOR)
        session.add(
            StaffEntry(
                assessment=window, number=number, mode=Mode.PAPER, answered_by=answerer, twice=True, typed_by=typist,
                answered_at=window.closes_at - HOUR, typed_at=window.closes_at - HOUR, answers_sealed=b"closed",
            )
        )  # fmt: skip
        session.flush()


def scored_anew(session: Session) -> None:
    window = visit(person(session, "02-001"), "d28")
    plain_score(answered(window, window.opens_at + HOUR, ODI), Decimal(12))


def no_further_use(session: Session) -> None:
    person(session, "02-001").left_as = LeavingGrade.NO_FURTHER_USE


def texts_that_failed_and_were_held(session: Session) -> None:
    other = person(session, "02-001")
    texted(visit(other, "d14"), MessageState.FAILED)
    texted(visit(other, "d14"), MessageState.UNKNOWN, "reissue")
    texted(visit(other, "d21"), MessageState.DELIVERED, "reminder-1", reported=False)
    texted(visit(other, "d28"), MessageState.DELIVERED, "help")
    moved = texted(visit(other, "d35"))
    moved.owed_at = visit(other, "d35").opens_at - HOUR


def locked(session: Session) -> None:
    """Its time stopped on day 10, when later visits were not due."""
    signed(session, 2, INFUSED_AT + timedelta(days=10))


def half_locked(session: Session) -> None:
    signed(session, 1, INFUSED_AT + timedelta(days=10))


def unlocked(session: Session) -> None:
    signed(session, 2, INFUSED_AT + timedelta(days=10), ended_at=NOW, end_reason="another answer came")


def signed(session: Session, signatures: int, at: datetime, **ended: Any) -> None:
    study = session.query(Study).one()
    for role in (Role.INVESTIGATOR, Role.DATA_MANAGER)[:signatures]:
        words = {"signer_name": "x", "meaning": "m", "contents_sha256": "0" * 64, "sha256": "0" * 64}
        someone = user(study, role)
        session.add(LockSignature(study=study, role=role, signed_by_id=someone.id, signed_at=at, **words, **ended))


def asked_together(session: Session) -> None:
    participant = take_part(session.query(Study).one(), "060")
    carrier, carried = texted(visit(participant, "d28")), texted(visit(participant, "d35"), kind="reminder-1")
    carried.sent_with_id = carrier.id


CASES = (
    nothing_more, other_windows, cancelled_and_voided, came_too_late, left_undone, corrected, helped_and_by_sms,
    typed_twice_by_staff, scored_anew, no_further_use, texts_that_failed_and_were_held, locked, half_locked, unlocked,
    asked_together,
)  # fmt: skip
