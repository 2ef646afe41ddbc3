"""Keys for programs: shown once, kept as a hash, limited to named permissions and to a time."""

import hmac
import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from app.accounts.models import ApiToken, TokenUse, User
from app.accounts.roles import Permission
from app.accounts.sessions import LONGEST_ADDRESS
from app.core.crypto import sha256_of
from app.core.database import db
from app.core.problems import BadInput, Conflict, SignInNeeded

LONGEST_LIFE = timedelta(days=366)
NOTED_EVERY = timedelta(minutes=1)
PER_MINUTE = 600
"""So many requests a token may make in a minute, unless it is issued for more or fewer."""
PREFIX_DIGITS = 12
REDCAP = re.compile(r"[0-9A-Fa-f]{32}")
SIGNING_PERMISSIONS = frozenset({Permission.APPROVE, Permission.LOCK})
REFUSED = "This API token is not known, has expired, or was revoked. Ask for a new one."


def new_prefix() -> str:
    """By which a token is found; it is no secret."""
    return secrets.token_hex(PREFIX_DIGITS // 2)


def issue(
    user: User,
    permissions: Iterable[Permission],
    expires_at: datetime,
    now: datetime,
    *,
    per_minute: int = PER_MINUTE,
    redcap: bool = False,
) -> tuple[ApiToken, str]:
    """A new token and its text `svar_PREFIX_SECRET`, which nobody can show again.

    In REDCap's shape, 32 hexadecimal digits, it opens the REDCap face alone: its secret has 80 random bits.
    """
    if not now < expires_at <= now + LONGEST_LIFE:
        raise BadInput("A token lives until a moment within the next year.", errors={"expires_at": "out of range"})
    if not user.active:
        raise Conflict(f"{user.email} is disabled: a token that acts as her would open nothing.")
    permissions = frozenset(permissions)
    if user.is_program and permissions & SIGNING_PERMISSIONS:
        raise BadInput("A program signs nothing: a person approves corrections and signs the lock, on the desk.")
    prefix, secret = new_prefix(), secrets.token_hex(10) if redcap else secrets.token_urlsafe(32)
    token = ApiToken(
        user=user,
        prefix=prefix,
        secret_sha256=sha256_of(secret),
        permissions=sorted(permission.value for permission in permissions),
        created_at=now,
        expires_at=expires_at,
        per_minute=per_minute,
        use=TokenUse(),
    )
    db.session.add(token)
    db.session.flush()
    return token, f"{prefix}{secret}".upper() if redcap else f"svar_{prefix}_{secret}"


def authenticate(text: str, now: datetime) -> ApiToken:
    """The token of this text. SignInNeeded if it is unknown, expired, revoked, or its user disabled."""
    parts = text.split("_", 2)
    if len(parts) != 3 or parts[0] != "svar":
        raise SignInNeeded(REFUSED)
    return _living(parts[1], parts[2], now)


def authenticate_as_redcap(text: str, now: datetime) -> ApiToken:
    """The token of a text in REDCap's shape; SignInNeeded as above."""
    if not REDCAP.fullmatch(text):
        raise SignInNeeded(REFUSED)
    written = text.lower()
    return _living(written[:PREFIX_DIGITS], written[PREFIX_DIGITS:], now)


def _living(prefix: str, secret: str, now: datetime) -> ApiToken:
    with_prefix = select(ApiToken).where(ApiToken.prefix == prefix)
    token = db.session.scalar(with_prefix.options(joinedload(ApiToken.use), joinedload(ApiToken.user)))
    if token is None or not hmac.compare_digest(token.secret_sha256, sha256_of(secret)):
        raise SignInNeeded(REFUSED)
    if token.revoked_at is not None or now >= token.expires_at or not token.user.active:
        raise SignInNeeded(REFUSED)
    return token


def note_use(token: ApiToken, address: str, now: datetime) -> bool:
    """The token was used: written once a minute, and not while another request of its writes it. True if it is due."""
    if token.use.used_at is not None and now < token.use.used_at + NOTED_EVERY:
        return False
    free = select(TokenUse.id).where(TokenUse.token_id == token.id).with_for_update(skip_locked=True, key_share=True)
    db.session.execute(
        update(TokenUse).where(TokenUse.id.in_(free)).values(used_at=now, address=address[:LONGEST_ADDRESS])
    )
    return True


def revoke(token: ApiToken, now: datetime) -> None:
    """The token opens nothing from now on."""
    if token.revoked_at is not None:
        raise Conflict("This token is revoked already.")
    token.revoked_at = now


def revoke_all(user: User, now: datetime) -> None:
    """None of her tokens opens anything from now on, whatever becomes of her account."""
    hers = update(ApiToken).where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None))
    db.session.execute(hers.values(revoked_at=now))
