"""What goes for good: who the people of a study are, or the study itself. It is the owner's work, and one transaction.

The application's role may delete next to nothing, so this connects as the owner (`DATABASE_OWNER_URL`). Of the audit
trail what remains says that, when and by whom something was changed, and its seals hold: an erased entry keeps the hash
of what it said (`app.core.verifying_seals`). Interrupted, nothing is gone.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Table,
    Text,
    cast,
    column,
    delete,
    func,
    literal,
    null,
    or_,
    select,
    table,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import InstrumentedAttribute

from app.accounts.models import ApiToken
from app.core.audit import DECLARING, AuditEntry, declaration, full_name
from app.core.backing_up import owning
from app.core.problems import Conflict
from app.core.sealed_columns import columns as sealed_columns
from app.core.sealing import Seal
from app.core.verifying_seals import ROW_HASH, SEALED_LINE, remains
from app.ending import belonging
from app.ending.models import Erasure, ErasureKind
from app.participants.models import Participant
from app.studies.models import Study, StudyState, TokenBinding
from app.studies.states import Act, may, refusal

NOT_OF_PEOPLE = frozenset({"drafts", "second_answers", "staff_entries", "hooks"})
"""Tables whose closed values are answers, or secrets of machines: they tell of nobody who she is."""
EMPTIED = frozenset({"contacts", "replies", "tasks"})
"""Tables whose rows say something without their closed columns, and stay."""
GONE = table("erasing", column("of_table", Text()), column("of_row", Text()))
GATHERED = text(
    "CREATE TEMPORARY TABLE erasing (of_table text, of_row text, PRIMARY KEY (of_table, of_row)) ON COMMIT DROP"
)
SAYS = text("SELECT set_config('svar.erasing', 'on', true), set_config('svar.sites', '*', true)")
SIGNED = ("kind", "study", "title", "reason", "asked_by", "done_by", "counts", "entries")


def forget_contacts(study: Study, owner_url: str, reason: str, now: datetime) -> int:
    """Take away names, numbers, and what people wrote from their telephones; returns the certificate's id."""
    with owning(owner_url) as engine, engine.begin() as connection:
        _begin(connection, study, Act.FORGET)
        counts = dict(_forget(connection, study.id))
        actor = declaration()["actor"]
        facts = _facts(study, ErasureKind.CONTACTS, reason, actor, now) | {"counts": counts, "entries": 0}
        made = insert(Erasure).values(**_done(facts, actor, now)).returning(Erasure.id)
        return int(connection.execute(made).scalar_one())


def delete_study(study: Study, request: Erasure, owner_url: str, now: datetime) -> int:
    """Delete every row of the study, and the content of its entries in the trail, as was asked; returns the
    certificate's id. Conflict where a row would stay."""
    study_id, actor = study.id, declaration()["actor"]
    with owning(owner_url) as engine, engine.begin() as connection:
        _begin(connection, study, Act.DELETE)
        connection.execute(GATHERED)
        _gather(connection, study_id)
        _revoke_keys(connection, study_id, now)
        counts: dict[str, int] = {}
        for each in belonging.tables():
            rows = connection.execute(delete(each).where(belonging.of_study(each, study_id))).rowcount
            counts |= {each.name: rows} if rows else {}
        entries = _erase_entries(connection)
        facts = {name: getattr(request, name) for name in (*SIGNED, "asked_at")} | {
            "counts": counts,
            "entries": entries,
            "remains_sha256": remains(connection.execute),
        }
        connection.execute(update(Erasure).where(Erasure.id == request.id).values(**_done(facts, actor, now)))
    return request.id


def certificate(erasure: Erasure) -> dict[str, Any]:
    """All that the certificate says, as it is hashed."""
    said = {name: getattr(erasure, name) for name in SIGNED}
    if erasure.remains_sha256 is not None:  # certificates of before say nothing of it
        said["remains_sha256"] = erasure.remains_sha256
    return said | {name: getattr(erasure, name).isoformat() for name in ("asked_at", "done_at")}


def fingerprint(said: dict[str, Any]) -> str:
    """The SHA-256 of a certificate."""
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _facts(study: Study, kind: ErasureKind, reason: str, actor: str, now: datetime) -> dict[str, Any]:
    about = {"study": study.code, "title": study.title, "reason": reason.strip()}
    return {"kind": kind, **about, "asked_by": actor, "asked_at": now}


def _done(facts: dict[str, Any], actor: str, now: datetime) -> dict[str, Any]:
    done = facts | {"done_by": actor, "done_at": now}
    return done | {"sha256": fingerprint(certificate(Erasure(**done)))}


def _begin(connection: Connection, study: Study, act: Act) -> None:
    """Say who acts, and hold the study as it is; Conflict where its state does not allow this."""
    connection.execute(DECLARING, declaration())
    connection.execute(SAYS)
    state = connection.scalar(select(Study.state).where(Study.id == study.id).with_for_update(key_share=True))
    if state is None:
        raise Conflict(f"{study.code} is not there any more.")
    if not may_end(connection, study.id, state, act):
        raise Conflict(refusal(study.code, state, act))


def may_end(connection: Connection, study_id: int, state: StudyState, act: Act) -> bool:
    """Whether a study in this state may do this; a practice that was put aside may be deleted as it is."""
    if may(state, act):
        return True
    patients = select(Participant.id).where(Participant.study_id == study_id, Participant.practice.is_(False)).limit(1)
    practice = state is StudyState.CLOSED and connection.scalar(patients) is None
    return act is Act.DELETE and practice


def closed_columns() -> Iterator[tuple[Table, list[Column[Any]]]]:
    """The tables that hold who people are, or what they wrote, with every column that the trail hides of them."""
    closed = {each.table.name for each in sealed_columns()} - NOT_OF_PEOPLE
    for each in belonging.tables():
        if each.name in closed:
            names = {column.name for column in each.columns if "sealed" in column.info} | set(
                each.info.get("hidden", ())
            )
            yield each, [each.c[name] for name in sorted(names)]


def _forget(connection: Connection, study_id: int) -> Iterator[tuple[str, int]]:
    """Empty these columns; a row that is nothing without them goes whole."""
    for each, hidden in closed_columns():
        mine = belonging.of_study(each, study_id)
        if each.name in EMPTIED:
            empty = {column.name: null() if column.nullable else literal(b"") for column in hidden}
            filled = or_(*(column.is_not(None) if column.nullable else column != b"" for column in hidden))
            rows = connection.execute(update(each).where(mine, filled).values(empty)).rowcount
        else:
            rows = connection.execute(delete(each).where(mine)).rowcount
        if rows:
            yield each.name, rows


def _gather(connection: Connection, study_id: int) -> None:
    """Note the rows that will go, and those gone before that the trail still tells of, parents first."""
    for each in reversed(belonging.tables()):
        name = full_name(each)
        there = select(literal(name), cast(each.c.id, Text)).where(belonging.of_study(each, study_id))
        connection.execute(insert(GONE).from_select(["of_table", "of_row"], there))
        for key, above in belonging.parents(each):
            connection.execute(_told_of(name, key.name, full_name(above)))


def _told_of(name: str, key: str, above: str) -> Insert:
    """The rows of a table of which the trail says that they were of a row that is noted already."""
    kept = func.coalesce(AuditEntry.new, AuditEntry.old)[key].astext
    noted = select(GONE.c.of_row).where(GONE.c.of_table == above)
    rows = select(AuditEntry.table_name, AuditEntry.row_id).where(AuditEntry.table_name == name, kept.in_(noted))
    return insert(GONE).from_select(["of_table", "of_row"], rows.distinct()).on_conflict_do_nothing()


def _revoke_keys(connection: Connection, study_id: int, now: datetime) -> None:
    """A key that opened this study alone must not open another once nothing binds it."""
    bound = select(TokenBinding.token_id).where(TokenBinding.study_id == study_id)
    standing = update(ApiToken).where(ApiToken.id.in_(bound), ApiToken.revoked_at.is_(None))
    connection.execute(standing.values(revoked_at=now))


def _erase_entries(connection: Connection) -> int:
    """Take the content out of the trail's entries of what is noted; each keeps the hash of what it said."""
    hashed_as_text = select(func.coalesce(func.max(Seal.last_entry), 0)).where(Seal.form == 1).scalar_subquery()
    of_them = (
        AuditEntry.table_name == GONE.c.of_table,
        AuditEntry.row_id == GONE.c.of_row,
        AuditEntry.erased_sha256.is_(None),
        AuditEntry.id > hashed_as_text,
    )
    said = func.sha256(func.convert_to(SEALED_LINE, "UTF8"))
    entries = update(AuditEntry).where(*of_them).values(
        erased_sha256=said, old=null(), new=null(), reason=null(), actor=_nobodys(AuditEntry.actor)
    )  # fmt: skip
    count = connection.execute(entries).rowcount
    marks = update(AuditEntry).where(AuditEntry.erased_sha256.is_not(None), AuditEntry.mark.is_distinct_from(ROW_HASH))
    connection.execute(marks.values(mark=ROW_HASH))
    return count


def _nobodys(actor: InstrumentedAttribute[str]) -> ColumnElement[str]:
    """Who did it, but for participants, whose pseudonym is no more."""
    return func.regexp_replace(actor, "^participant:.*$", "participant:erased")
