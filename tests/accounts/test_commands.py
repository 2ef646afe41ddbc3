"""`flask users`: a person at a shell adds, joins, lists, disables - and is told in one line what is wrong."""

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core.audit import AuditEntry
from app.studies.models import Membership
from tests.factories import PASSWORD, backtobasic, command

KARI = "kari@hospital.example"


@pytest.fixture
def study(session: Session) -> str:
    code = backtobasic().study.code
    session.commit()
    return code


def add(app: Flask, email: str = KARI) -> None:
    done = command(app, "users", "add", email, "--name", "Kari Nordmann", "--password", PASSWORD)
    assert done.exit_code == 0, done.output


def test_a_user_is_added_joined_listed_and_disabled(app: Flask, session: Session, study: str) -> None:
    add(app)
    assert command(app, "users", "join", KARI, study, "coordinator", "--site", "02").exit_code == 0
    assert command(app, "users", "join", KARI, study, "monitor").exit_code == 0
    listed = command(app, "users", "list").output
    assert "kari@hospital.example  Kari Nordmann\n" in listed
    assert "backtobasic: coordinator, site 02" in listed
    assert "backtobasic: monitor, all sites" in listed
    assert command(app, "users", "disable", KARI).exit_code == 0
    assert "(disabled)" in command(app, "users", "list").output


def test_a_password_may_be_typed_so_that_it_is_in_no_history(app: Flask, session: Session) -> None:
    done = command(app, "users", "add", KARI, typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert done.exit_code == 0
    assert PASSWORD not in done.output


def test_a_new_password_ends_the_old_sessions(app: Flask, session: Session) -> None:
    add(app)
    before = session.scalars(select(User.fs_uniquifier)).one()
    session.rollback()
    assert command(app, "users", "password", KARI, "--password", "three elks read the paper").exit_code == 0
    assert session.scalars(select(User.fs_uniquifier)).one() != before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["add", KARI, "--password", PASSWORD], "has an account already"),
        (["add", "kari", "--password", PASSWORD], "Write an address"),
        (["add", "ola@hospital.example", "--password", "short"], "at least 12 characters"),
        (["join", "ola@hospital.example", "backtobasic", "monitor"], "Nobody here has the address"),
        (["join", KARI, "nowhere", "monitor"], "There is no study nowhere; installed: backtobasic"),
        (["join", KARI, "backtobasic", "monitor", "--site", "99"], "has no site 99"),
        (["join", KARI, "backtobasic", "janitor"], "'janitor' is not one of"),
        (["disable", "ola@hospital.example"], "Nobody here has the address"),
        (["password", KARI, "--password", "short"], "at least 12 characters"),
    ],
)
def test_what_is_wrong_is_one_line_and_changes_nothing(
    app: Flask, session: Session, study: str, arguments: list[str], told: str
) -> None:
    add(app)
    done = command(app, "users", *arguments)
    assert done.exit_code != 0
    assert told in done.output
    assert "Traceback" not in done.output
    assert len(session.scalars(select(User)).all()) == 1
    assert session.scalars(select(Membership)).all() == []


def test_a_role_is_given_once(app: Flask, session: Session, study: str) -> None:
    add(app)
    assert command(app, "users", "join", KARI, study, "monitor").exit_code == 0
    again = command(app, "users", "join", KARI, study, "monitor")
    assert "is monitor in backtobasic already" in again.output


def test_the_audit_trail_says_that_it_was_the_shell(app: Flask, session: Session) -> None:
    add(app)
    assert {entry.actor for entry in session.scalars(select(AuditEntry))} == {"command line"}
