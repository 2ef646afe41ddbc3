"""What an administrator does for the people of a study: takes a role back, resets a second factor that was lost."""

import secrets
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app.accounts.identities import unbind
from app.accounts.models import ApiToken, Ended, User
from app.accounts.roles import GRANTS, Permission, Role
from app.accounts.sessions import end_all
from app.accounts.users import disable
from app.core.database import db
from app.core.problems import BadInput, Conflict, Forbidden, NotFound
from app.studies.models import Membership, Site, Study, TokenBinding

LONGEST_REASON = 500


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


def tokens_in(study: Study) -> list[TokenBinding]:
    """The keys of programs that open this study, the newest first."""
    whole = joinedload(TokenBinding.token).options(joinedload(ApiToken.use), joinedload(ApiToken.user))
    bound = select(TokenBinding).filter_by(study_id=study.id).options(whole, joinedload(TokenBinding.site))
    return list(db.session.scalars(bound.order_by(TokenBinding.id.desc())))


def withdraw(user: User, study: Study, role: Role, site: Site | None, now: datetime) -> None:
    """She is this no longer, at once: her sessions end, and her tokens are worth so much less."""
    held = {"user_id": user.id, "study_id": study.id, "role": role, "site_id": site.id if site else None}
    member = db.session.scalar(select(Membership).filter_by(**held))
    if member is None:
        where = f"at site {site.code}" if site else "at all sites"
        raise NotFound(f"{user.email} is not {role.value} in {study.code} {where}.")
    db.session.delete(member)
    end_all(user, Ended.ROLE, now)


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
            f"Say in 1 to {LONGEST_REASON} characters why the second factor is reset.", errors={"reason": "is needed"}
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
            f"Say in 1 to {LONGEST_REASON} characters why the connection is removed.", errors={"reason": "is needed"}
        )
    _check_manager(by, user, "Nobody removes her own connection: another administrator does.")
    unbind(user, now)


def manages(by: User, user: User) -> bool:
    """Whether `by` manages the people of a study, all sites of it, in which `user` works."""
    roles = [role for role in Role if Permission.MANAGE_USERS in GRANTS[role]]
    whole = select(Membership.study_id).where(Membership.user_id == by.id, Membership.site_id.is_(None))
    theirs = select(Membership.id).where(
        Membership.user_id == user.id, Membership.study_id.in_(whole.where(Membership.role.in_(roles)))
    )
    return db.session.scalar(theirs.limit(1)) is not None


def _says_why(reason: str) -> bool:
    return 0 < len(reason.strip()) <= LONGEST_REASON


def _check_manager(by: User, user: User, not_herself: str) -> None:
    """What takes a way of signing in from somebody is done by another administrator of a study of hers."""
    if by.id == user.id:
        raise Forbidden(not_herself)
    if not (by.active and manages(by, user)):
        raise Forbidden(f"{by.email} manages no study in which {user.email} works.")
