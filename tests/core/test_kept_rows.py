"""What many tests begin with is made once: brought back, it is to the last column and number what was made."""

from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.config import Settings
from app.core.audit import AuditEntry
from app.participants.models import Participant
from tests.databases import NAMES, SEQUENCES, Reused, alone
from tests.factories import NOW, backtobasic, infused, participant

WHAT = "somebody who was infused"


def somebody() -> None:
    infused(participant(backtobasic()), NOW)


def everything(settings: Settings) -> dict[str, object]:
    """Each table's rows, as text, and how far each sequence is."""
    address = settings.owner_url.replace("+psycopg", "")
    with psycopg.connect(address) as connection:
        connection.execute("SET svar.sites = '*'")
        tables = [name for (name,) in connection.execute(NAMES).fetchall()]
        rows = {
            name: connection.execute(f"SELECT it::text FROM {name} AS it ORDER BY 1".encode()).fetchall()  # noqa: S608
            for name in tables
        }
        sequences = [name for (name,) in connection.execute(SEQUENCES).fetchall()]
        reached = {
            name: connection.execute("SELECT pg_sequence_last_value(%s::regclass)", [name]).fetchall()
            for name in sequences
        }
    return {**rows, **reached}


def test_of_two_runs_in_one_checkout_neither_deletes_the_others_rows(tmp_path: Path) -> None:
    wanted = tmp_path / "instance" / "tests"
    with alone(wanted) as first:
        with alone(wanted) as second, alone(wanted) as third:
            assert len({first, second, third}) == 3
        with alone(wanted) as after_the_second:
            assert (first, after_the_second) == (wanted, second)
    with alone(wanted) as after_all:
        assert after_all == wanted


def test_what_is_brought_back_is_what_was_made(session: Session, settings: Settings, reused: Reused) -> None:
    def make() -> None:
        somebody()
        session.commit()

    reused.begin_with(WHAT, make)
    made = everything(settings)
    assert any(made.values())
    reused.empty()
    assert everything(settings) != made
    reused.begin_with(WHAT, lambda: pytest.fail("it was made already"))
    assert everything(settings) == made


def test_who_comes_after_what_was_brought_back_has_the_next_number(session: Session, reused: Reused) -> None:
    def make() -> None:
        somebody()
        session.commit()

    reused.begin_with("somebody else", make)
    session.rollback()
    reused.empty()
    reused.begin_with("somebody else", make)
    entries = session.scalar(select(func.count(AuditEntry.id)))
    first = session.scalars(select(Participant)).one()
    second = participant(backtobasic(code="another"))
    session.commit()
    assert second.id == first.id + 1
    assert (session.scalar(select(func.count(AuditEntry.id))) or 0) > (entries or 0) > 0
