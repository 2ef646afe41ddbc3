"""An invitation opens once, until it expires, and gives the role for which it was made."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.roles import Role
from app.accounts.users import disable
from app.core.audit import AuditEntry
from app.core.problems import BadInput, Conflict, Forbidden, Gone, NotFound
from app.studies.access import join
from app.studies.installing import site
from app.studies.inviting import OPEN_FOR, accept, give_role, invitation_of, invite, waiting, withdraw_invitation
from app.studies.models import Membership
from app.studies.people import withdraw
from tests.factories import NOW, PASSWORD, backtobasic, user

MOMENT = timedelta(microseconds=1)
HER_NAME = "Marianne Kristoffersen"


@pytest.fixture
def admin(session: Session) -> User:
    return user(backtobasic().study, Role.ADMINISTRATOR)


def invited(admin: User, email: str = "new@hospital.example", at_site: str | None = "01") -> str:
    study = backtobasic().study
    where = site(study, at_site) if at_site else None
    return invite(study, email, HER_NAME, Role.COORDINATOR, where, admin, NOW)[1]


@pytest.mark.parametrize("at_site", ["01", None])
def test_who_accepts_works_here_in_the_role_for_which_she_was_invited(
    app: object, admin: User, session: Session, at_site: str | None
) -> None:
    someone = accept(invited(admin, " New@Hospital.example ", at_site), PASSWORD, NOW)
    assert (someone.email, someone.name, someone.active) == ("new@hospital.example", HER_NAME, True)
    held = session.scalars(select(Membership).filter_by(user_id=someone.id)).one()
    assert (held.role, held.site.code if held.site else None) == (Role.COORDINATOR, at_site)
    assert waiting(held.study, NOW) == []


def test_a_link_opens_once(app: object, admin: User) -> None:
    token = invited(admin)
    accept(token, PASSWORD, NOW)
    with pytest.raises(Gone, match="used already"):
        accept(token, PASSWORD, NOW)


@pytest.mark.parametrize(("after", "opens"), [(OPEN_FOR - MOMENT, True), (OPEN_FOR, False)])
def test_a_link_expires(admin: User, after: timedelta, opens: bool) -> None:
    token = invited(admin)
    if opens:
        assert invitation_of(token, NOW + after).email == "new@hospital.example"
    else:
        with pytest.raises(Gone, match="has expired"):
            invitation_of(token, NOW + after)


@pytest.mark.parametrize("lost", ["her role", "the whole study", "her account"])
def test_an_invitation_ends_with_the_role_of_whoever_invited(app: object, admin: User, lost: str) -> None:
    study, token = backtobasic().study, invited(admin)
    user(study, Role.ADMINISTRATOR)
    if lost == "her account":
        disable(admin, NOW)
    else:
        withdraw(admin, study, Role.ADMINISTRATOR, None, NOW)
    if lost == "the whole study":
        join(admin, study, Role.ADMINISTRATOR, site(study, "02"))
    with pytest.raises(Gone, match="has expired"):
        accept(token, PASSWORD, NOW)
    assert waiting(study, NOW) == []


@pytest.mark.parametrize("token", ["", "x", "nothing that we made"])
def test_what_we_did_not_make_opens_nothing(admin: User, token: str) -> None:
    invited(admin)
    with pytest.raises(NotFound):
        invitation_of(token, NOW)


def test_a_new_invitation_ends_the_one_before(admin: User) -> None:
    first, second = invited(admin), invited(admin)
    with pytest.raises(Gone):
        invitation_of(first, NOW)
    assert invitation_of(second, NOW).role is Role.COORDINATOR


def test_one_that_is_withdrawn_opens_nothing(admin: User) -> None:
    token = invited(admin)
    withdraw_invitation(invitation_of(token, NOW), NOW)
    with pytest.raises(Gone):
        accept(token, PASSWORD, NOW)


def test_who_has_an_account_is_given_the_role_itself(admin: User) -> None:
    someone = user()
    with pytest.raises(Conflict, match="has an account already"):
        invited(admin, someone.email.upper())
    study = backtobasic().study
    give_role(someone, study, Role.MONITOR, None, admin)
    with pytest.raises(Conflict, match="already"):
        give_role(someone, study, Role.MONITOR, None, admin)


def test_nobody_gives_herself_a_role(admin: User) -> None:
    with pytest.raises(Forbidden, match="Nobody gives herself a role"):
        give_role(admin, backtobasic().study, Role.INVESTIGATOR, None, admin)


@pytest.mark.parametrize(
    ("email", "name", "field"),
    [
        ("", "Ny", "email"), ("new", "Ny", "email"), ("a b@c.example", "Ny", "email"), ("new@hospital", "Ny", "email"),
        ("new@hospital.example", "", "name"), ("new@hospital.example", " ", "name"),
        ("new@hospital.example", "x" * 201, "name"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_where_it_is(admin: User, email: str, name: str, field: str) -> None:
    with pytest.raises(BadInput) as caught:
        invite(backtobasic().study, email, name, Role.MONITOR, None, admin, NOW)
    assert list(caught.value.errors) == [field]


@pytest.mark.parametrize("password", ["", "short", "new@hospital.example", HER_NAME])
def test_a_password_that_is_easily_guessed_is_refused_and_the_link_stays_open(
    app: object, admin: User, password: str
) -> None:
    token = invited(admin)
    with pytest.raises(BadInput):
        accept(token, password, NOW)
    assert invitation_of(token, NOW).accepted_at is None


def test_the_link_is_in_no_row_and_in_no_entry_of_the_trail(admin: User, session: Session) -> None:
    token = invited(admin)
    session.commit()
    entry = session.scalars(select(AuditEntry).filter_by(table_name="public.invitations")).one()
    assert token not in str(entry.new)
    assert (entry.new or {})["token_sha256"] == "(hidden)"
