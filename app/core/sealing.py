"""Seals of the audit trail: a hash chain over its entries, made by the clock, so that writing never waits.

Entry ids are drawn before their transactions commit, so the newest ones may still have gaps that fill. Each seal
therefore notes how far the next one will reach (`next_entry`), how many entries it has seen up to there (`tail`), and
which transactions must have ended by then (`next_transaction`); what a seal covers can no longer change by honest
means. The database makes the seals (`audit.seal`); the application can ask for one, and write none.

Whoever alters, removes or reorders a sealed entry breaks the chain, which `app.core.verifying_seals` walks; whoever
rebuilds the whole chain is found by an anchor kept elsewhere (the head that each night's manifest carries).
"""

from datetime import datetime

from sqlalchemy import BigInteger, Select, String, func, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core.audit import UNAUDITED
from app.core.database import Base, db


class Seal(Base):
    """One link of the chain: covers the entries after the seal before it, up to `last_entry`."""

    __tablename__ = "seals"
    __table_args__ = {"schema": "audit", "info": UNAUDITED}  # noqa: RUF012

    number: Mapped[int] = mapped_column(BigInteger, unique=True)
    last_entry: Mapped[int] = mapped_column(BigInteger)
    entries: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))
    next_entry: Mapped[int] = mapped_column(BigInteger)
    next_transaction: Mapped[int] = mapped_column(BigInteger)
    sealed_at: Mapped[datetime]
    tail: Mapped[int | None] = mapped_column(BigInteger)
    made_at: Mapped[datetime | None]
    """By the database's clock; `sealed_at` is the caller's, which a rehearsal moves."""
    form: Mapped[int] = mapped_column(BigInteger, server_default="1")
    """1: hashed by the application, as long as that was so; 2: by the database."""


def head() -> Seal | None:
    """The newest seal: the anchor to keep somewhere else."""
    return db.session.scalar(newest_seal())


def newest_seal() -> Select[Seal]:
    """How to ask for it, in whatever session."""
    return select(Seal).order_by(Seal.number.desc()).limit(1)


def seal(now: datetime) -> Seal | None:
    """Seal what can no longer change, and note how far the next seal will reach; nothing if there is nothing new.

    Once an hour there is a seal even so: an old head tells that the clock stands, or that seals were taken away.
    """
    number = db.session.scalar(select(func.audit.seal(now).table_valued("number").c.number))
    return None if number is None else db.session.scalars(select(Seal).filter_by(number=number)).one()
