"""F-34: whoever alters, removes, reorders or rebuilds the sealed trail is found."""

from datetime import UTC, datetime

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from app.config import Settings
from app.core import sealing
from app.core.sealing import seal, verify
from app.studies.models import Study, StudyState

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.fixture
def trail(session: Session) -> str:
    """A trail of twelve entries under four seals; returns its head."""
    for batch in range(4):
        for number in range(3):
            study = Study(code=f"s{batch}{number}", title="x", state=StudyState.SETUP, created_at=NOW)
            session.add(study)
            session.commit()
        seal(NOW)
        session.commit()
    seal(NOW)
    session.commit()
    newest = sealing.head()
    assert newest is not None
    assert verify().broken is None
    return newest.hash


def superuser(settings: Settings, *statements: str) -> None:
    """What somebody does who owns the whole database."""
    with psycopg.connect(settings.owner_url.replace("+psycopg", ""), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.mark.parametrize(
    ("does", "says"),
    [
        ("UPDATE audit.entries SET actor = 'nobody' WHERE id = 5", "an entry was altered or moved"),
        ("DELETE FROM audit.entries WHERE id = 5", "it covered 3 entries, there are 2"),
        ("UPDATE audit.entries SET id = CASE id WHEN 5 THEN -6 ELSE -5 END WHERE id IN (5, 6);"
         "UPDATE audit.entries SET id = -id WHERE id < 0", "an entry was altered or moved"),
        ("DELETE FROM audit.entries WHERE id > 10", "there are 1"),
        ("DELETE FROM audit.seals WHERE number = 2", "Seal 2 is missing"),
    ],
)  # fmt: skip
def test_f34_the_first_broken_link_is_named(
    session: Session, settings: Settings, trail: str, does: str, says: str
) -> None:
    superuser(settings, *does.split(";"))
    broken = verify().broken
    assert broken is not None
    assert says in broken


def test_f34_a_chain_made_anew_is_found_by_its_anchor(session: Session, settings: Settings, trail: str) -> None:
    superuser(settings, "DELETE FROM audit.seals", "UPDATE audit.entries SET actor = 'nobody' WHERE id = 5")
    for _ in range(3):
        seal(NOW)
        session.commit()
    assert verify().broken is None
    assert verify(trail).broken == "The anchor is not in the chain: seals were removed or made anew."


@pytest.mark.parametrize("does", ["UPDATE audit.seals SET entries = 0", "DELETE FROM audit.seals"])
def test_the_application_may_add_seals_and_change_none(session: Session, trail: str, does: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(text(does))


def test_what_may_still_be_written_is_not_sealed_yet(session: Session, settings: Settings, trail: str) -> None:
    before = sealing.head()
    with psycopg.connect(settings.database_url.replace("+psycopg", "")) as slow:
        slow.execute("SELECT set_config('svar.actor', 'slow', true)")
        slow.execute("INSERT INTO studies (code, title, state, created_at) VALUES ('slow', 'x', 'setup', now())")
        session.add(Study(code="fast", title="x", state=StudyState.SETUP, created_at=NOW))
        session.commit()
        for _ in range(3):
            seal(NOW)
            session.commit()
        waiting = sealing.head()
        slow.commit()
    for _ in range(3):
        seal(NOW)
        session.commit()
    after = sealing.head()
    assert before is not None
    assert waiting is not None
    assert after is not None
    assert waiting.last_entry == before.last_entry
    assert after.last_entry == before.last_entry + 2
    assert verify().broken is None
