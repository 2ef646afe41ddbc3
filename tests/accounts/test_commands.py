"""`flask users`: a person at a shell adds, joins, lists, disables - and is told in one line what is wrong."""

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.identities import ShownIdentity, bind
from app.accounts.models import User
from app.cli import who
from app.core.audit import AuditEntry
from app.studies.models import Membership
from tests.factories import NOW, PASSWORD, backtobasic, command, user

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


def test_a_list_says_who_signs_in_by_an_identity_provider(app: Flask, session: Session) -> None:
    shown = ShownIdentity("https://login.hospital.example", "a name of theirs", None, is_strong=False)
    bind(user(email="kari@hospital.example"), shown, NOW)
    session.commit()
    listed = command(app, "users", "list").output
    assert "    signs in by https://login.hospital.example since 2026-03-02\n" in listed
    assert shown.subject not in listed


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


def test_a_role_is_taken_back_with_a_reason(app: Flask, session: Session, study: str) -> None:
    add(app)
    command(app, "users", "join", KARI, study, "coordinator", "--site", "02")
    done = command(app, "users", "withdraw", KARI, study, "coordinator", "--site", "02", "--reason", "left")
    assert "is no longer coordinator in backtobasic, site 02" in done.output
    assert session.scalars(select(Membership)).all() == []
    entry = session.scalars(select(AuditEntry).filter_by(action="delete")).one()
    assert (entry.actor, entry.reason) == (who.system_user(), "left")


def test_a_lost_second_factor_is_reset_on_another_administrators_word(app: Flask, session: Session, study: str) -> None:
    for email, role in ((KARI, "monitor"), ("admin@hospital.example", "administrator")):
        add(app, email)
        command(app, "users", "join", email, study, role)
    kari = session.scalars(select(User).filter_by(email=KARI)).one()
    kari.tf_totp_secret, kari.tf_primary_method = "closed", "authenticator"
    session.commit()
    reset = ["users", "reset-second-factor", KARI, "--reason", "lost her telephone", "--by"]
    assert command(app, *reset, KARI).exit_code == 1
    done = command(app, *reset, "admin@hospital.example")
    assert "sets up a new second factor" in done.output
    session.expire_all()
    assert kari.tf_totp_secret is None
    entry = session.scalars(select(AuditEntry).filter_by(table_name="public.users").order_by(AuditEntry.id)).all()[-1]
    asking = session.scalars(select(User.id).filter_by(email="admin@hospital.example")).one()
    assert (entry.actor, entry.reason) == (f"command line: user:{asking}", "lost her telephone")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["add", KARI, "--password", PASSWORD], "has an account already"),
        (["add", "kari", "--password", PASSWORD], "Write an address"),
        (["add", "ola@hospital.example", "--password", "short"], "at least 12 characters"),
        (["join", "ola@hospital.example", "backtobasic", "monitor"], "Nobody here has the address"),
        (["join", KARI, "nowhere", "monitor"], "There is no study nowhere; installed: backtobasic"),
        (["join", KARI, "backtobasic", "monitor", "--site", "99"], "has no site 99"),
        (["join", KARI, "backtobasic", "janitor"], "'janitor' is not one of"),
        (
            ["withdraw", KARI, "backtobasic", "monitor", "--reason", "left"],
            "is not monitor in backtobasic at all sites",
        ),
        (["withdraw", KARI, "backtobasic", "monitor"], "Missing option '--reason'"),
        (
            ["reset-second-factor", KARI, "--by", "ola@hospital.example", "--reason", "lost"],
            "Nobody here has the address",
        ),
        (["reset-second-factor", KARI, "--by", KARI, "--reason", "lost"], "another administrator"),
        (["reset-second-factor", KARI, "--by", KARI], "Missing option '--reason'"),
        (["disable", "ola@hospital.example"], "Nobody here has the address"),
        (["password", KARI, "--password", "short"], "at least 12 characters"),
    ],
)
def test_what_is_wrong_is_one_line_and_changes_nothing(
    app: Flask, session: Session, study: str, arguments: list[str], sentence: str
) -> None:
    add(app)
    done = command(app, "users", *arguments)
    assert done.exit_code == (2 if sentence.startswith(("Missing option", "'janitor'")) else 1)
    assert sentence in done.output
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
    assert {entry.actor for entry in session.scalars(select(AuditEntry))} == {who.system_user()}


def test_who_leaves_has_no_role_and_no_way_in_and_may_be_let_in_again(app: Flask, session: Session, study: str) -> None:
    add(app)
    for role in ("coordinator", "monitor"):
        command(app, "users", "join", KARI, study, role)
    done = command(app, "users", "leave", KARI)
    assert done.output.endswith("taken back: coordinator in backtobasic, monitor in backtobasic.\n")
    kari = session.scalars(select(User)).one()
    assert (kari.active, session.scalars(select(Membership)).all()) == (False, [])
    before = kari.fs_uniquifier
    session.rollback()
    again = command(app, "users", "leave", KARI)
    assert (again.exit_code, "taken back: none" in again.output) == (0, True)
    assert command(app, "users", "enable", KARI, "--reason", "came back").exit_code == 0
    session.expire_all()
    kari = session.scalars(select(User)).one()
    assert (kari.active, kari.fs_uniquifier != before, session.scalars(select(Membership)).all()) == (True, True, [])
    session.rollback()
    twice = command(app, "users", "enable", KARI, "--reason", "came back")
    assert (twice.exit_code, "is not disabled" in twice.output) == (1, True)


@pytest.mark.parametrize("act", ["disable", "leave"])
def test_where_the_last_who_managed_a_study_s_people_goes_it_is_said(
    app: Flask, session: Session, study: str, act: str
) -> None:
    for email in (KARI, "admin@hospital.example"):
        add(app, email)
        command(app, "users", "join", email, study, "administrator")
    said = "Nobody manages the people of backtobasic now"
    assert said not in command(app, "users", act, KARI).output
    assert said in command(app, "users", act, "admin@hospital.example").output


def test_a_second_factor_is_reset_by_its_short_name_too(app: Flask, session: Session, study: str) -> None:
    for email, role in ((KARI, "monitor"), ("admin@hospital.example", "administrator")):
        add(app, email)
        command(app, "users", "join", email, study, role)
    done = command(app, "users", "reset-2fa", KARI, "--as", "admin@hospital.example", "--reason", "lost it")
    assert (done.exit_code, "has no second factor" in done.output) == (1, True)


@pytest.mark.parametrize(
    "acts",
    [
        ("join", KARI, "backtobasic", "monitor"),
        ("withdraw", KARI, "backtobasic", "coordinator", "--reason", "left"),
        ("password", KARI, "--password", "three elks read the paper"),
        ("disable", KARI),
        ("leave", KARI),
        ("add", "new@hospital.example", "--password", PASSWORD),
    ],
)
def test_the_trail_says_who_was_at_the_shell(app: Flask, session: Session, study: str, acts: tuple[str, ...]) -> None:
    add(app)
    add(app, "admin@hospital.example")
    command(app, "users", "join", KARI, study, "coordinator")
    admin = session.scalars(select(User.id).filter_by(email="admin@hospital.example")).one()
    session.rollback()
    done = command(app, "users", *acts, "--as", "admin@hospital.example")
    assert done.exit_code == 0, done.output
    last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert last.actor == f"command line: user:{admin}"
    session.rollback()
    nobody = command(app, "users", *acts, "--as", "nobody@hospital.example")
    assert (nobody.exit_code, "Nobody here has the address nobody@hospital.example" in nobody.output) == (1, True)


def test_who_is_disabled_does_not_act(app: Flask, session: Session) -> None:
    add(app)
    add(app, "admin@hospital.example")
    command(app, "users", "disable", "admin@hospital.example")
    done = command(app, "users", "disable", KARI, "--as", "admin@hospital.example")
    assert (done.exit_code, "is disabled, and acts no more" in done.output) == (1, True)
