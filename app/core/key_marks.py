"""Which keys a production database was closed with, so that no other service takes it for its own.

A start of production notes a mark of each of its keys. Whoever starts on that database with another key of the same id
would make links that do not open and close what nobody can read; whoever starts development on it would serve patients
without texts and staff without a second factor. Both are refused.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import LargeBinary, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from app.core.audit import audited
from app.core.crypto import Keyring
from app.core.database import Base, db


class KeyMark(Base):
    """A field key that production was started with: its id, and what tells it from another of that id."""

    __tablename__ = "key_marks"
    __table_args__ = {"info": audited()}  # noqa: RUF012

    key_id: Mapped[int] = mapped_column(unique=True)
    mark: Mapped[bytes] = mapped_column(LargeBinary)
    noted_at: Mapped[datetime] = mapped_column(server_default=func.now())


def refusal(noted: Mapping[int, bytes], ring: Mapping[int, bytes], *, production: bool) -> str | None:
    """Why a service with the marks of `ring` may not work on a database that knows these; nothing if it may."""
    if noted and not production:
        return "This database is a production's, and SVAR_ENV is not production. Set it, or name another DATABASE_URL."
    other = sorted(key_id for key_id in ring if noted.get(key_id, ring[key_id]) != ring[key_id])
    if other:
        named = ", ".join(map(str, other))
        return (
            f"FIELD_KEYS has another key {named} than this database was closed with. Put the old one back; a new key"
            " gets an id of its own and stands before the old ones."
        )
    if noted and not noted.keys() & ring.keys():
        named = ", ".join(map(str, sorted(noted)))
        return f"FIELD_KEYS has none of the keys that this database was closed with ({named}). Put them back."
    return None


def vouches(keyring: Keyring, key_id: int) -> bool:
    """Whether our key of this id is the one that production has noted for it."""
    noted = db.session.scalar(select(KeyMark.mark).filter_by(key_id=key_id))
    return noted is not None and noted == keyring.marks().get(key_id)


def hold(keyring: Keyring, *, production: bool) -> str | None:
    """Why the service may not start with these keys, or nothing: production's are then noted."""
    ring = keyring.marks()
    noted = {row.key_id: row.mark for row in db.session.scalars(select(KeyMark))}
    because = refusal(noted, ring, production=production)
    if because is None and production and ring.keys() - noted.keys():
        new = [{"key_id": key_id, "mark": mark} for key_id, mark in ring.items() if key_id not in noted]
        db.session.execute(insert(KeyMark).values(new).on_conflict_do_nothing())
    return because
