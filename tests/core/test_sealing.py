"""F-34: whoever alters, removes, reorders or rebuilds the sealed trail is found."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from app.config import Settings
from app.core import sealing, verifying_seals
from app.core.audit import AuditEntry
from app.core.sealing import seal
from app.core.verifying_seals import Anchor, ChainVerdict, verify
from app.studies.models import Study, StudyState

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.fixture
def trail(session: Session) -> str:
    """Thirteen entries: nine under four seals, three that the newest seal has seen, one since. Returns the head."""
    for batch in range(4):
        for number in range(3):
            study = Study(code=f"s{batch}{number}", title="x", state=StudyState.SETUP, created_at=NOW)
            session.add(study)
            session.commit()
        seal(NOW)
        session.commit()
    session.add(Study(code="since", title="x", state=StudyState.SETUP, created_at=NOW))
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


COPY = """INSERT INTO audit.entries
SELECT (jsonb_populate_record(e, '{{"id": {}}}')).* FROM audit.entries e WHERE id = 5"""
ERASED = f"UPDATE audit.entries SET erased_sha256 = sha256(convert_to({verifying_seals.SEALED_LINE}, 'UTF8'))"  # noqa: S608
SWAP = (
    "UPDATE audit.entries SET id = CASE id WHEN {0} THEN -{1} ELSE -{0} END WHERE id IN ({0}, {1});"
    "UPDATE audit.entries SET id = -id WHERE id < 0"
)


@pytest.mark.parametrize(
    ("does", "says"),
    [
        # what is sealed
        ("UPDATE audit.entries SET actor = 'nobody' WHERE id = 5", "an entry, was altered or moved"),
        ("UPDATE audit.entries SET at = at + interval '1 microsecond' WHERE id = 5", "an entry, was altered or moved"),
        ("UPDATE audit.entries SET new = new - 'title' WHERE id = 5", "an entry, was altered or moved"),
        ("DELETE FROM audit.entries WHERE id = 5", "it covered 3 entries, there are 2"),
        ("UPDATE audit.entries SET id = 100 WHERE id = 5", "it covered 3 entries, there are 2"),
        (SWAP.format(5, 6), "an entry, was altered or moved"),
        (SWAP.format(3, 7), "an entry, was altered or moved"),
        ("DELETE FROM audit.entries WHERE id > 8", "there are 2"),
        ("DELETE FROM audit.entries", "there are 0"),
        # the seals
        ("DELETE FROM audit.seals WHERE number = 2", "Seal 2 is missing"),
        ("DELETE FROM audit.seals WHERE number = 1", "Seal 1 is missing"),
        ("UPDATE audit.seals SET number = 0 WHERE number = 1", "Seal 1 is missing"),
        ("UPDATE audit.seals SET entries = 4 WHERE number = 3", "it covered 4 entries, there are 3"),
        ("UPDATE audit.seals SET last_entry = 1 WHERE number = 3", "Seal 3 does not follow the one before it"),
        ("UPDATE audit.seals SET form = 1 WHERE number = 3", "Seal 3 does not follow the one before it"),
        ("UPDATE audit.seals SET next_entry = 9 WHERE number = 4", "Seal 4 of"),
        ("UPDATE audit.seals SET tail = 0 WHERE number = 4", "Seal 4 of"),
        ("UPDATE audit.seals SET made_at = made_at + interval '1 day' WHERE number = 4", "Seal 4 of"),
        # an entry that passes for an erased one, under the hash of what it said
        (f"{ERASED}, actor = 'nobody' WHERE id = 5", "Entry 5, whose content was taken away, says something"),
        (f"{ERASED}, old = new, new = NULL WHERE id = 5", "Entry 5, whose content was taken away, says something"),
        (f"{ERASED}, new = NULL, reason = 'x' WHERE id = 5", "Entry 5, whose content was taken away, says something"),
        (f"{ERASED}, new = NULL WHERE id = 5", "of 1 entries was taken away, and the certificates tell of 0"),
        ("DELETE FROM audit.seals", "13 entries, and no seal: the clock never ran, or the seals were removed"),
        # beside the chain
        ("UPDATE audit.entries SET id = 0 WHERE id = 13", "1 entries have ids below 1"),
        (COPY.format(0),
         "1 entries have ids below 1"),
        (COPY.format(-7),
         "1 entries have ids below 1"),
        # the tail, which no seal covers yet
        ("UPDATE audit.entries SET actor = 'nobody' WHERE id = 13", "Entry 13, which is not sealed yet, was altered"),
        ("UPDATE audit.entries SET mark = NULL WHERE id = 13", "Entry 13, which is not sealed yet, was altered"),
        (SWAP.format(11, 13), "Entry 11, which is not sealed yet, was altered or moved"),
        ("DELETE FROM audit.entries WHERE id = 11", "3 entries were seen up to 12; there are 2"),
        ("DELETE FROM audit.entries WHERE id > 10", "3 entries were seen up to 12; there are 1"),
        ("DELETE FROM audit.entries WHERE id > 9", "3 entries were seen up to 12; there are 0"),
        ("UPDATE audit.entries SET at = at - interval '2 hours', mark = NULL WHERE id = 13", "Entry 13"),
    ],
)  # fmt: skip
def test_f34_the_first_thing_that_is_wrong_is_named(
    session: Session, settings: Settings, trail: str, does: str, says: str
) -> None:
    superuser(settings, *does.split(";"))
    broken = verify().broken
    assert broken is not None
    assert says in broken


def test_a_trail_that_nobody_touched_holds_and_tells_what_is_not_sealed_yet(session: Session, trail: str) -> None:
    assert verify([Anchor(trail)]) == ChainVerdict(seals=4, entries=9, unsealed=4, head=trail)


@pytest.mark.parametrize(
    ("does", "says"),
    [
        ("", None),
        ("UPDATE audit.entries SET actor = 'nobody' WHERE id = 5", "Entry 5, which is not sealed yet, was altered"),
        (COPY.format(0), "1 entries have ids below 1"),
        (
            "UPDATE audit.entries SET erased_sha256 = '\\x00' WHERE id = 5",
            "Entry 5, whose content was taken away, says",
        ),
        (
            "UPDATE audit.entries SET erased_sha256 = '\\x00', old = NULL, new = NULL, reason = NULL WHERE id = 5",
            "Entry 5, which is not sealed yet, was altered",
        ),
    ],
)
def test_where_no_clock_has_run_no_seal_is_missed_and_everything_else_is_looked_at(
    session: Session, settings: Settings, trail: str, does: str, says: str | None
) -> None:
    superuser(settings, "DELETE FROM audit.seals", *filter(None, [does]))
    verdict = verify(never_sealed=True)
    assert (verdict.seals, verdict.unsealed > 0) == (0, True)
    assert (verdict.broken is None) if says is None else says in str(verdict.broken)


def test_seals_that_are_there_are_held_to_all_the_same(session: Session, settings: Settings, trail: str) -> None:
    superuser(settings, "DELETE FROM audit.seals WHERE number = 2")
    assert verify(never_sealed=True).broken == "Seal 2 is missing."


def test_a_trail_without_an_entry_holds(session: Session) -> None:
    assert verify() == ChainVerdict(seals=0, entries=0, unsealed=0, head="0" * 64)


@pytest.mark.parametrize("removed", [1, 2, 3])
def test_f34_seals_that_are_cut_off_are_missed_by_an_anchor(
    session: Session, settings: Settings, trail: str, removed: int
) -> None:
    superuser(settings, f"DELETE FROM audit.seals WHERE number > {4 - removed}")  # noqa: S608
    assert verify([Anchor(trail, "The manifest")]).broken == (
        "The manifest is not in the chain: seals were removed or made anew."
    )


def test_f34_a_chain_made_anew_is_found_by_its_anchor(session: Session, settings: Settings, trail: str) -> None:
    superuser(settings, "DELETE FROM audit.seals", "UPDATE audit.entries SET actor = 'nobody' WHERE id = 5")
    superuser(settings, "SELECT audit.seal(now())", "SELECT audit.seal(now())", "SELECT audit.seal(now())")
    assert verify().broken is None
    assert verify([Anchor(trail)]).broken == "The anchor is not in the chain: seals were removed or made anew."


@pytest.mark.parametrize(
    ("moved", "says"),
    [
        ("UPDATE audit.entries SET at = at - interval '59 minutes' WHERE id > 9", None),
        ("UPDATE audit.entries SET at = at - interval '61 minutes' WHERE id > 9", "Does the clock run?"),
    ],
)
def test_entries_that_wait_for_long_for_a_seal_are_told_of(
    session: Session, settings: Settings, trail: str, moved: str, says: str | None
) -> None:
    content = "id, at, virtual_at, actor, reason, transaction_id, table_name, row_id, action, old, new"
    superuser(settings, moved, f"UPDATE audit.entries SET mark = hash_record_extended(ROW({content}), 0)")  # noqa: S608
    broken = verify().broken
    assert broken is None if says is None else says in (broken or "")


@pytest.mark.parametrize(("hours", "holds"), [(2, True), (4, False)])
def test_an_old_head_tells_that_nobody_seals(
    session: Session, settings: Settings, trail: str, monkeypatch: pytest.MonkeyPatch, hours: int, holds: bool
) -> None:
    later = verifying_seals.OLDEST_HEAD - timedelta(hours=hours)
    monkeypatch.setattr(verifying_seals, "OLDEST_HEAD", later)
    broken = verify().broken
    assert ("there is one every hour" in broken if broken else None) is (None if holds else True)


def test_a_quiet_hour_is_sealed_too(session: Session, settings: Settings) -> None:
    session.add(Study(code="x", title="x", state=StudyState.SETUP, created_at=NOW))
    session.commit()
    made = [seal(NOW) for _ in range(4)]
    assert [link.number for link in made if link] == [1, 2]
    session.commit()
    superuser(settings, "UPDATE audit.seals SET made_at = made_at - interval '61 minutes' WHERE number = 2")
    quiet = seal(NOW)
    assert quiet is not None
    assert (quiet.number, quiet.entries) == (3, 0)


def test_what_the_application_sealed_before_the_database_did_still_holds(
    session: Session, settings: Settings, trail: str
) -> None:
    superuser(settings, "DELETE FROM audit.seals", "UPDATE audit.entries SET mark = NULL WHERE id < 7")
    digest = sha256(("0" * 64).encode())
    for entry in session.scalars(select(AuditEntry).where(AuditEntry.id < 7).order_by(AuditEntry.id)):
        facts = {column.name: getattr(entry, column.name) for column in AuditEntry.__table__.columns}
        del facts["mark"], facts["request"], facts["erased_sha256"]
        digest.update(json.dumps(facts, sort_keys=True, default=datetime.isoformat).encode() + b"\n")
    superuser(
        settings,
        "INSERT INTO audit.seals (number, last_entry, entries, hash, next_entry, next_transaction, sealed_at)"  # noqa: S608
        f" VALUES (1, 6, 6, '{digest.hexdigest()}', 9, 1, now())",
    )
    assert verify().broken is None
    for _ in range(3):
        seal(NOW)
        session.commit()
    assert verify().broken is None
    assert verify().seals == 3
    superuser(settings, "UPDATE audit.entries SET actor = 'nobody' WHERE id = 2")
    assert "Seal 1 of" in (verify().broken or "")


@pytest.mark.parametrize(
    "does",
    [
        "UPDATE audit.seals SET entries = 0",
        "DELETE FROM audit.seals",
        "TRUNCATE audit.seals",
        "INSERT INTO audit.seals (number, last_entry, entries, hash, next_entry, next_transaction, sealed_at)"
        " VALUES (9, 9, 9, 'x', 9, 9, now())",
        "SELECT nextval('audit.seals_id_seq')",
        "SELECT setval('audit.entries_id_seq', 1)",
    ],
)
def test_the_application_may_ask_for_a_seal_and_write_none(session: Session, trail: str, does: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(text(does))


def test_what_may_still_be_written_is_not_sealed_yet(session: Session, settings: Settings, trail: str) -> None:
    for _ in range(2):
        seal(NOW)
        session.commit()
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
