"""What binds somebody to what an identity provider calls her, and what ends it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import sessions
from app.accounts.identities import ShownIdentity, bind, identity_of, unbind, user_of
from app.accounts.models import Ended, StaffSession, User, UserIdentity
from app.accounts.roles import Role
from app.accounts.users import add_user
from app.core.audit import AuditEntry
from app.core.problems import BadInput, Conflict, Forbidden, Gone, NotFound
from app.studies.inviting import accept, accept_with_identity, invite, withdraw_invitation
from app.studies.models import Invitation, Membership
from app.studies.people import remove_identity
from tests.factories import NOW, PASSWORD, backtobasic, user

ISSUER = "https://login.hospital.example/staff"
KARI = ShownIdentity(ISSUER, "kari-at-the-hospital", NOW, is_strong=False)
OLA = replace(KARI, subject="ola-at-the-hospital")
LATER = NOW + timedelta(days=1)


@pytest.fixture
def kari(session: Session) -> User:
    """Somebody who works here."""
    return user(email="kari@hospital.example")


def test_who_was_bound_is_known_by_issuer_and_subject_to_the_letter(session: Session, kari: User) -> None:
    bind(kari, KARI, NOW)
    assert user_of(KARI) is kari
    for other in (
        replace(KARI, subject="KARI-AT-THE-HOSPITAL"),
        replace(KARI, subject="kari-at-the-hospital "),
        replace(KARI, subject=kari.email),
        replace(KARI, issuer=ISSUER + "/"),
        OLA,
    ):
        assert user_of(other) is None


def test_nobody_is_known_by_an_identity_that_is_anothers(session: Session, kari: User) -> None:
    bind(kari, KARI, NOW)
    with pytest.raises(Conflict, match="another account"):
        bind(user(), KARI, NOW)
    assert user_of(KARI) is kari


def test_one_provider_knows_somebody_in_one_way(session: Session, kari: User) -> None:
    bind(kari, KARI, NOW)
    for again in (KARI, OLA):
        with pytest.raises(Conflict, match="connected already"):
            bind(kari, again, NOW)
    bind(kari, replace(OLA, issuer="https://other.example"), NOW)
    assert [identity.issuer for identity in kari.identities] == [ISSUER, "https://other.example"]


def test_the_database_holds_it_too_where_two_come_at_once(session: Session, kari: User) -> None:
    bind(kari, KARI, NOW)
    twice = UserIdentity(user_id=user().id, issuer=ISSUER, subject=KARI.subject, bound_at=NOW)
    with pytest.raises(IntegrityError, match="uq_user_identities_issuer_subject"), session.begin_nested():
        session.add(twice)
    second = UserIdentity(user_id=kari.id, issuer=ISSUER, subject="another", bound_at=NOW)
    with pytest.raises(IntegrityError, match="uq_user_identities_user_id_issuer"), session.begin_nested():
        session.add(second)


def test_whoever_is_unbound_is_signed_out_and_may_be_bound_anew(session: Session, kari: User) -> None:
    bind(kari, KARI, NOW)
    before = kari.fs_uniquifier
    key = sessions.begin(kari, "127.0.0.1", "a browser", NOW)
    unbind(kari, NOW)
    assert (user_of(KARI), kari.identities, identity_of(kari, ISSUER)) == (None, [], None)
    assert sessions.live(kari.fs_uniquifier, key, NOW) is None
    assert session.scalars(select(StaffSession.ended_because)).one() is Ended.IDENTITY
    assert kari.fs_uniquifier != before, "what is half begun ends, too"
    with pytest.raises(Conflict, match="no identity provider"):
        unbind(kari, NOW)
    bind(user(), KARI, LATER)


def test_bindings_are_in_the_trail_and_not_changed_in_their_place(session: Session, kari: User) -> None:
    identity = bind(kari, KARI, NOW)
    session.flush()
    with pytest.raises(Exception, match="permission denied"), session.begin_nested():
        session.execute(text("UPDATE user_identities SET subject = 'ola'"))
    unbind(kari, NOW)
    table = select(AuditEntry).filter_by(table_name="public.user_identities").order_by(AuditEntry.id)
    made, gone = session.scalars(table).all()
    assert (made.action, gone.action, made.row_id) == ("insert", "delete", str(identity.id))
    assert made.new is not None
    assert (made.new["subject"], made.new["issuer"]) == (KARI.subject, ISSUER)


def invited(email: str = "new@hospital.example") -> tuple[Invitation, str, User]:
    study = backtobasic().study
    by = user(study, Role.ADMINISTRATOR)
    return *invite(study, email, "Ny Ansatt", Role.COORDINATOR, None, by, NOW), by


def test_an_invitation_is_accepted_by_an_identity_without_a_password(session: Session) -> None:
    invitation, token, _ = invited()
    someone = accept_with_identity(invitation.id, KARI, LATER)
    assert (someone.email, someone.password, user_of(KARI)) == ("new@hospital.example", None, someone)
    assert session.scalars(select(Membership.role).filter_by(user_id=someone.id)).all() == [Role.COORDINATOR]
    with pytest.raises(Gone, match="used already"):
        accept_with_identity(invitation.id, OLA, LATER)
    with pytest.raises(Gone, match="used already"):
        accept(token, PASSWORD, LATER)


def test_an_invitation_that_is_over_binds_nobody(session: Session) -> None:
    invitation, _, _ = invited()
    with pytest.raises(Gone, match="expired"):
        accept_with_identity(invitation.id, KARI, invitation.expires_at)
    withdraw_invitation(invitation, NOW)
    with pytest.raises(Gone, match="expired"):
        accept_with_identity(invitation.id, KARI, NOW)
    with pytest.raises(NotFound):
        accept_with_identity(invitation.id + 1, KARI, NOW)
    assert user_of(KARI) is None


def test_whoever_is_known_already_makes_no_second_account_by_an_invitation(session: Session, kari: User) -> None:
    bind(kari, KARI, NOW)
    invitation, _, _ = invited()
    with pytest.raises(Conflict, match="another account"):
        accept_with_identity(invitation.id, KARI, NOW)


def test_an_account_without_a_password_is_checked_as_any_other(session: Session) -> None:
    with pytest.raises(BadInput):
        add_user("no address", None, "Kari", NOW)
    assert add_user("kari@hospital.example", None, "Kari", NOW).password is None


def test_another_administrator_removes_a_connection_for_a_reason(session: Session) -> None:
    invitation, _, admin = invited()
    someone = accept_with_identity(invitation.id, KARI, NOW)
    for by, reason, problem in (
        (admin, " ", BadInput),
        (admin, "x" * 501, BadInput),
        (someone, "my own", Forbidden),
        (user(), "of no study", Forbidden),
    ):
        with pytest.raises(problem):
            remove_identity(someone, by, reason, NOW)
    assert user_of(KARI) is someone
    remove_identity(someone, admin, "left the hospital", NOW)
    assert user_of(KARI) is None
    with pytest.raises(Conflict):
        remove_identity(someone, admin, "once more", NOW)
