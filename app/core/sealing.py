"""Seals of the audit trail: a hash chain over its entries, made by the clock, so that writing never waits.

Entry ids are drawn before their transactions commit, so the newest ones may still have gaps that fill. Each seal
therefore notes how far the next one will reach (`next_entry`) and which transactions must have ended by then
(`next_transaction`); what a seal covers can no longer change by honest means. Whoever alters, removes or reorders a
sealed entry breaks the chain; whoever rebuilds the whole chain is found by an anchor kept elsewhere (the head that each
night's manifest carries). The application may add seals and change none.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, String, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.audit import UNAUDITED, AuditEntry
from app.core.database import Base, db, lock

START = "0" * 64
CHUNK = 5000


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


@dataclass(frozen=True)
class Verdict:
    """What the chain says. `broken` names the first link that does not hold, in one sentence."""

    seals: int
    entries: int
    head: str
    broken: str | None = None


def head() -> Seal | None:
    """The newest seal: the anchor to keep somewhere else."""
    return db.session.scalar(select(Seal).order_by(Seal.number.desc()).limit(1))


def seal(now: datetime) -> Seal | None:
    """Seal what can no longer change, and note how far the next seal will reach; nothing if there is nothing new."""
    lock("audit:seal")
    last = head()
    oldest_running, next_transaction = _transactions()
    newest = db.session.scalar(select(func.max(AuditEntry.id))) or 0
    if last is not None and (not _ended(last, oldest_running, next_transaction) or newest == last.last_entry):
        return None
    covered, link = (last.next_entry, last.hash) if last else (0, START)
    digest, count = _digest(link, last.last_entry if last else 0, covered)
    made = Seal(
        number=last.number + 1 if last else 1,
        last_entry=covered,
        entries=count,
        hash=digest,
        next_entry=newest,
        next_transaction=next_transaction,
        sealed_at=now,
    )
    db.session.add(made)
    db.session.flush()
    return made


def verify(anchor: str | None = None) -> Verdict:
    """Walk the chain from its beginning. With `anchor`, a head kept elsewhere, it must be one of the chain's links."""
    link, after, total, seen = START, 0, 0, set[str]()
    number = 0
    for stored in db.session.scalars(select(Seal).order_by(Seal.number)):
        number += 1
        digest, count = _digest(link, after, stored.last_entry)
        if stored.number != number:
            return Verdict(number - 1, total, link, f"Seal {number} is missing.")
        if digest != stored.hash:
            return Verdict(number - 1, total, link, _broken(stored, after, count))
        link, after, total = stored.hash, stored.last_entry, total + count
        seen.add(link)
    if anchor is not None and anchor not in seen:
        return Verdict(number, total, link, "The anchor is not in the chain: seals were removed or made anew.")
    return Verdict(number, total, link)


def _broken(stored: Seal, after: int, count: int) -> str:
    where = (
        f"Seal {stored.number} of {stored.sealed_at:%Y-%m-%d %H:%M} UTC (entries {after + 1} to {stored.last_entry})"
    )
    if count != stored.entries:
        return f"{where} does not hold: it covered {stored.entries} entries, there are {count}."
    return f"{where} does not hold: an entry was altered or moved."


def _transactions() -> tuple[int, int]:
    """The oldest transaction that may still be running, and the next that will begin."""
    query = text("SELECT txid_snapshot_xmin(s), txid_snapshot_xmax(s) FROM txid_current_snapshot() AS s")
    oldest, following = db.session.execute(query).one()
    return oldest, following


def _ended(last: Seal, oldest_running: int, next_transaction: int) -> bool:
    """Whether all that could still write up to `next_entry` has ended; also after a move to another server."""
    return oldest_running >= last.next_transaction or next_transaction < last.next_transaction


def _digest(link: str, after: int, until: int) -> tuple[str, int]:
    digest, count = hashlib.sha256(link.encode()), 0
    for line in _lines(after, until):
        digest.update(line)
        count += 1
    return digest.hexdigest(), count


def _lines(after: int, until: int) -> Iterator[bytes]:
    """Each entry as canonical JSON."""
    columns = AuditEntry.__table__.columns
    query = select(*columns).where(AuditEntry.id > after, AuditEntry.id <= until).order_by(AuditEntry.id)
    rows = db.session.execute(query.execution_options(yield_per=CHUNK))
    for row in rows:
        yield json.dumps(dict(row._mapping), sort_keys=True, default=datetime.isoformat).encode() + b"\n"
