"""Which keys a production database was closed with, and in what kind of installation: no other service takes it over.

A start of production notes a mark of each of its keys. Whoever starts on that database with another key of the same id
would make links that do not open and close what nobody can read; whoever starts development on it would serve patients
without texts and staff without a second factor. Both are refused, and so is whoever lacks a key with which anything in
the database is still closed: the numbers of some would not open, and nobody would know why.

A test installation is production in all but its provider, which is a stand-in. On a real one's database it would note
people as texted who never hear; a real one on its database would ring on the telephones of made-up people.
"""

from collections.abc import Mapping, Set
from datetime import datetime
from enum import StrEnum

from sqlalchemy import LargeBinary, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from app.core import sealed_columns
from app.core.audit import audited
from app.core.crypto import Keyring, WrongKey
from app.core.database import Base, choice, db, lock

CANARY, WORD = ("key_marks", "canary"), "svar"


class InstallationKind(StrEnum):
    """What kind of production works on a database: people are texted, or a stand-in takes the texts."""

    REAL = "real"
    TEST = "test"


OF_ANOTHER_KIND = {
    InstallationKind.TEST: (
        "This database is a test installation's: what it calls texted nobody has read, and what it owes would ring on"
        " telephones. Name another database in DATABASE_URL, or mark this installation (SVAR_TEST_INSTALLATION=yes)."
    ),
    InstallationKind.REAL: (
        "This database is a real installation's, and SVAR_TEST_INSTALLATION says that this is none: a stand-in would"
        " take what its patients are owed. Name another database in DATABASE_URL, or take the mark away."
    ),
}
"""Why a service of the other kind does not start on a database of this one, and what to do."""


class KeyMark(Base):
    """A field key that production was started with: its id, and what tells it from another of that id."""

    __tablename__ = "key_marks"
    __table_args__ = {"info": audited()}  # noqa: RUF012

    key_id: Mapped[int] = mapped_column(unique=True)
    mark: Mapped[bytes] = mapped_column(LargeBinary)
    canary: Mapped[bytes | None] = mapped_column(LargeBinary)
    """A word that this key has closed: that it opens shows more than that the mark is the same."""
    installation: Mapped[InstallationKind] = mapped_column(
        choice(InstallationKind), default=InstallationKind.REAL, server_default=InstallationKind.REAL.value
    )
    """Of what kind the production was that noted it."""
    noted_at: Mapped[datetime] = mapped_column(server_default=func.now())


def refusal(
    noted: Mapping[int, bytes], ring: Mapping[int, bytes], *, production: bool, used: Set[int] = frozenset()
) -> str | None:
    """Why a service with the marks of `ring` may not work on a database that knows these; nothing if it may.

    `used` are the keys with which something in it is closed.
    """
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
    if used - ring.keys():
        named = ", ".join(map(str, sorted(used - ring.keys())))
        return (
            f"FIELD_KEYS lacks key {named}, with which values of this database are closed. Put it back behind the"
            " others; `flask ops rekey` closes them anew, and then it may go."
        )
    return None


def vouches(keyring: Keyring, key_id: int) -> bool:
    """Whether our key of this id is the one that production has noted for it."""
    noted = db.session.scalar(select(KeyMark.mark).filter_by(key_id=key_id))
    return noted is not None and noted == keyring.marks().get(key_id)


def kind() -> InstallationKind | None:
    """What kind of production works on this database; nothing where none was ever started on it."""
    return db.session.scalar(select(KeyMark.installation).order_by(KeyMark.id).limit(1))


def hold(keyring: Keyring, *, production: bool, test_installation: bool = False) -> str | None:
    """Why the service may not start with these keys, or nothing: production's are then noted, with its kind."""
    ours = InstallationKind.TEST if test_installation else InstallationKind.REAL
    if production:
        lock("key marks")  # two kinds that start at once on a new database
        before = kind()
        if before not in (None, ours):
            return OF_ANOTHER_KIND[before]
    ring, rows = keyring.marks(), {row.key_id: row for row in db.session.scalars(select(KeyMark))}
    noted = {key_id: row.mark for key_id, row in rows.items()}
    because = refusal(noted, ring, production=production, used=sealed_columns.key_ids()) or _mute(keyring, rows)
    if because is None and production:
        _note(keyring, ring, rows, ours)
    return because


def _mute(keyring: Keyring, rows: Mapping[int, KeyMark]) -> str | None:
    """Why a key with the right mark is not right all the same: its canary does not sing."""
    for key_id in sorted(rows.keys() & set(keyring.key_ids())):
        canary = rows[key_id].canary
        try:
            sings = canary is None or keyring.decrypt(canary, *CANARY, key_id) == WORD
        except WrongKey:
            sings = False
        if not sings:
            return f"Key {key_id} of FIELD_KEYS does not open what it closed in this database. Put the right one back."
    return None


def _note(
    keyring: Keyring, ring: Mapping[int, bytes], rows: Mapping[int, KeyMark], installation: InstallationKind
) -> None:
    """Note the keys that are new, and a canary for those that have none."""
    canaries = {key_id: keyring.encrypt(WORD, *CANARY, key_id, key_id=key_id) for key_id in ring}
    new = [
        {"key_id": key_id, "mark": ring[key_id], "canary": canaries[key_id], "installation": installation}
        for key_id in sorted(ring.keys() - rows.keys())
    ]
    if new:
        db.session.execute(insert(KeyMark).values(new).on_conflict_do_nothing())
    for key_id in ring.keys() & rows.keys():
        if rows[key_id].canary is None:
            rows[key_id].canary = canaries[key_id]
