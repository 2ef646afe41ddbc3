"""What the sign-in library closes with keys of the ring, second factors and recovery codes: opened, and closed anew."""

from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import or_, select

from app.accounts.models import User
from app.core.database import db

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


def close_anew() -> int:
    """Close them with the current keys; returns of how many users. What does not open stays as it is."""
    opened = [user for user in _users() if _opens(user)]
    for user in opened:
        if user.tf_totp_secret:
            user.tf_totp_secret = _totp().from_source(user.tf_totp_secret).to_json(encrypt=True)
        if user.mf_recovery_codes:
            codes = _recovery()
            user.mf_recovery_codes = codes._encrypt_codes(codes.get_recovery_codes(user))
    db.session.flush()
    return len(opened)


def _users() -> list[User]:
    has_some = or_(User.tf_totp_secret.is_not(None), User.mf_recovery_codes.is_not(None))
    return list(db.session.scalars(select(User).where(has_some).order_by(User.id)))


def _opens(user: User) -> bool:
    try:
        if user.tf_totp_secret:
            _totp().from_source(user.tf_totp_secret)
    except UNOPENED:
        return False
    kept = user.mf_recovery_codes or []
    return not kept or len(_recovery().get_recovery_codes(user)) == len(kept)


def _totp() -> Any:
    return current_app.extensions["security"].totp_factory._totp


def _recovery() -> Any:
    return current_app.extensions["security"].mf_recovery_codes_util
