"""What the sign-in library closes with keys of the ring, second factors and recovery codes: opened, and closed anew."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import current_app
from passlib.exc import TokenError
from sqlalchemy import or_, select

from app.accounts.models import User
from app.core.crypto import WrongKey
from app.core.database import db
from app.instruments.plain_signs import plain

IN_FOURS = 4
UNOPENED = (KeyError, TypeError, ValueError)
"""What passlib raises where a secret is of no key of ours; its own errors are ValueErrors."""


@dataclass(frozen=True)
class Opened:
    """How many users' secrets open, and the ids of those whose do not."""

    open: int
    shut: tuple[int, ...]


def check() -> Opened:
    """Open the second factor and the recovery codes of everybody who has them."""
    users = _users()
    shut = tuple(user.id for user in users if not _opens(user))
    return Opened(len(users) - len(shut), shut)


@contextmanager
def opening() -> Iterator[None]:
    """WrongKey where a second factor is of no key of ours; that a code is wrong is another matter."""
    try:
        yield
    except TokenError:
        raise
    except UNOPENED as error:
        raise WrongKey("a second factor does not open") from error


def use_code(user: User, written: str) -> bool:
    """Whether this is a code of her authenticator, now, and for the first time; it is used then."""
    drift = current_app.config["SECURITY_TWO_FACTOR_AUTHENTICATOR_VALIDITY"]
    factory = current_app.extensions["security"].totp_factory
    return bool(factory.verify_totp(digits(written), user.tf_totp_secret, user, drift))


def digits(written: str) -> str:
    """A code as it is looked at: plain digits, whatever keyboard wrote them, and no spaces."""
    return plain(written).replace(" ", "")


def recovery_code(written: str) -> str:
    """A recovery code as it was given out, in fours of small letters, however it was copied from paper."""
    bare = "".join(sign for sign in plain(written).lower() if sign.isalnum())
    return "-".join(bare[start : start + IN_FOURS] for start in range(0, len(bare), IN_FOURS))


def open_codes(user: User) -> None:
    """WrongKey if not all of her recovery codes open: the library would take those for none."""
    if not _codes_open(user):
        raise WrongKey("recovery codes do not open")


def close_anew() -> int:
    """Close them with the current keys; returns of how many users. What does not open stays as it is.

    Nobody uses a code or loses a factor meanwhile: what was read a moment ago would come back with it.
    """
    opened = [user for user in _users(held=True) if _opens(user)]
    for user in opened:
        if user.tf_totp_secret:
            user.tf_totp_secret = _totp().from_source(user.tf_totp_secret).to_json(encrypt=True)
        if user.mf_recovery_codes:
            codes = _recovery()
            user.mf_recovery_codes = codes._encrypt_codes(codes.get_recovery_codes(user))
    db.session.flush()
    return len(opened)


def _users(*, held: bool = False) -> list[User]:
    has_some = or_(User.tf_totp_secret.is_not(None), User.mf_recovery_codes.is_not(None))
    query = select(User).where(has_some).order_by(User.id)
    if held:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return list(db.session.scalars(query))


def _opens(user: User) -> bool:
    try:
        if user.tf_totp_secret:
            _totp().from_source(user.tf_totp_secret)
    except UNOPENED:
        return False
    return _codes_open(user)


def _codes_open(user: User) -> bool:
    kept = user.mf_recovery_codes or []
    return not kept or len(_recovery().get_recovery_codes(user)) == len(kept)


def _totp() -> Any:
    return current_app.extensions["security"].totp_factory._totp


def _recovery() -> Any:
    return current_app.extensions["security"].mf_recovery_codes_util
