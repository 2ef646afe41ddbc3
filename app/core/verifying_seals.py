"""Is the audit trail what it was? Its seals are walked from the first, its tail looked at, anchors held to them."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import ColumnClause, Integer, Result, Select, column, func, literal_column, or_, select, table

from app.core.audit import AuditEntry
from app.core.database import db
from app.core.sealing import Seal

START = "0" * 64
CHUNK = 5000
CONTENT = ("at", "virtual_at", "actor", "reason", "transaction_id", "table_name", "row_id", "action", "old", "new")
MICROSECONDS = """'YYYY-MM-DD"T"HH24:MI:SS.US'"""
SEALED_LINE: ColumnClause[str] = literal_column(
    f"jsonb_build_array(id, to_char(at AT TIME ZONE 'UTC', {MICROSECONDS}),"
    f" to_char(virtual_at AT TIME ZONE 'UTC', {MICROSECONDS}), actor, reason, transaction_id, table_name, row_id,"
    " action, old, new)::text"
)
"""An entry as the database hashes it, written out again here: what is checked is not asked for its own word."""
REMAINS: ColumnClause[str] = literal_column(
    f"jsonb_build_array(id, to_char(at AT TIME ZONE 'UTC', {MICROSECONDS}),"
    f" to_char(virtual_at AT TIME ZONE 'UTC', {MICROSECONDS}), actor, transaction_id, table_name, row_id, action,"
    " encode(erased_sha256, 'hex'))::text"
)
"""What is left of an entry whose content was taken away."""
ROW_HASH: ColumnClause[int] = literal_column(f"hash_record_extended(ROW(id, {', '.join(CONTENT)}), 0)")
CERTIFICATES = table("erasures", column("entries", Integer()))
LONGEST_UNSEALED = timedelta(hours=1)
OLDEST_HEAD = timedelta(hours=3)


@dataclass(frozen=True)
class Anchor:
    """A head of the chain that was kept elsewhere, and where."""

    hash: str
    where: str = "The anchor"


@dataclass(frozen=True)
class ChainVerdict:
    """What the chain says. `broken` names the first thing that does not hold, in one sentence."""

    seals: int
    entries: int
    unsealed: int
    head: str
    broken: str | None = None
    erased: int = 0
    """Entries whose content went with their study; certificates tell of as many."""


def verify(anchors: Iterable[Anchor] = (), *, never_sealed: bool = False) -> ChainVerdict:
    """Walk the chain from its beginning and look at what is not sealed yet; each anchor must be one of its links.

    `never_sealed`: it is known from elsewhere that no clock has run here yet, so that there can be no seal.
    """
    link, after, total, form = START, 0, 0, 1
    seen, last, broken = set[str](), None, None
    for number, stored in enumerate(db.session.scalars(select(Seal).order_by(Seal.number)), start=1):
        broken = _wrong_place(stored, number, after, form) or _wrong_content(stored, link, after)
        if broken:
            return ChainVerdict(number - 1, total, 0, link, broken)
        link, after, form, last = stored.hash, stored.last_entry, stored.form, stored
        total += stored.entries
        seen.add(link)
    unsealed = db.session.scalar(select(func.count()).where(AuditEntry.id > after)) or 0
    lost = (anchor.where for anchor in anchors if anchor.hash not in seen)
    erased = db.session.scalar(select(func.count()).where(AuditEntry.erased_sha256.is_not(None))) or 0
    broken = (
        _stray()
        or _tail(last, unsealed, never_sealed=never_sealed)
        or _rewritten()
        or _hidden(erased)
        or _other_remains()
        or next(map(_not_in_chain, lost), None)
    )
    return ChainVerdict(len(seen), total, unsealed, link, broken, erased)


def _not_in_chain(where: str) -> str:
    return f"{where} is not in the chain: seals were removed or made anew."


def _wrong_place(stored: Seal, number: int, after: int, form: int) -> str | None:
    if stored.number != number:
        return f"Seal {number} is missing."
    if stored.last_entry < after or stored.next_entry < stored.last_entry or stored.form < form:
        return f"Seal {number} does not follow the one before it."
    return None


def _wrong_content(stored: Seal, link: str, after: int) -> str | None:
    digest, count = _digest(stored, link, after)
    if digest == stored.hash:
        return None
    where = (
        f"Seal {stored.number} of {stored.sealed_at:%Y-%m-%d %H:%M} UTC (entries {after + 1} to {stored.last_entry})"
    )
    if count != stored.entries:
        return f"{where} does not hold: it covered {stored.entries} entries, there are {count}."
    return f"{where} does not hold: it, or an entry, was altered or moved."


def _stray() -> str | None:
    stray = db.session.scalar(select(func.count()).where(AuditEntry.id < 1))
    return f"{stray} entries have ids below 1, where no seal reaches: they were written by hand." if stray else None


def _rewritten() -> str | None:
    """What is wrong where an entry counts as erased, so that its seal looks at no word of it, and says something."""
    says = or_(AuditEntry.old.is_not(None), AuditEntry.new.is_not(None), AuditEntry.reason.is_not(None))
    erased = select(AuditEntry.id).where(AuditEntry.erased_sha256.is_not(None), says)
    entry = db.session.scalar(erased.order_by(AuditEntry.id).limit(1))
    return None if entry is None else f"Entry {entry}, whose content was taken away, says something: it was altered."


def _hidden(erased: int) -> str | None:
    """What is wrong where more, or fewer, entries have lost their content than was certified."""
    certified = db.session.scalar(select(func.coalesce(func.sum(CERTIFICATES.c.entries), 0))) or 0
    if erased == certified:
        return None
    return f"The content of {erased} entries was taken away, and the certificates tell of {certified}."


def remains(execute: Callable[[Select[str]], Result[str]]) -> str:
    """The hash of what is left of all entries whose content was taken away, in their order."""
    digest = sha256()
    query = select(REMAINS).where(AuditEntry.erased_sha256.is_not(None)).order_by(AuditEntry.id)
    for (line,) in execute(query.execution_options(yield_per=CHUNK)):
        digest.update(sha256(line.encode()).digest())
    return digest.hexdigest()


def _other_remains() -> str | None:
    """What is wrong where the newest certificate tells otherwise of them: as the trail, which is sealed, has it."""
    then, before = (kept["remains_sha256"].astext for kept in (AuditEntry.new, AuditEntry.old))
    certified = select(then).where(AuditEntry.table_name == "public.erasures", then.is_not(None), before.is_(None))
    digest = db.session.scalar(certified.order_by(AuditEntry.id.desc()).limit(1))
    if digest is None or digest == remains(db.session.execute):
        return None
    return "What is left of the entries whose content was taken away is not what was certified: it was altered."


def _tail(last: Seal | None, unsealed: int, *, never_sealed: bool) -> str | None:
    """What is wrong beyond the newest seal."""
    after = last.last_entry if last else 0
    entries = select(AuditEntry.id, AuditEntry.at).where(AuditEntry.id > after).order_by(AuditEntry.id)
    if last is None and not never_sealed:
        return f"{unsealed} entries, and no seal: the clock never ran, or the seals were removed." if unsealed else None
    altered = db.session.scalar(entries.where(AuditEntry.mark.is_distinct_from(ROW_HASH)).limit(1))
    if altered is not None:
        return f"Entry {altered}, which is not sealed yet, was altered or moved."
    if last is None:
        return None
    seen = select(func.count(), func.max(AuditEntry.id)).where(AuditEntry.id > after, AuditEntry.id <= last.next_entry)
    count, newest = db.session.execute(seen).one()
    if last.tail is not None and (count < last.tail or (last.tail and newest != last.next_entry)):
        return f"After seal {last.number}, {last.tail} entries were seen up to {last.next_entry}; there are {count}."
    return _old(last, db.session.scalars(entries.with_only_columns(func.min(AuditEntry.at)).order_by(None)).one())


def _old(last: Seal, oldest_unsealed: datetime | None) -> str | None:
    now = db.session.scalars(select(func.clock_timestamp())).one()
    if oldest_unsealed is not None and now - oldest_unsealed > LONGEST_UNSEALED:
        return f"Entries since {oldest_unsealed:%Y-%m-%d %H:%M} UTC are not sealed. Does the clock run?"
    if last.made_at is not None and now - last.made_at > OLDEST_HEAD:
        made = f"{last.made_at:%Y-%m-%d %H:%M} UTC"
        return f"The newest seal is of {made}, and there is one every hour: the clock stands, or seals were removed."
    return None


def _digest(stored: Seal, link: str, after: int) -> tuple[str, int]:
    digest, count = sha256(link.encode()), 0
    if stored.form > 1:
        facts = (stored.number, stored.last_entry, stored.entries, stored.next_entry, stored.tail)
        made = f"{stored.made_at:%Y-%m-%dT%H:%M:%S.%f}" if stored.made_at else ""
        digest.update("".join(f"|{fact}" for fact in (*facts, made)).encode())
    for line in _lines(after, stored.last_entry) if stored.form > 1 else _first_lines(after, stored.last_entry):
        digest.update(line)
        count += 1
    return digest.hexdigest(), count


def _lines(after: int, until: int) -> Iterator[bytes]:
    """The hash of each entry; of an erased one, that of what it said."""
    query = select(SEALED_LINE, AuditEntry.erased_sha256).where(AuditEntry.id > after, AuditEntry.id <= until)
    for line, erased in db.session.execute(query.order_by(AuditEntry.id).execution_options(yield_per=CHUNK)):
        yield sha256(line.encode()).digest() if erased is None else erased


def _first_lines(after: int, until: int) -> Iterator[bytes]:
    """Each entry as canonical JSON, as the first form of seals was made."""
    columns = [AuditEntry.__table__.columns[name] for name in (*CONTENT, "id")]
    query = select(*columns).where(AuditEntry.id > after, AuditEntry.id <= until).order_by(AuditEntry.id)
    for row in db.session.execute(query.execution_options(yield_per=CHUNK)):
        yield json.dumps(dict(row._mapping), sort_keys=True, default=datetime.isoformat).encode() + b"\n"
