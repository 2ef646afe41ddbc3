"""Who works for a study, by the API: roles taken back, second factors reset, tokens with their last use."""

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import tokens
from app.accounts.models import TokenUse, User
from app.accounts.roles import GRANTS, Permission, Role
from app.core.audit import AuditEntry
from app.studies.access import bind, join, memberships
from app.studies.installing import site
from app.studies.models import Study
from tests.api.conftest import EVERYTHING, Program, Programs
from tests.exports.conftest import NOW
from tests.factories import backtobasic, user

PEOPLE = "/studies/backtobasic/people"
EMAIL = "kari@hospital.example"


@pytest.fixture
def kari(study: Study, session: Session) -> User:
    someone = user(study, Role.COORDINATOR, "02", email=EMAIL)
    someone.tf_primary_method, someone.tf_totp_secret = "authenticator", "closed"
    session.commit()
    return someone


def test_an_administrator_sees_roles_second_factor_and_when_tokens_were_used(
    program: Programs, kari: User, session: Session
) -> None:
    token, _ = tokens.issue(kari, [Permission.VIEW_COMPLIANCE], NOW.replace(year=2027), NOW)
    study = memberships(kari)[0].study
    bind(token, study, site(study, "02"))
    session.commit()
    answer = program(Role.ADMINISTRATOR).get(PEOPLE).json
    assert answer is not None
    hers = next(person for person in answer["items"] if person["email"] == EMAIL)
    assert hers["roles"] == [{"role": "coordinator", "site": "02"}]
    assert hers["second_factor"] is True
    assert [(key["study"], key["site"], key["last_used_at"]) for key in hers["tokens"]] == [("backtobasic", "02", None)]
    own = next(person for person in answer["items"] if person["roles"] == [{"role": "administrator", "site": None}])
    assert own["second_factor"] is False
    assert own["tokens"][0]["last_used_at"] == f"{NOW:%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize("path", ["", "/withdrawals", "/second-factor-resets"])
def test_people_are_managed_by_who_manages_all_sites(program: Programs, kari: User, path: str) -> None:
    body = {"email": EMAIL, "role": "coordinator", "site": "02", "reason": "left"}
    if path != "/withdrawals":
        body = {"email": EMAIL, "reason": "lost"}
    for role, at_site in ((Role.COORDINATOR, None), (Role.DATA_MANAGER, None), (Role.ADMINISTRATOR, "02")):
        asker = program(role, at_site=at_site)
        answer = asker.post(PEOPLE + path, body) if path else asker.get(PEOPLE)
        assert answer.status_code == 403, (role, at_site)


def test_a_role_is_taken_back_with_a_reason_on_the_record(program: Programs, kari: User, session: Session) -> None:
    sent = {"email": EMAIL, "role": "coordinator", "site": "02", "reason": "left the hospital"}
    answer = program(Role.ADMINISTRATOR).post(f"{PEOPLE}/withdrawals", sent)
    assert answer.status_code == 200
    assert answer.json is not None
    assert EMAIL not in str(answer.json)
    session.expire_all()
    assert memberships(kari) == []
    entry = session.scalars(select(AuditEntry).filter_by(action="delete").order_by(AuditEntry.id)).all()[-1]
    assert entry.reason is not None
    assert "left the hospital" in entry.reason


def test_a_second_factor_is_reset_by_somebody_else(program: Programs, kari: User, session: Session) -> None:
    answer = program(Role.ADMINISTRATOR).post(f"{PEOPLE}/second-factor-resets", {"email": EMAIL, "reason": "lost"})
    assert answer.status_code == 200
    session.expire_all()
    assert kari.tf_totp_secret is None
    entry = session.scalars(select(AuditEntry).filter_by(table_name="public.users").order_by(AuditEntry.id)).all()[-1]
    assert str(entry.reason).endswith(": lost")


@pytest.mark.parametrize("email", ["nobody@hospital.example", "elsewhere@hospital.example"])
def test_who_works_elsewhere_cannot_be_told_from_nobody(program: Programs, session: Session, email: str) -> None:
    user(backtobasic(code="other").study, Role.MONITOR, email="elsewhere@hospital.example")
    session.commit()
    answer = program(Role.ADMINISTRATOR).post(f"{PEOPLE}/second-factor-resets", {"email": email, "reason": "lost"})
    assert answer.status_code == 404
    assert answer.json is not None
    assert answer.json["detail"] == f"Nobody with the address {email} works for this study."


def bound(app: Flask, session: Session, study: Study, role: Role, at: str | None, to: Study | None = None) -> Program:
    """A program whose token opens one study, perhaps at one site of it."""
    token, secret = tokens.issue(user(study, role), EVERYTHING, NOW.replace(year=2027), NOW)
    bind(token, to or study, site(to or study, at) if at else None)
    session.commit()
    return Program(app, secret)


def sites_seen(program: Program) -> list[list[str]]:
    answer = program.get("/studies").json
    assert answer is not None
    return [[where["code"] for where in study["sites"]] for study in answer["items"]]


def test_a_token_bound_to_a_site_sees_that_site_alone(app: Flask, session: Session, study: Study) -> None:
    token = bound(app, session, study, Role.DATA_MANAGER, "02")
    whole = bound(app, session, study, Role.DATA_MANAGER, None)
    assert sites_seen(token) == [["02"]]
    assert len(sites_seen(whole)[0]) > 1
    figures = token.get("/studies/backtobasic/compliance").json
    assert figures is not None
    assert figures["sites"] == ["02"]
    assert token.get("/studies/backtobasic/snapshots").status_code == 403, "an export holds all sites"
    assert whole.get("/studies/backtobasic/snapshots").status_code == 200


@pytest.mark.parametrize("elsewhere", [Role.DATA_MANAGER, Role.INVESTIGATOR])
def test_a_token_bound_to_a_site_that_its_holder_lost_opens_nothing(
    app: Flask, session: Session, study: Study, elsewhere: Role
) -> None:
    holder = user(study, elsewhere, "01")
    token, secret = tokens.issue(holder, EVERYTHING, NOW.replace(year=2027), NOW)
    bind(token, study, site(study, "02"))
    session.commit()
    program = Program(app, secret)
    assert sites_seen(program) == []
    for path in ("compliance", "participants", "tasks"):
        assert program.get(f"/studies/backtobasic/{path}").status_code == 403, path


def test_what_its_holder_is_at_another_site_is_worth_nothing_where_a_token_is_bound(
    app: Flask, session: Session, study: Study
) -> None:
    holder = user(study, Role.MONITOR, "02")
    join(holder, study, Role.INVESTIGATOR, site(study, "01"))
    token, secret = tokens.issue(holder, EVERYTHING, NOW.replace(year=2027), NOW)
    bind(token, study, site(study, "02"))
    session.commit()
    answer = Program(app, secret).get("/studies").json
    assert answer is not None
    assert set(answer["items"][0]["permissions"]) == {each.value for each in GRANTS[Role.MONITOR]}


def test_a_token_bound_to_another_study_cannot_tell_this_one_from_none(
    app: Flask, session: Session, study: Study
) -> None:
    other = backtobasic(code="other").study
    token = bound(app, session, study, Role.DATA_MANAGER, None, other)
    assert sites_seen(token) == []
    for code in ("backtobasic", "other", "nowhere"):
        assert token.get(f"/studies/{code}/compliance").status_code == 404, code


def test_the_last_use_is_noted_once_a_minute(app: Flask, program: Programs, session: Session) -> None:
    asker = program(Role.MONITOR)
    assert session.scalars(select(TokenUse.used_at)).all() == [None]
    asker.get("/studies")
    asker.get("/studies")
    session.rollback()
    use = session.scalars(select(TokenUse)).one()
    assert (use.used_at, use.address) == (NOW, "127.0.0.1")


@pytest.mark.parametrize(
    ("path", "status"), [("/studies/nowhere/compliance", 404), ("/studies/backtobasic/people", 403)]
)
def test_a_use_that_is_refused_is_noted_too(
    app: Flask, program: Programs, session: Session, path: str, status: int
) -> None:
    assert program(Role.MONITOR).get(path).status_code == status
    session.rollback()
    assert session.scalars(select(TokenUse.used_at)).all() == [NOW]
