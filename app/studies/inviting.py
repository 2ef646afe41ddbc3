"""Invite somebody to work for a study: a link that opens once, until it expires; she chooses her own password."""

import re
import secrets
from datetime import datetime, timedelta

from sqlalchemy import select

from app.accounts.identities import ShownIdentity, bind
from app.accounts.models import User
from app.accounts.roles import Permission, Role
from app.accounts.users import LONGEST_NAME, add_user, check_address, has_account
from app.core.crypto import sha256_of
from app.core.database import db, lock
from app.core.problems import BadInput, Conflict, Forbidden, Gone, NotFound
from app.studies.access import join, scope
from app.studies.models import Invitation, Site, Study

OPEN_FOR = timedelta(days=7)
TOKEN_BYTES = 32
FORM_OF_TOKEN = re.compile("[A-Za-z0-9_-]{43}")
"""How so many bytes are written in a link."""
UNKNOWN = "This invitation is not complete, or there is no such one. Ask whoever invited you for a new one."


def invite(
    study: Study, email: str, name: str, role: Role, site: Site | None, by: User, now: datetime
) -> tuple[Invitation, str]:
    """An invitation, and the token of its link, which nobody can show again. One that waited for her is ended.

    Conflict where she has an account: then she is given the role itself.
    """
    address, called = email.strip().lower(), name.strip()
    errors = check_address(address)
    if not called or len(called) > LONGEST_NAME:
        errors["name"] = f"Write her name, in at most {LONGEST_NAME} characters: signatures print it."
    if errors:
        raise BadInput(" ".join(errors.values()), errors=errors)
    lock(f"invite:{study.id}:{address}")  # two at once would leave two links that open
    earlier = [_as_it_is(each) for each in waiting(study, now) if each.email == address]
    if has_account(address):
        sentence = f"{address} has an account already. Give her the role itself."
        raise Conflict(sentence, errors={"email": sentence})
    for each in earlier:
        each.ended_at = now
    token = secrets.token_urlsafe(TOKEN_BYTES)
    invitation = Invitation(
        study=study,
        email=address,
        name=called,
        role=role,
        site=site,
        token_sha256=sha256_of(token),
        invited_by=by,
        invited_at=now,
        expires_at=now + OPEN_FOR,
    )
    db.session.add(invitation)
    db.session.flush()
    return invitation, token


def invitation_of(token: str, now: datetime) -> Invitation:
    """The invitation that this link opens. NotFound for none of ours, Gone for one that is used, ended or expired."""
    row = db.session.scalar(select(Invitation).filter_by(token_sha256=sha256_of(token)))
    if row is None:
        raise NotFound(UNKNOWN)
    _hold_open(row, now)
    return row


def _hold_open(invitation: Invitation, now: datetime) -> None:
    if invitation.accepted_at is not None:
        raise Gone("This invitation was used already. Sign in with your address and password.")
    if invitation.ended_at is not None or now >= invitation.expires_at or not _still_invited(invitation):
        raise Gone("This invitation has expired. Ask whoever invited you for a new one.")


def _still_invited(invitation: Invitation) -> bool:
    """Whether whoever invited may do so still: what she began ends with her role, and with her account."""
    by = invitation.invited_by
    held = scope(by, invitation.study, Permission.MANAGE_USERS) if by.active else None
    return held is not None and held.whole


def accept(token: str, password: str, now: datetime) -> User:
    """She works here from now on, with the password that she chose, in the role for which she was invited."""
    return _accepted(invitation_of(token, now), password, now)


def accept_with_identity(invitation_id: int, shown: ShownIdentity, now: datetime) -> User:
    """She works here from now on, without a password: she signs in by the identity provider that knows her so.

    Her browser opened the invitation's link before it was led there; that the addresses are alike would prove nothing.
    """
    invitation = db.session.get(Invitation, invitation_id)
    if invitation is None:
        raise NotFound(UNKNOWN)
    user = _accepted(invitation, None, now)
    bind(user, shown, now)
    return user


def _accepted(invitation: Invitation, password: str | None, now: datetime) -> User:
    _hold_open(_as_it_is(invitation), now)
    user = add_user(invitation.email, password, invitation.name, now)
    join(user, invitation.study, invitation.role, invitation.site)
    invitation.accepted_at, invitation.user = now, user
    db.session.flush()
    return user


def _as_it_is(invitation: Invitation) -> Invitation:
    """The invitation as it is now, held: she may be opening it while it is withdrawn."""
    db.session.refresh(invitation, with_for_update={"key_share": True})
    return invitation


def withdraw_invitation(invitation: Invitation, now: datetime) -> None:
    """The link opens nothing from now on. Conflict where she took it meanwhile: then she has the role itself."""
    _as_it_is(invitation)
    if invitation.accepted_at is not None or invitation.ended_at is not None:
        raise Conflict("This invitation is used or ended already.")
    invitation.ended_at = now
    db.session.flush()


def waiting(study: Study, now: datetime) -> list[Invitation]:
    """The invitations that can still be accepted, the oldest first."""
    query = select(Invitation).where(
        Invitation.study_id == study.id,
        Invitation.accepted_at.is_(None),
        Invitation.ended_at.is_(None),
        Invitation.expires_at > now,
    )
    return [row for row in db.session.scalars(query.order_by(Invitation.id)) if _still_invited(row)]


def give_role(user: User, study: Study, role: Role, site: Site | None, by: User) -> None:
    """Somebody who works here gets one more role. Nobody gives herself one."""
    if user.id == by.id:
        raise Forbidden("Nobody gives herself a role: another administrator does.")
    join(user, study, role, site)
