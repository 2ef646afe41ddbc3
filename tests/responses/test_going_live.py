"""A study goes live only in words that its patients may be shown, and only where somebody answers for safety items."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.core.database import db
from app.core.problems import Conflict
from app.instruments import instrument
from app.messages.models import Message, MessageState
from app.participants.grades import LeavingGrade
from app.participants.leaving import leave, undo
from app.participants.models import Participant, Task, TaskKind
from app.participants.tasks import close_task
from app.rehearsal.approvals import approve_sites
from app.responses.drafts import save_draft
from app.responses.final_words import LOCKS
from app.responses.going_live import (
    NotReadyForState,
    NotReadyToBeLocked,
    NotReadyToGoLive,
    change_state,
    missing,
    refuse_unready,
)
from app.responses.models import Draft, LockSignature, Response
from app.responses.wordings import install_wording
from app.studies.installing import install
from app.studies.models import Protocol, Site, Study, StudyState
from tests.factories import infused, message, participant, user, visit
from tests.responses.test_wordings import licensed
from tests.responses.visits import INFUSION, PROTOCOL

EARLY = INFUSION - timedelta(days=30)


@pytest.fixture
def study(session: Session) -> Study:
    return install(PROTOCOL, EARLY, state=StudyState.DEMO).study


def with_all_words(study: Study) -> None:
    """Install licensed words for whatever asks for them."""
    for code in {
        code for planned in db.session.scalars(select(Protocol)).one().plan.visits for code in planned.instruments
    }:
        for language in ("nb", "en"):
            if not instrument(code).ready_for_patients(language):
                install_wording(licensed(code, language), EARLY)


def test_demonstration_words_keep_a_study_from_going_live(study: Study) -> None:
    with pytest.raises(NotReadyToGoLive) as caught:
        change_state(study, StudyState.LIVE)
    assert {"odi (nb)", "odi (en)", "eq5d5l (nb)", "rmdq (nb)"} <= set(caught.value.errors)
    assert "rmdq (en)" not in caught.value.errors
    assert "flask wording install" in caught.value.errors["odi (nb)"]
    assert study.state is StudyState.DEMO


def test_with_the_original_words_it_goes_live(study: Study) -> None:
    with_all_words(study)
    approve_sites(study, EARLY.date())
    change_state(study, StudyState.LIVE)
    assert study.state is StudyState.LIVE


def test_safety_items_without_somebody_who_answers_keep_it_from_going_live(session: Session, study: Study) -> None:
    with_all_words(study)
    approve_sites(study, EARLY.date())
    row = session.scalars(select(Protocol)).one()
    session.add(
        Protocol(
            study=study, version="0.9", sha256="0" * 64, source="", content={**row.content, "safety": None},
            installed_at=INFUSION,
        )
    )  # fmt: skip
    session.flush()
    with pytest.raises(NotReadyToGoLive) as caught:
        refuse_unready(study, StudyState.LIVE)
    assert set(caught.value.errors) == {"hscl25"}
    assert "`safety`" in caught.value.errors["hscl25"]


def test_the_command_lists_what_is_missing(app: Flask, tmp_path: Path) -> None:
    runner = app.test_cli_runner()
    refused = runner.invoke(args=["protocol", "install", str(PROTOCOL), "--state", "live"])
    assert refused.exit_code == 1
    assert "odi (nb): its licence asks for the original words" in refused.output
    assert runner.invoke(args=["protocol", "install", str(PROTOCOL)]).exit_code == 0
    refused = runner.invoke(args=["protocol", "state", "backtobasic", "live"])
    assert refused.exit_code == 1
    assert "cannot be live yet" in refused.output
    assert "is closed" in runner.invoke(args=["protocol", "state", "backtobasic", "closed"]).output


@pytest.mark.parametrize("grade", [grade for grade in LeavingGrade if grade is not LeavingGrade.DIED])
def test_whoever_forbids_the_use_from_a_day_to_come_is_not_locked_in(study: Study, grade: LeavingGrade) -> None:
    leaving = leave(someone(study.code), grade, INFUSION.date() + timedelta(days=30), "no reason given", INFUSION)
    change_state(study, StudyState.CLOSED)
    assert ("leavings" in missing(study, StudyState.LOCKED)) == (grade is LeavingGrade.NO_FURTHER_USE)
    undo(leaving, INFUSION)
    assert "leavings" not in missing(study, StudyState.LOCKED)


def test_everything_that_is_missing_is_said_at_once(session: Session, study: Study) -> None:
    someone(study.code)
    for site in session.scalars(select(Site)):
        site.active = False
    with pytest.raises(NotReadyToGoLive) as caught:
        change_state(study, StudyState.LIVE)
    assert {"odi (nb)", "eq5d5l (nb)", "sites", "practice"} <= set(caught.value.errors)
    assert caught.value.errors["sites"] == "no site is active: flask site activate"
    assert caught.value.errors["practice"].startswith("1 people of the practice")


def test_patients_are_asked_only_where_the_approval_is_recorded(session: Session, study: Study) -> None:
    with_all_words(study)
    approve_sites(study, EARLY.date())
    unnamed = session.scalars(select(Site).where(Site.code.in_(["02", "04"])).order_by(Site.code)).all()
    for site in unnamed:
        site.approved_on = site.approval_reference = None
    with pytest.raises(NotReadyToGoLive) as caught:
        change_state(study, StudyState.LIVE)
    assert caught.value.errors == {"approvals": "no day of approval is recorded of site 02, 04: flask site approve"}
    for site in unnamed:
        site.active = False
    change_state(study, StudyState.LIVE)
    assert study.state is StudyState.LIVE


def test_a_live_study_goes_on_with_sites_that_are_older_than_the_rule(session: Session, study: Study) -> None:
    with_all_words(study)
    study.state = StudyState.LIVE
    assert "approvals" not in missing(study, StudyState.LIVE)
    assert "approvals" not in missing(study, StudyState.RECRUITING_STOPPED)
    study.state = StudyState.CLOSED
    assert "approvals" in missing(study, StudyState.LIVE)


def sign_both(study: Study) -> None:
    """The two signatures that a lock asks for, as `app.responses.final_words` keeps them."""
    for role in LOCKS:
        signer = user(study, role)
        signed = {"signed_by_id": signer.id, "signer_name": signer.name, "meaning": LOCKS[role], "signed_at": INFUSION}
        db.session.add(LockSignature(study=study, role=role, contents_sha256="0" * 64, sha256="0" * 64, **signed))
    db.session.flush()


def someone(code: str) -> Participant:
    """A made-up person of the study."""
    return participant(session_protocol(code), now=INFUSION)


def session_protocol(code: str) -> Protocol:
    return db.session.scalars(select(Protocol).join(Protocol.study).where(Study.code == code)).one()


@pytest.mark.parametrize(
    ("state", "refused"),
    [(StudyState.LOCKED, "From there it can become setup or live or closed, not locked"),
     (StudyState.RECRUITING_STOPPED, "not recruiting stopped"), (StudyState.ARCHIVED, "not archived")],
)  # fmt: skip
def test_a_state_that_cannot_follow_is_refused(study: Study, state: StudyState, refused: str) -> None:
    with pytest.raises(Conflict, match=refused):
        change_state(study, state)
    assert study.state is StudyState.DEMO


def test_the_state_that_it_has_is_no_change(study: Study) -> None:
    change_state(study, StudyState.DEMO)
    assert study.state is StudyState.DEMO


def test_nobody_practises_among_patients(session: Session, study: Study) -> None:
    someone(study.code).practice = False
    session.flush()
    with pytest.raises(NotReadyForState) as caught:
        change_state(study, StudyState.SETUP)
    assert set(caught.value.errors) == {"patients"}


def test_a_lock_waits_for_what_is_unfinished_and_says_all_of_it(session: Session, study: Study) -> None:
    person = someone(study.code)
    study.state = StudyState.CLOSED
    infused(person, INFUSION)
    session.add(Task(participant=person, kind=TaskKind.CALL_ME, created_at=INFUSION))
    message(visit(person, "d7"), MessageState.QUEUED, INFUSION)
    message(visit(person, "d14"), MessageState.DELIVERED, INFUSION)
    session.flush()
    with pytest.raises(NotReadyToBeLocked) as caught:
        change_state(study, StudyState.LOCKED)
    assert set(caught.value.errors) == {"tasks", "texts", "signatures"}
    assert caught.value.errors["texts"].startswith("1 of which")
    for task in session.scalars(select(Task)):
        close_task(task, "user:1", "called", INFUSION)
    session.execute(update(Message).values(state=MessageState.SUPPRESSED, reason="study closed"))
    sign_both(study)
    change_state(study, StudyState.LOCKED)
    assert study.state is StudyState.LOCKED


@pytest.mark.parametrize(("keeps", "kept"), [("discard", 0), ("keep", 1)])
def test_what_was_begun_is_ended_by_the_lock_as_the_protocol_says(session: Session, keeps: str, kept: int) -> None:
    text = PROTOCOL.read_text("utf-8").replace("drafts: discard", f"drafts: {keeps}")
    protocol = install(text, EARLY, state=StudyState.DEMO)
    person = participant(protocol, now=INFUSION)
    infused(person, INFUSION)
    assessment = visit(person, "d7")
    save_draft(assessment, {"nrs_lbp_week.now": "3"}, assessment.due_at)
    change_state(protocol.study, StudyState.CLOSED)
    assert session.scalar(select(func.count(Draft.id))) == 1
    sign_both(protocol.study)
    change_state(protocol.study, StudyState.LOCKED)
    assert session.scalar(select(func.count(Draft.id))) == 0
    assert session.scalar(select(func.count(Response.id))) == kept
    session.refresh(assessment)
    assert (assessment.draft_existed, assessment.submitted_at is not None) == (True, bool(kept))
