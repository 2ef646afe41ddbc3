"""What an administrator does for the people of a study: takes a role back, resets a second factor that was lost."""

import secrets
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload, selectinload

from app.accounts.identities import unbind
from app.accounts.models import PROGRAMS, ApiToken, Ended, User
from app.accounts.roles import GRANTS, Permission, Role
from app.accounts.sessions import end_all
from app.accounts.users import disable
from app.core.database import db, is_any
from app.core.problems import BadInput, Conflict, Forbidden, NotFound
from app.studies.models import Membership, Site, Study, TokenBinding

LONGEST_ROLE_REASON = 500
MANAGING = [role for role in Role if Permission.MANAGE_USERS in GRANTS[role]]


class StudyKey(NamedTuple):
    """A key of a program that opens a study."""

    token: ApiToken
    site: Site | None
    """The only site of it."""
    others_too: bool
    """Whether it opens whatever its holder may, in every study of hers."""


def people(study: Study) -> list[User]:
    """Everybody who works for the study, by address."""
    members = select(Membership.user_id).where(Membership.study_id == study.id)
    working = select(User).where(User.id.in_(members)).options(selectinload(User.identities))
    return list(db.session.scalars(working.order_by(User.email)))


def roles_in(study: Study) -> dict[int, list[Membership]]:
    """What each of them is in the study, by the number of the user."""
    held = select(Membership).filter_by(study_id=study.id).options(joinedload(Membership.site)).order_by(Membership.id)
    roles: dict[int, list[Membership]] = {}
    for member in db.session.scalars(held):
        roles.setdefault(member.user_id, []).append(member)
    return roles


def tokens_in(study: Study) -> list[StudyKey]:
    """The keys that open this study, the newest first: those bound to it, and those of its people bound to none."""
    members = select(Membership.user_id).where(Membership.study_id == study.id)
    opens_it = (TokenBinding.study_id == study.id) | (TokenBinding.id.is_(None) & ApiToken.user_id.in_(members))
    keys = select(ApiToken, TokenBinding).outerjoin(TokenBinding, TokenBinding.token_id == ApiToken.id).where(opens_it)
    whole = keys.options(joinedload(ApiToken.use), joinedload(ApiToken.user), joinedload(TokenBinding.site))
    rows = db.session.execute(whole.order_by(ApiToken.created_at.desc(), ApiToken.id.desc()))
    return [StudyKey(token, bound.site if bound else None, bound is None) for token, bound in rows]


def withdraw(user: User, study: Study, role: Role, site: Site | None, now: datetime) -> None:
    """She is this no longer, at once: her sessions end, and her tokens are worth so much less.

    Conflict where nobody would be left who manages the people of the study.
    """
    held = {"user_id": user.id, "study_id": study.id, "role": role, "site_id": site.id if site else None}
    member = db.session.scalar(select(Membership).filter_by(**held))
    if member is None:
        where = f"at site {site.code}" if site else "at all sites"
        raise NotFound(f"{user.email} is not {role.value} in {study.code} {where}.")
    _hold_managed(member)
    db.session.delete(member)
    end_all(user, Ended.ROLE, now)


def _hold_managed(leaving: Membership) -> None:
    """Somebody else manages the people of the study; two who take each other's role back at once wait in line."""
    if leaving.role not in MANAGING or leaving.site_id is not None:
        return
    locked = select(Study.id).where(Study.id == leaving.study_id).with_for_update(key_share=True)
    db.session.execute(locked)
    others = select(Membership.id).join(Membership.user).where(Membership.study_id == leaving.study_id, *_managing())
    if not db.session.scalar(select(others.where(User.id != leaving.user_id).exists())):
        raise Conflict("Nobody else manages the people of this study. Give somebody else that role first.")


def _managing() -> tuple[ColumnElement[bool], ...]:
    """A membership by which a person who may sign in manages a study's people."""
    role = Membership.role.in_(MANAGING) & Membership.site_id.is_(None)
    return (role, User.active.is_(True), User.email.not_like(f"%{PROGRAMS}"))


def unmanaged() -> list[str]:
    """The studies whose people nobody manages who may sign in, by code."""
    managed = select(Membership.study_id).join(Membership.user).where(*_managing())
    return list(db.session.scalars(select(Study.code).where(Study.id.not_in(managed)).order_by(Study.code)))


def leave(user: User, now: datetime) -> list[str]:
    """She works here no more, at once: every role is taken back, and said, and she cannot sign in."""
    held = db.session.scalars(select(Membership).where(Membership.user_id == user.id).order_by(Membership.id)).all()
    roles = [f"{member.role.value} in {member.study.code}" for member in held]
    for member in held:
        db.session.delete(member)
    if user.active:
        disable(user, now)
    return roles


def reset_second_factor(user: User, by: User, reason: str, now: datetime) -> None:
    """Forget her second factor, passkeys and recovery codes.

    At her next sign-in she sets up a new one. Only another administrator of a study of hers may do this, with a reason.
    """
    if not _says_why(reason):
        raise BadInput(
            f"Say in 1 to {LONGEST_ROLE_REASON} characters why the second factor is reset.",
            errors={"reason": "is needed"},
        )
    _check_manager(by, user, "Nobody resets her own second factor: another administrator does.")
    if not (user.tf_totp_secret or user.tf_primary_method or user.mf_recovery_codes or user.webauthn):
        raise Conflict(f"{user.email} has no second factor.")
    user.tf_totp_secret, user.tf_primary_method, user.totp_counter = None, None, None
    user.mf_recovery_codes = None
    user.webauthn.clear()
    user.fs_uniquifier = secrets.token_hex(32)
    end_all(user, Ended.SECOND_FACTOR, now)


def remove_identity(user: User, by: User, reason: str, now: datetime) -> None:
    """She signs in by no identity provider from now on; another administrator of a study of hers says why."""
    if not _says_why(reason):
        raise BadInput(
            f"Say in 1 to {LONGEST_ROLE_REASON} characters why the connection is removed.",
            errors={"reason": "is needed"},
        )
    _check_manager(by, user, "Nobody removes her own connection: another administrator does.")
    unbind(user, now)


def manages(by: User, user: User) -> bool:
    """Whether `by` manages the people of a study, all sites of it, in which `user` works."""
    whole = select(Membership.study_id).where(Membership.user_id == by.id, Membership.site_id.is_(None))
    theirs = select(Membership.id).where(
        Membership.user_id == user.id, Membership.study_id.in_(whole.where(Membership.role.in_(MANAGING)))
    )
    return is_any(theirs)


def _says_why(reason: str) -> bool:
    return 0 < len(reason.strip()) <= LONGEST_ROLE_REASON


def _check_manager(by: User, user: User, not_herself: str) -> None:
    """What takes a way of signing in from somebody is done by another administrator of a study of hers."""
    if by.id == user.id:
        raise Forbidden(not_herself)
    if not (by.active and manages(by, user)):
        raise Forbidden(f"{by.email} manages no study in which {user.email} works.")
