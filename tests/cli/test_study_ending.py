"""`flask study forget-contacts`, `delete` and `erasures`: what cannot be undone is said twice, and certified."""

import json
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.ending.models import Erasure
from app.participants.models import Contact
from app.studies.models import Study, StudyState
from tests.factories import backtobasic, command, participant, user

pytestmark = pytest.mark.usefixtures("tables_only")


@pytest.fixture
def study(session: Session) -> Study:
    """A study in which somebody takes part, and two who work at the shell."""
    protocol = backtobasic(StudyState.LIVE)
    participant(protocol, name="Solveig Aas")
    for email in ("a@example.org", "b@example.org"):
        user(email=email)
    protocol.study.state = StudyState.ARCHIVED
    session.commit()
    return protocol.study


def run(app: Flask, *arguments: str, by: str = "a@example.org", ends: int = 0, typed: str | None = None) -> str:
    as_whom = [] if by == "" else ["--as", by]
    done = command(app, "study", *arguments, *as_whom, typed=typed)
    assert done.exit_code == ends, done.output
    return done.output


def test_a_study_is_deleted_by_two_people_and_certified(
    app: Flask, session: Session, study: Study, tmp_path: Path
) -> None:
    assert "--confirm backtobasic" in run(app, "delete", "backtobasic", "--reason", "ten years are over")
    alone = run(app, "delete", "backtobasic", "--confirm", "backtobasic", ends=1)
    assert "You have asked for this yourself" in alone
    gone = run(app, "delete", "backtobasic", "--confirm", "backtobasic", by="b@example.org")
    assert gone.startswith("Gone: backtobasic (")
    assert "1 participants" in gone
    assert "Back-ups that were made before still hold it" in gone
    session.expire_all()
    assert session.scalars(select(Study.code)).all() == []
    made = session.scalars(select(Erasure)).one()
    listed = run(app, "erasures", "--out", str(tmp_path / "certificates.json"), by="")
    assert made.sha256 is not None
    assert made.sha256 in listed
    written = json.loads((tmp_path / "certificates.json").read_text("utf-8"))
    assert [(each["study"], each["reason"], each["sha256"]) for each in written] == [
        ("backtobasic", "ten years are over", made.sha256)
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("delete", "backtobasic"), "Ask for it with --reason; another person then confirms"),
        (("delete", "backtobasic", "--reason", "x", "--confirm", "backtobasic"), "Ask for it with --reason"),
        (
            ("delete", "backtobasic", "--confirm", "backtobasics"),
            "backtobasics is not backtobasic. Nothing",
        ),
        (("delete", "backtobasic", "--confirm", "backtobasic"), "Nobody has asked in the last 14 days"),
        (("delete", "nostudy", "--reason", "over"), "nostudy"),
        (("forget-contacts", "backtobasic", "--reason", "over", "--confirm", "other"), "other is not backtobasic"),
        (("erasures", "backtobasic"), "Nothing of backtobasic was taken away"),
    ],
)
def test_what_was_not_meant_changes_nothing(
    app: Flask, session: Session, study: Study, arguments: tuple[str, ...], said: str
) -> None:
    assert said in run(app, *arguments, by="" if arguments[0] == "erasures" else "a@example.org", ends=1)
    session.rollback()
    assert session.scalars(select(Contact.phone_fingerprint)).one() is not None


def test_contacts_are_forgotten_once_the_code_is_typed_again(app: Flask, session: Session, study: Study) -> None:
    said = run(app, "forget-contacts", "backtobasic", "--reason", "the trial is over", typed="backtobasic\n")
    assert "Gone: contacts of backtobasic" in said
    assert "1 contacts" in said
    session.expire_all()
    assert session.scalars(select(Contact.phone_fingerprint)).one() is None
    again = run(app, "forget-contacts", "backtobasic", "--reason", "again", "--confirm", "backtobasic")
    assert "nothing was there" in again


def test_a_certificate_that_was_altered_is_found(app: Flask, session: Session, study: Study) -> None:
    run(app, "forget-contacts", "backtobasic", "--reason", "over", "--confirm", "backtobasic")
    assert run(app, "erasures", "backtobasic", by="")
    session.scalars(select(Erasure)).one().reason = "another"
    session.commit()
    assert "somebody altered it" in run(app, "erasures", "backtobasic", by="", ends=1)


def test_a_locked_study_is_archived_once_its_archive_is_there(
    app: Flask, session: Session, study: Study, tmp_path: Path
) -> None:
    study.state = StudyState.CLOSED
    session.commit()
    refused = run(app, "archive", "backtobasic", str(tmp_path / "kept"), "--reason", "the trial is over", ends=1)
    assert "needs a study that is locked or archived" in refused
    study.state = StudyState.LOCKED
    session.commit()
    said = run(app, "archive", "backtobasic", str(tmp_path / "kept"), "--reason", "the trial is over")
    assert "backtobasic is archived." in said
    session.refresh(study)
    assert study.state is StudyState.ARCHIVED
    assert (tmp_path / "kept" / "index.html").is_file()


def test_all_that_is_held_of_a_person_is_written_for_her(
    app: Flask, session: Session, study: Study, tmp_path: Path
) -> None:
    words = ("participants", "report", "backtobasic", "01-001", str(tmp_path / "hers"), "--reason", "she asked for it")
    done = command(app, *words, "--as", "a@example.org")
    assert done.exit_code == 0, done.output
    assert "It names her: hand it to her alone." in done.output
    assert "Solveig Aas" in (tmp_path / "hers" / "records.json").read_text("utf-8")
    assert "a@example.org" not in (tmp_path / "hers" / "index.html").read_text("utf-8")
