"""Who may sign in by a hospital's identity provider: whoever bound what it calls her, having opened what we gave her.

The provider never makes an account, and an e-mail address that it says proves nothing: a binding is its own name for
her (the subject), which it gives to nobody else. She is invited first, or signed in already.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.accounts.models import Ended, User, UserIdentity
from app.accounts.sessions import end_all
from app.core.database import db
from app.core.problems import Conflict

ANOTHERS = "This sign-in belongs to another account here already. Ask the administrator of the study."


@dataclass(frozen=True)
class ShownIdentity:
    """Whom an identity provider knows, when she showed it, and whether with a second factor."""

    issuer: str
    subject: str
    shown_at: datetime | None
    is_strong: bool


def bind(user: User, shown: ShownIdentity, now: datetime) -> UserIdentity:
    """She may sign in by this from now on. Conflict where somebody else does, or she has another of this provider."""
    whose = user_of(shown)
    if whose is not None and whose.id != user.id:
        raise Conflict(ANOTHERS)
    if identity_of(user, shown.issuer) is not None:
        raise Conflict("Your account is connected already. The administrator of the study can remove that first.")
    identity = UserIdentity(user_id=user.id, issuer=shown.issuer, subject=shown.subject, bound_at=now)
    try:
        with db.session.begin_nested():
            db.session.add(identity)
    except IntegrityError:  # two at once
        raise Conflict(ANOTHERS) from None
    db.session.expire(user, ["identities"])
    return identity


def user_of(shown: ShownIdentity) -> User | None:
    """Whose this is; nobody's where it was never bound."""
    query = select(UserIdentity).filter_by(issuer=shown.issuer, subject=shown.subject)
    identity = db.session.scalar(query)
    return None if identity is None else identity.user


def identity_of(user: User, issuer: str) -> UserIdentity | None:
    """As whom this provider knows her."""
    return db.session.scalar(select(UserIdentity).filter_by(user_id=user.id, issuer=issuer))


def unbind(user: User, now: datetime) -> None:
    """She signs in by no identity provider any more, at once: her sessions end, and what she has half begun."""
    if not user.identities:
        raise Conflict(f"{user.email} is connected with no identity provider.")
    for identity in list(user.identities):
        db.session.delete(identity)
    user.fs_uniquifier = secrets.token_hex(32)
    end_all(user, Ended.IDENTITY, now)
    db.session.flush()
    db.session.expire(user, ["identities"])
