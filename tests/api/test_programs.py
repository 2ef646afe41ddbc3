"""Accounts of programs: their own, so that they stay when people leave; nobody signs in with them."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import tokens
from app.accounts.models import User
from app.accounts.programs import add_program
from app.accounts.roles import Permission, Role
from app.accounts.users import add_user, set_password
from app.core.problems import BadInput, Conflict
from app.studies import people
from app.studies.access import join
from app.studies.inviting import invite
from app.studies.models import Study
from tests.api.asking import S
from tests.api.conftest import Program
from tests.exports.conftest import NOW
from tests.factories import PASSWORD, command, user, visitor

CODE, ADDRESS = "epj-enrolment", "epj-enrolment@programs.invalid"


def test_a_programs_token_lives_on_when_the_person_who_asked_for_it_leaves(
    app: Flask, study: Study, session: Session
) -> None:
    kari = user(study, Role.DATA_MANAGER, email="kari@hospital.example")
    secret = command(app, "api", "account", CODE, study.code, "coordinator", "--name", "EPJ", "--site", "01").stdout
    assert secret == f"{ADDRESS}\n"
    issued = command(app, "api", "issue", CODE, "--may", "view participant", "--days", "30").stdout.strip()
    people.leave(kari, NOW)
    session.commit()
    answer = Program(app, issued).get(f"{S}/participants")
    assert answer.status_code == 200, answer.text
    program = session.scalars(select(User).filter_by(email=ADDRESS)).one()
    assert (program.is_program, kari.is_program) == (True, False)
    people.leave(program, NOW)
    session.commit()
    assert Program(app, issued).get(f"{S}/participants").status_code == 401


def test_it_has_its_role_at_its_site_alone(app: Flask, study: Study, session: Session) -> None:
    command(app, "api", "account", CODE, study.code, "coordinator", "--name", "EPJ", "--site", "02")
    issued = command(app, "api", "issue", CODE, "--may", "view participant").stdout.strip()
    assert Program(app, issued).get(f"{S}/participants").get_json()["total"] == 0
    again = command(app, "api", "account", CODE, study.code, "statistician")
    assert again.stdout == f"{ADDRESS}\n"
    assert "already" in command(app, "api", "account", CODE, study.code, "statistician").output


@pytest.mark.parametrize("password", ["", PASSWORD, " "])
def test_nobody_signs_in_with_it(app: Flask, session: Session, password: str) -> None:
    add_program(CODE, "EPJ", NOW)
    session.commit()
    browser = visitor(app)
    browser.post("/login", data={"email": ADDRESS, "password": password})
    assert browser.get("/desk/").status_code == 302


def test_it_gets_no_password_and_no_invitation(app: Flask, study: Study, session: Session) -> None:
    program, kari = add_program(CODE, "EPJ", NOW), user(study, Role.ADMINISTRATOR)
    with pytest.raises(BadInput, match="kept for programs"):
        set_password(program, PASSWORD, NOW)
    with pytest.raises(BadInput, match="kept for programs"):
        add_user("other@programs.invalid", PASSWORD, "Other", NOW)
    with pytest.raises(BadInput, match="kept for programs"):
        invite(study, "Other@Programs.Invalid", "Other", Role.MONITOR, None, kari, NOW)
    assert program.password is None


@pytest.mark.parametrize("permission", Permission)
def test_what_is_a_persons_signature_no_program_gives(app: Flask, study: Study, permission: Permission) -> None:
    program, until = add_program(CODE, "EPJ", NOW), NOW + timedelta(days=1)
    join(program, study, Role.INVESTIGATOR)
    if permission in (Permission.APPROVE, Permission.LOCK):
        with pytest.raises(BadInput, match="person"):
            tokens.issue(program, [permission], until, NOW)
    else:
        assert tokens.issue(program, [permission], until, NOW)[0].issued_for == {permission}


@pytest.mark.parametrize(
    ("code", "name", "field"),
    [
        ("", "EPJ", "code"),
        ("a", "EPJ", "code"),
        ("EPJ", "EPJ", "code"),
        ("1epj", "EPJ", "code"),
        ("epj enrolment", "EPJ", "code"),
        ("epj@hospital.example", "EPJ", "code"),
        ("e" * 41, "EPJ", "code"),
        ("epj\n", "EPJ", "code"),
        ("epj", " ", "name"),
        ("epj", "x" * 201, "name"),
    ],
)
def test_what_a_program_cannot_be_called(app: Flask, session: Session, code: str, name: str, field: str) -> None:
    with pytest.raises(BadInput) as refused:
        add_program(code, name, NOW)
    assert set(refused.value.errors) == {field}


def test_a_program_is_there_once(app: Flask, session: Session) -> None:
    add_program("e" * 40, "EPJ", NOW)
    with pytest.raises(Conflict):
        add_program("e" * 40, "EPJ", NOW)


def test_a_token_that_asks_too_often_is_told_when_to_come_back(app: Flask, study: Study, session: Session) -> None:
    issued = []
    for number in range(2):
        user(study, Role.MONITOR, email=f"kari{number}@hospital.example")
        session.commit()
        may = ("--may", "view compliance", "--per-minute", "3")
        issued.append(command(app, "api", "issue", f"kari{number}@hospital.example", *may).stdout.strip())
    first, second = (Program(app, secret) for secret in issued)
    assert [first.get("/studies").status_code for _ in range(3)] == [200] * 3
    refused = first.get("/studies")
    assert (refused.status_code, refused.mimetype) == (429, "application/problem+json")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert f"Come back in {refused.headers['Retry-After']} seconds" in refused.get_json()["detail"]
    assert second.get("/studies").status_code == 200


@pytest.mark.parametrize("per_minute", ["0", "-1", "60001", "many"])
def test_a_limit_is_a_number_that_can_be_one(app: Flask, study: Study, session: Session, per_minute: str) -> None:
    user(study, Role.MONITOR, email="kari@hospital.example")
    session.commit()
    may = ("--may", "view compliance", "--per-minute", per_minute)
    assert command(app, "api", "issue", "kari@hospital.example", *may).exit_code == 2
