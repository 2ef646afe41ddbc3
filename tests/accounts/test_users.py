"""People who work here: added, found, disabled; wrong input is refused and nothing is stored."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts import users
from app.accounts.models import User
from app.core.audit import AuditEntry
from app.core.problems import BadInput, Conflict, NotFound
from tests.factories import NOW, PASSWORD


def add(email: str = "kari@hospital.example", password: str = PASSWORD) -> User:
    return users.add_user(email, password, "Kari", NOW)


def test_a_new_user_has_a_hash_that_only_argon2_made(session: Session) -> None:
    someone = add("  Kari@Hospital.example ")
    assert someone.email == "kari@hospital.example"
    assert someone.password is not None
    assert someone.password.startswith("$argon2id$")
    assert PASSWORD not in someone.password


def test_the_same_address_in_other_letters_is_taken(session: Session) -> None:
    add()
    with pytest.raises(Conflict, match="has an account already"):
        add("KARI@hospital.example")
    assert session.scalar(select(func.count(User.id))) == 1


@pytest.mark.parametrize(
    ("email", "password", "fields"),
    [
        ("kari", PASSWORD, {"email"}),
        ("@hospital.example", PASSWORD, {"email"}),
        ("kari@hospital", PASSWORD, {"email"}),
        ("kari n@hospital.example", PASSWORD, {"email"}),
        ("k" * 238 + "@hospital.example", PASSWORD, {"email"}),
        ("kari@hospital.example", "short", {"password"}),
        ("kari@hospital.example", "kari@hospital.example", {"password"}),
        ("kari@hospital.example", "password1234", {"password"}),
        ("", "", {"email", "password"}),
    ],
)
def test_what_is_wrong_is_named_at_once(session: Session, email: str, password: str, fields: set[str]) -> None:
    with pytest.raises(BadInput) as refused:
        add(email, password)
    assert set(refused.value.errors) == fields
    assert session.scalar(select(func.count(User.id))) == 0


def test_the_longest_address_and_name_are_kept_and_longer_ones_refused(session: Session) -> None:
    address = "k" * 237 + "@hospital.example"
    longest = users.add_user(address, PASSWORD, "K" * 200, NOW)
    assert (len(longest.email), len(longest.name)) == (254, 200)
    with pytest.raises(BadInput, match="at most 200 characters"):
        users.add_user("ola@hospital.example", PASSWORD, "O" * 201, NOW)


def test_nobody_is_found_under_an_unknown_address(session: Session) -> None:
    someone = add()
    assert users.find_user("KARI@hospital.example") is someone
    assert users.users() == [someone]
    with pytest.raises(NotFound, match=r"ola@hospital\.example"):
        users.find_user("ola@hospital.example")


def test_disabling_happens_once_and_ends_sessions(session: Session) -> None:
    someone = add()
    before = someone.fs_uniquifier
    users.disable(someone, NOW)
    assert (someone.active, someone.fs_uniquifier == before) == (False, False)
    with pytest.raises(Conflict, match="disabled already"):
        users.disable(someone, NOW)


def test_a_new_password_ends_sessions(session: Session) -> None:
    someone = add()
    before, old = someone.fs_uniquifier, someone.password
    users.set_password(someone, "three elks read the paper", NOW)
    assert someone.fs_uniquifier != before
    assert someone.password != old
    with pytest.raises(BadInput):
        users.set_password(someone, "short", NOW)


def test_the_audit_trail_never_shows_a_password_hash(session: Session) -> None:
    someone = add()
    users.set_password(someone, "three elks read the paper", NOW)
    session.commit()
    rows = [entry.new for entry in session.scalars(select(AuditEntry).filter_by(table_name="public.users"))]
    assert rows
    assert "argon2" not in str(rows)
    assert someone.fs_uniquifier not in str(rows)
