"""Who is signed in where: each session is a row, so that it can be ended, and its cookie is worth nothing afterwards.

A session lasts at most a working day and ends after an hour without a page. What must not be done with a browser that
was left open, or a cookie that was copied, asks for the password and the code once more (`confirm`), for five minutes.
"""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import contains_eager

from app.accounts.models import Ended, StaffSession, User
from app.core.crypto import sha256_of
from app.core.database import db
from app.core.one_time import FURTHEST_APART
from app.core.problems import NotFound

LASTS = timedelta(hours=12)
IDLE = timedelta(hours=1)
CONFIRMED_FOR = timedelta(minutes=5)
SEEN_EVERY = timedelta(minutes=1)
SESSIONS_KEPT = timedelta(days=90)
LONGEST_ADDRESS, LONGEST_BROWSER = 64, 200
"""So many letters are noted of where somebody signs in from, and with what."""


def begin(user: User, address: str, browser: str, now: datetime, shown_at: datetime | None = None) -> str:
    """A new session of somebody who has shown that it is she, now or at an instant before; returns its cookie's key."""
    key = secrets.token_urlsafe(32)
    old = delete(StaffSession).where(StaffSession.user_id == user.id, StaffSession.expires_at < now - SESSIONS_KEPT)
    db.session.execute(old)
    db.session.add(
        StaffSession(
            user_id=user.id,
            key_sha256=sha256_of(key),
            begun_at=now,
            seen_at=now,
            expires_at=now + LASTS,
            confirmed_until=(shown_at or now) + CONFIRMED_FOR,
            address=address[:LONGEST_ADDRESS],
            browser=browser[:LONGEST_BROWSER],
        )
    )
    db.session.flush()
    return key


def live(uniquifier: str, key: str, now: datetime) -> StaffSession | None:
    """The session of this key, if it is this user's, she still works here, and it has not ended or run out."""
    query = select(StaffSession).join(StaffSession.user).options(contains_eager(StaffSession.user))
    hers = query.where(User.fs_uniquifier == uniquifier, User.active, StaffSession.key_sha256 == sha256_of(key))
    return db.session.scalar(hers.where(*_open_at(now)))


def open_sessions(user: User, now: datetime) -> list[StaffSession]:
    """Where she is signed in, newest first."""
    query = select(StaffSession).where(StaffSession.user_id == user.id, *_open_at(now))
    return list(db.session.scalars(query.order_by(StaffSession.begun_at.desc(), StaffSession.id.desc())))


def open_session(user: User, session_id: int, now: datetime) -> StaffSession:
    """One of her own open sessions; NotFound otherwise."""
    session = next((each for each in open_sessions(user, now) if each.id == session_id), None)
    if session is None:
        raise NotFound("This session has ended already, or is not yours.")
    return session


def note_seen(session: StaffSession, now: datetime) -> None:
    """A page was asked for. Written once a minute, and not at all while another request of hers writes it."""
    if now < session.seen_at + SEEN_EVERY:
        return
    free = select(StaffSession.id).where(StaffSession.id == session.id)
    free = free.with_for_update(skip_locked=True, key_share=True)
    db.session.execute(update(StaffSession).where(StaffSession.id.in_(free)).values(seen_at=now))


def confirm(session: StaffSession, now: datetime) -> None:
    """She showed again that it is she."""
    session.confirmed_until = now + CONFIRMED_FOR


def end(session: StaffSession, because: Ended, now: datetime) -> None:
    """The session is over; a second end changes nothing."""
    if session.ended_at is None:
        session.ended_at, session.ended_because = now, because


def end_by_key(key: str, because: Ended, now: datetime) -> None:
    """The session that this key opened is over, if it was not."""
    ending = update(StaffSession).where(StaffSession.key_sha256 == sha256_of(key), StaffSession.ended_at.is_(None))
    db.session.execute(ending.values(ended_at=now, ended_because=because))


def signed_out_since(uniquifier: str, key: str, since: datetime) -> User | None:
    """Whose session this key opened, if she signed out of it at `since` or later, and still works here."""
    query = select(User).join(StaffSession, StaffSession.user_id == User.id)
    hers = query.where(User.fs_uniquifier == uniquifier, User.active, StaffSession.key_sha256 == sha256_of(key))
    return db.session.scalar(hers.where(StaffSession.ended_because == Ended.SIGNED_OUT, StaffSession.ended_at >= since))


def end_all(user: User, because: Ended, now: datetime, *, but: str = "") -> None:
    """Sign her out everywhere, except where the cookie holds this key."""
    hers = update(StaffSession).where(StaffSession.user_id == user.id, StaffSession.ended_at.is_(None))
    others = hers.where(StaffSession.key_sha256 != sha256_of(but))
    db.session.execute(others.values(ended_at=now, ended_because=because))


def _open_at(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """What has not ended or run out; of a session that begins later than now a machine's clock was wrong, and by its
    time it would last for as much longer."""
    lasts = (StaffSession.expires_at > now, StaffSession.seen_at > now - IDLE)
    return (StaffSession.ended_at.is_(None), StaffSession.begun_at <= now + FURTHEST_APART, *lasts)
