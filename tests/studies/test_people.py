"""A role is taken back at once; a lost second factor is reset by another administrator, with a reason."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Ended, StaffSession, User, WebAuthn
from app.accounts.programs import add_program
from app.accounts.roles import Permission, Role
from app.accounts.sessions import begin
from app.accounts.tokens import issue
from app.accounts.users import disable, enable
from app.core.audit import AuditEntry, acting
from app.core.database import db, transaction
from app.core.problems import BadInput, Conflict, Forbidden, NotFound, Problem
from app.studies.access import bind, join, memberships, scope
from app.studies.installing import site
from app.studies.models import Study
from app.studies.people import leave, manages, people, reset_second_factor, tokens_in, unmanaged, withdraw
from tests.factories import NOW, backtobasic, user

LIFE = timedelta(days=30)


@pytest.fixture
def study(session: Session) -> Study:
    return backtobasic().study


@pytest.fixture
def kari(study: Study) -> User:
    """A coordinator with a second factor, a passkey and recovery codes."""
    someone = user(study, Role.COORDINATOR, "01")
    someone.tf_primary_method, someone.tf_totp_secret, someone.totp_counter = "authenticator", "closed", 7
    someone.mf_recovery_codes = ["closed"]
    passkey = WebAuthn(credential_id=b"1", public_key=b"2", backup_state=False, device_type="single_device")
    passkey.lastuse_datetime, passkey.name, passkey.usage = NOW, "key", "first"
    someone.webauthn.append(passkey)
    return someone


@pytest.fixture
def administrator(study: Study) -> User:
    return user(study, Role.ADMINISTRATOR)


def ended(session: Session) -> list[Ended | None]:
    return list(session.scalars(select(StaffSession.ended_because).order_by(StaffSession.id)))


def test_a_role_that_is_taken_back_permits_nothing_and_ends_her_sessions(
    session: Session, study: Study, kari: User
) -> None:
    join(kari, study, Role.MONITOR)
    begin(kari, "", "", NOW)
    withdraw(kari, study, Role.COORDINATOR, site(study, "01"), NOW)
    session.flush()
    assert scope(kari, study, Permission.ENROL) is None
    assert scope(kari, study, Permission.VIEW_COMPLIANCE) is not None, "she is a monitor still"
    assert ended(session) == [Ended.ROLE]
    withdraw(kari, study, Role.MONITOR, None, NOW)
    session.flush()
    assert memberships(kari) == []


@pytest.mark.parametrize(
    ("role", "at", "sentence"),
    [
        (Role.COORDINATOR, None, "is not coordinator in backtobasic at all sites"),
        (Role.COORDINATOR, "02", "is not coordinator in backtobasic at site 02"),
        (Role.MONITOR, "01", "is not monitor in backtobasic at site 01"),
    ],
)
def test_a_role_that_she_has_not_cannot_be_taken_back(
    session: Session, study: Study, kari: User, role: Role, at: str | None, sentence: str
) -> None:
    begin(kari, "", "", NOW)
    with pytest.raises(NotFound, match=sentence):
        withdraw(kari, study, role, site(study, at) if at else None, NOW)
    assert len(memberships(kari)) == 1
    assert ended(session) == [None]


def test_a_role_that_was_taken_back_stands_in_the_audit_trail(session: Session, study: Study, kari: User) -> None:
    with acting("command line", "left the hospital"):
        withdraw(kari, study, Role.COORDINATOR, site(study, "01"), NOW)
        session.flush()
    entry = session.scalars(select(AuditEntry).filter_by(table_name="public.memberships").order_by(AuditEntry.id)).all()
    assert (entry[-1].action, entry[-1].reason) == ("delete", "left the hospital")


def test_a_lost_second_factor_is_forgotten_with_all_that_replaces_it(
    session: Session, kari: User, administrator: User
) -> None:
    before = kari.fs_uniquifier
    begin(kari, "", "", NOW)
    reset_second_factor(kari, administrator, "lost her telephone; known to me in person", NOW)
    session.flush()
    assert (kari.tf_primary_method, kari.tf_totp_secret, kari.totp_counter, kari.mf_recovery_codes) == (None,) * 4
    assert session.scalars(select(WebAuthn)).all() == []
    assert kari.fs_uniquifier != before
    assert ended(session) == [Ended.SECOND_FACTOR]


def of_another_study(_: Study) -> User:
    return user(backtobasic(code="other").study, Role.ADMINISTRATOR)


def disabled(study: Study) -> User:
    someone = user(study, Role.ADMINISTRATOR)
    someone.active = False
    return someone


@pytest.mark.parametrize(
    "who",
    [
        of_another_study,
        disabled,
        lambda study: user(study, Role.ADMINISTRATOR, "01"),  # of one site: an account is of all
        *(lambda study, role=role: user(study, role) for role in Role if role is not Role.ADMINISTRATOR),
    ],
)
def test_only_an_administrator_of_a_study_of_hers_resets_it(
    session: Session, study: Study, kari: User, who: Callable[[Study], User]
) -> None:
    with pytest.raises(Forbidden, match="manages no study in which"):
        reset_second_factor(kari, who(study), "lost", NOW)
    assert kari.tf_totp_secret == "closed"


def test_nobody_resets_her_own(session: Session, study: Study, kari: User) -> None:
    join(kari, study, Role.ADMINISTRATOR)
    with pytest.raises(Forbidden, match="another administrator"):
        reset_second_factor(kari, kari, "lost", NOW)
    assert manages(kari, kari)


@pytest.mark.parametrize(
    ("reason", "problem"), [("", BadInput), (" \n", BadInput), ("x" * 501, BadInput), ("x" * 500, None), ("x", None)]
)
def test_it_needs_a_reason(
    session: Session, kari: User, administrator: User, reason: str, problem: type[Problem] | None
) -> None:
    if problem is None:
        reset_second_factor(kari, administrator, reason, NOW)
        return
    with pytest.raises(problem, match="why the second factor is reset"):
        reset_second_factor(kari, administrator, reason, NOW)
    assert kari.tf_totp_secret == "closed"


def test_who_has_none_needs_no_reset(session: Session, study: Study, administrator: User) -> None:
    with pytest.raises(Conflict, match="has no second factor"):
        reset_second_factor(user(study, Role.MONITOR), administrator, "lost", datetime.now(UTC))


def test_the_people_of_a_study_are_who_has_a_role_in_it(
    session: Session, study: Study, kari: User, administrator: User
) -> None:
    join(kari, study, Role.MONITOR)
    user(backtobasic(code="other").study, Role.MONITOR)
    assert people(study) == sorted([kari, administrator], key=lambda someone: someone.email)


def test_the_last_who_manages_the_people_keeps_the_role_until_somebody_else_has_it(
    session: Session, study: Study, administrator: User
) -> None:
    """Neither who may not sign in, nor a program, nor who manages one site, nor another study's is somebody else."""
    disabled, elsewhere = user(study, Role.ADMINISTRATOR), user(backtobasic(code="other").study, Role.ADMINISTRATOR)
    user(study, Role.ADMINISTRATOR, "01")
    join(elsewhere, study, Role.MONITOR)
    join(add_program("epj", "Enrols", NOW), study, Role.ADMINISTRATOR)
    disable(disabled, NOW)
    session.flush()
    with pytest.raises(Conflict, match="Nobody else manages"):
        withdraw(administrator, study, Role.ADMINISTRATOR, None, NOW)
    assert "backtobasic" not in unmanaged()
    enable(disabled)
    session.flush()
    withdraw(administrator, study, Role.ADMINISTRATOR, None, NOW)
    session.flush()
    with pytest.raises(Conflict, match="Nobody else manages"):
        withdraw(disabled, study, Role.ADMINISTRATOR, None, NOW)


def test_who_leaves_is_out_although_she_was_the_last_and_this_is_known(
    session: Session, study: Study, administrator: User
) -> None:
    leave(administrator, NOW)
    session.flush()
    assert unmanaged() == ["backtobasic"]


def test_of_two_who_take_each_others_role_back_at_once_one_stays(app: Flask, session: Session) -> None:
    study = backtobasic().study
    both, study_id = [user(study, Role.ADMINISTRATOR).id for _ in range(2)], study.id
    session.commit()
    start = Barrier(2)

    def withdrawn(user_id: int) -> bool:
        with app.app_context(), acting("test"):
            start.wait()
            try:
                with transaction():
                    row = db.session.get_one(User, user_id)
                    withdraw(row, db.session.get_one(Study, study_id), Role.ADMINISTRATOR, None, NOW)
            except Conflict:
                return False
            return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(withdrawn, both)) == [False, True]


def test_the_keys_of_a_study_are_those_bound_to_it_and_those_of_its_people_bound_to_none(
    session: Session, study: Study, kari: User
) -> None:
    other = backtobasic(code="other").study
    stranger = user(other, Role.MONITOR)
    keys = [issue(holder, [Permission.ENROL], NOW + LIFE, NOW)[0] for holder in (kari, kari, kari, kari, stranger)]
    for key, (where, at) in zip(keys, ((study, site(study, "01")), (study, None), (other, None)), strict=False):
        bind(key, where, at)
    listed = [(key.token, key.site.code if key.site else None, key.others_too) for key in tokens_in(study)]
    assert listed == [(keys[3], None, True), (keys[1], None, False), (keys[0], "01", False)]


@pytest.mark.parametrize(
    ("permission", "at", "allowed"),
    [
        (Permission.REVEAL_CONTACT, "01", True),
        (Permission.REVEAL_CONTACT, "02", False),
        (Permission.VIEW_MESSAGES, "02", True),
        (Permission.APPROVE, "01", False),
    ],
)
def test_what_somebody_is_at_one_site_permits_nothing_at_another(
    session: Session, study: Study, permission: Permission, at: str, allowed: bool
) -> None:
    someone = user(study, Role.COORDINATOR, "01")
    join(someone, study, Role.MONITOR)
    held = scope(someone, study, Permission.VIEW_PARTICIPANT)
    assert held is not None
    assert held.whole
    assert held.may_at(site(study, at).id, permission) is allowed
