"""`flask study` and `flask site`; and no command does what the study's state does not allow."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.cli import who
from app.core.audit import AuditEntry
from app.core.time import moved_clock
from app.participants.models import Task, TaskKind
from app.studies.models import Site, Study
from app.studies.states import StudyState
from tests.example import BACKTOBASIC
from tests.factories import command, user
from tests.messages.people import BEFORE, INVITED, enrolled

BECAUSE = ("--reason", "the steering committee said so")
HER = ("backtobasic", "01-001")


def output_of(app: Flask, *arguments: str, ends: int = 0) -> str:
    with moved_clock(lambda: INVITED):
        done = command(app, *arguments)
    assert done.exit_code == ends, done.output
    return done.output


@pytest.fixture
def study(session: Session) -> Study:
    """A live study with one participant, a task of hers and a coordinator."""
    person = enrolled()
    person.practice = False
    session.add(Task(participant=person, kind=TaskKind.CALL_ME, created_at=BEFORE))
    user(person.study, Role.COORDINATOR, email="c@hospital.example")
    session.commit()
    return person.study


WRITES = [
    (("messages", "cancel", *HER, "d7", "invitation", *BECAUSE), StudyState.LOCKED),
    (("messages", "bring-forward", *HER, "d7", "invitation", *BECAUSE), StudyState.CLOSED),
    (("messages", "reissue", *HER, "d7", *BECAUSE), StudyState.CLOSED),
    (("messages", "test", *HER, *BECAUSE), StudyState.CLOSED),
    (("participants", "correct", *HER, *BECAUSE, "--language", "en"), StudyState.LOCKED),
    (("protocol", "move", "backtobasic", "1.0", "01-001", *BECAUSE), StudyState.CLOSED),
    (("tasks", "done", "backtobasic", "1", "--as", "c@hospital.example", "--outcome", "called"), StudyState.LOCKED),
    (("site", "close", "backtobasic", "02", *BECAUSE), StudyState.CLOSED),
    (("export", "run", "backtobasic"), StudyState.ARCHIVED),
]


@pytest.mark.parametrize(("arguments", "state"), WRITES, ids=[" ".join(row[0][:2]) for row in WRITES])
def test_a_command_is_refused_in_a_sentence_where_the_state_does_not_allow_it(
    app: Flask, session: Session, study: Study, arguments: tuple[str, ...], state: StudyState
) -> None:
    task = session.scalars(select(Task.id)).one()
    arguments = tuple(str(task) if word == "1" else word for word in arguments)
    study.state = state
    session.commit()
    trail = session.scalars(select(AuditEntry.id)).all()
    said = output_of(app, *arguments, ends=1)
    assert f"backtobasic is {state}" in said
    needs = "a live study" if arguments[1] in ("bring-forward", "reissue", "test") else "a study that is "
    assert f"that needs {needs}" in said
    session.rollback()
    assert session.scalars(select(AuditEntry.id)).all() == trail


def test_a_closed_study_gets_no_new_version(app: Flask, session: Session, study: Study, tmp_path: Path) -> None:
    study.state = StudyState.CLOSED
    session.commit()
    newer = tmp_path / "newer.yaml"
    text = BACKTOBASIC.read_text("utf-8")
    version = next(line for line in text.splitlines() if line.startswith("version:"))
    newer.write_text(text.replace(version, 'version: "9.9"', 1), "utf-8")
    assert "backtobasic is closed" in output_of(app, "protocol", "install", str(newer), ends=1)
    assert "has version" in output_of(app, "protocol", "install", str(BACKTOBASIC)), "the one it has already"


def test_show_says_what_it_may_and_all_that_is_missing_for_each_next_state(
    app: Flask, session: Session, study: Study
) -> None:
    study.state = StudyState.CLOSED
    session.commit()
    said = output_of(app, "study", "show", "backtobasic").splitlines()
    assert said[0] == "backtobasic is closed: nobody is enrolled, texted or asked."
    assert "  may not  enrol people" in said
    assert "  may      write its exports" in said
    assert "  locked:" in said
    assert "    tasks: 1 open: somebody works them off on Today" in said
    assert any(line.startswith("    odi (nb): its licence asks") for line in said)


def test_a_state_that_cannot_follow_is_refused_and_the_ways_are_named(app: Flask, study: Study) -> None:
    said = output_of(app, "study", "state", "backtobasic", "archived", *BECAUSE, ends=1)
    assert "From there it can become recruiting stopped or closed, not archived." in said


def test_the_reason_of_a_new_state_is_in_the_audit_trail(app: Flask, session: Session, study: Study) -> None:
    assert "backtobasic is closed" in output_of(app, "study", "state", "backtobasic", "closed", *BECAUSE)
    session.expire_all()
    assert study.state is StudyState.CLOSED
    of_studies = select(AuditEntry).where(AuditEntry.table_name == "public.studies").order_by(AuditEntry.id.desc())
    entry = session.scalars(of_studies).first()
    assert entry is not None
    assert (entry.actor, entry.reason) == (who.system_user(), BECAUSE[1])


def test_a_site_is_closed_and_active_again_once_each(app: Flask, session: Session, study: Study) -> None:
    assert "02         active   Haukeland" in output_of(app, "site", "list", "backtobasic")
    output_of(app, "site", "close", "backtobasic", "02", *BECAUSE)
    assert "is closed already" in output_of(app, "site", "close", "backtobasic", "02", *BECAUSE, ends=1)
    assert "02         closed" in output_of(app, "site", "list", "backtobasic")
    output_of(app, "site", "activate", "backtobasic", "02", *BECAUSE)
    session.rollback()
    assert session.scalars(select(Site.active).filter_by(code="02")).all() == [True]
    assert "is active already" in output_of(app, "site", "activate", "backtobasic", "02", *BECAUSE, ends=1)
