"""Add, find, disable people who work here."""

import secrets
from datetime import datetime

from flask_security.utils import hash_password
from sqlalchemy import func, select

from app.accounts.models import PROGRAMS, Ended, User
from app.accounts.passwords import wrong_password
from app.accounts.sessions import end_all
from app.accounts.tokens import revoke_all
from app.core.database import db
from app.core.problems import BadInput, Conflict, NotFound

LONGEST_EMAIL = 254  # RFC 5321, section 4.5.3.1.3, without the angle brackets
LONGEST_NAME = 200


def add_user(email: str, password: str | None, name: str, now: datetime) -> User:
    """Somebody new, who may sign in and do nothing yet (`studies.access.join` gives a role). Needs an application.

    Who signs in by an identity provider alone has no password.
    """
    address = email.strip().lower()
    _check(address, password, name)
    if len(name.strip()) > LONGEST_NAME:
        raise BadInput(f"A name has at most {LONGEST_NAME} characters.", errors={"name": "too long"})
    if has_account(address):
        raise Conflict(f"{address} has an account already.")
    user = User(email=address, name=name.strip(), active=True, confirmed_at=now)
    user.password = None if password is None else hash_password(password)
    user.fs_uniquifier = secrets.token_hex(32)
    db.session.add(user)
    db.session.flush()
    return user


def has_account(address: str) -> bool:
    """Whether somebody has an account of this address, which is in small letters."""
    return db.session.scalar(select(User.id).where(func.lower(User.email) == address)) is not None


def find_user(email: str) -> User:
    """The user with this address; NotFound otherwise."""
    user: User | None = db.session.scalar(select(User).where(func.lower(User.email) == email.strip().lower()))
    if user is None:
        raise NotFound(f"Nobody here has the address {email}.")
    return user


def users() -> list[User]:
    """Everybody who has an account."""
    return list(db.session.scalars(select(User).order_by(User.email)))


def set_password(user: User, password: str, now: datetime) -> None:
    """A new password; whoever is signed in with the old one is signed out."""
    _check(user.email, password, user.name)
    user.password, user.fs_uniquifier = hash_password(password), secrets.token_hex(32)
    end_all(user, Ended.NEW_PASSWORD, now)


def disable(user: User, now: datetime) -> None:
    """No more sign-in, at once, and no token of hers opens anything again; what she did stays hers."""
    if not user.active:
        raise Conflict(f"{user.email} is disabled already.")
    user.active, user.fs_uniquifier = False, secrets.token_hex(32)
    end_all(user, Ended.DISABLED, now)
    revoke_all(user, now)


def enable(user: User) -> None:
    """She may sign in again; nothing of before signs her in."""
    if user.active:
        raise Conflict(f"{user.email} is not disabled.")
    user.active, user.fs_uniquifier = True, secrets.token_hex(32)


def check_address(email: str) -> dict[str, str]:
    """What is wrong with an address, by its field, or nothing."""
    before, at, domain = email.partition("@")
    written = before and at and "." in domain and len(email) <= LONGEST_EMAIL
    if not written or any(character.isspace() for character in email):
        return {"email": "Write an address such as name@hospital.example."}
    if email.strip().lower().endswith(PROGRAMS):
        return {"email": f"Addresses that end with {PROGRAMS} are kept for programs, with which nobody signs in."}
    return {}


def _check(email: str, password: str | None, name: str) -> None:
    errors = check_address(email)
    wrong = "" if password is None else wrong_password(password, email, name)
    if wrong:
        errors["password"] = wrong
    if errors:
        raise BadInput("The account was not made. " + " ".join(errors.values()), errors=errors)
