"""Who changed what, when and why: written by the database, not by our goodwill.

Every audited table carries triggers (migrations/audit.py) that copy each changed row, also of bulk statements, into
`audit.entries`. They refuse a change without an actor, so each piece of work says who does it:

    with acting("clock"), transaction():
        queue_prompts(now())

The application's role may read the trail and nothing else. A table opts out, or hides columns, by `info=audited(...)`
in its `__table_args__`; hidden columns are shown as changed, never with their content.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Executable, Table, Text, bindparam, event, func, literal_column, select, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, ORMExecuteState, Session, SessionTransaction, mapped_column

from app.core import logging
from app.core.database import Base
from app.core.time import virtual_now


def full_name(table: Table) -> str:
    """The table with its schema, as the trail names it."""
    return f"{table.schema or 'public'}.{table.name}"


@dataclass(frozen=True)
class Acting:
    """Who acts, and why where a reason is asked for. Never a name or a number: `user:12`, `participant:01-017`."""

    actor: str
    reason: str | None = None


DECLARED = {"actor": "svar.actor", "reason": "svar.reason", "moment": "svar.virtual_at", "request": "svar.request"}
DECLARING = select(
    *(func.set_config(literal_column(f"'{setting}'"), bindparam(name), true()) for name, setting in DECLARED.items())
)
"""Tells the database who acts, until the transaction ends."""

_acting: ContextVar[Acting | None] = ContextVar("acting", default=None)


class AuditEntry(Base):
    """One change of one row. `at` is the database's time; `virtual_at` the rehearsal's, beside it."""

    __tablename__ = "entries"
    __table_args__ = {"schema": "audit", "info": {"audited": False}}  # noqa: RUF012

    at: Mapped[datetime]
    virtual_at: Mapped[datetime | None]
    actor: Mapped[str]
    reason: Mapped[str | None]
    transaction_id: Mapped[int] = mapped_column(BigInteger)
    table_name: Mapped[str] = mapped_column(Text)
    row_id: Mapped[str] = mapped_column(Text)
    action: Mapped[str]
    old: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    new: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    request: Mapped[str | None] = mapped_column(Text)
    """The request, or the round of a job, that made the change, as the log names it; no seal covers it."""
    mark: Mapped[int | None] = mapped_column(BigInteger)
    """A hash of all the rest, by the trigger: it tells of a change before the entry is sealed."""
    erased_sha256: Mapped[bytes | None]
    """The hash of what the entry said, where its content went with its study (`app.ending.erasing`)."""


def audited(*hidden: str) -> dict[str, object]:
    """Table info: audited, with the content of the `hidden` columns left out."""
    return {"audited": True, "hidden": hidden}


UNAUDITED: dict[str, object] = {"audited": False}
"""Table info for what is a log already, or scratch."""


@contextmanager
def acting(actor: str, reason: str | None = None) -> Iterator[None]:
    """Say who makes the changes of this block, and why."""
    token = _acting.set(Acting(actor, reason))
    try:
        yield
    finally:
        _acting.reset(token)


def start_acting(actor: str, reason: str | None = None) -> Token[Acting | None]:
    """Say who makes the changes from here on; a request says it again once its user is known."""
    return _acting.set(Acting(actor, reason))


def reset_acting(token: Token[Acting | None]) -> None:
    """Forget whoever acted since the token was given."""
    _acting.reset(token)


def _declare(session: Session) -> None:
    """Tell the database, once per transaction and actor, who acts."""
    acts = _acting.get()
    if acts is None or session.info.get("acting") == acts:
        return
    session.connection().execute(DECLARING, _said(acts))
    session.info["acting"] = acts


def declaration() -> dict[str, str]:
    """What DECLARING asks for, for a statement that declares by itself; whoever acts for nobody is refused later."""
    return _said(_acting.get() or Acting(""))


def _said(acts: Acting) -> dict[str, str]:
    moment = virtual_now()
    said = {"actor": acts.actor, "reason": acts.reason or "", "moment": moment.isoformat() if moment else ""}
    return said | {"request": logging.trace()}


@event.listens_for(Session, "before_flush")
def _before_flush(session: Session, *_: object) -> None:
    if session.new or session.dirty or session.deleted:
        _declare(session)


@event.listens_for(Session, "do_orm_execute")
def _before_statement(state: ORMExecuteState) -> None:
    declare_change(state.session, state.statement)


def declare_change(session: Session, statement: Executable) -> None:
    """Tell the database who acts, if the statement changes a table that is audited."""
    if statement.is_dml and _is_audited(statement):
        _declare(session)


def _is_audited(statement: Executable) -> bool:
    """Whether a trigger will ask who acts. Where it does and nobody said, the database refuses."""
    info: Mapping[str, object] = getattr(getattr(statement, "table", None), "info", {})
    return bool(info.get("audited", True))


@event.listens_for(Session, "after_transaction_end")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    """The database forgets at the end of a transaction, and of a savepoint that is taken back; a flush is neither."""
    if transaction.parent is None or transaction.nested:
        session.info.pop("acting", None)
