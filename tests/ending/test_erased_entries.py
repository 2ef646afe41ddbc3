"""After a deletion the trail holds still, by a certificate of what is left; whoever alters that is found."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.config import Settings
from app.core import sealing, verifying_seals
from app.core.audit import AuditEntry
from app.core.backing_up import owning
from app.ending import belonging, erasing
from app.participants.models import Owner, Participant
from app.studies.models import Study
from tests.ending.studies import archived, deleted
from tests.ending.studies import studies as studies
from tests.factories import NOW, user

SAID = f"sha256(convert_to({verifying_seals.SEALED_LINE}, 'UTF8'))"


def test_the_trail_keeps_that_something_was_changed_and_its_seals_hold(
    session: Session, studies: tuple[Study, Study], settings: Settings
) -> None:
    for _ in range(3):
        sealing.seal(NOW)
        session.commit()
    person = session.scalars(select(Participant).filter_by(study_id=studies[0].id)).one()
    owner = Owner(participant=person, user=user(email="o@example.org"), taken_at=NOW)
    session.add(owner)
    session.commit()
    session.delete(owner)  # a row that is gone before its study is in the trail all the same
    archived(session, studies[0])
    its_own = {(t.fullname if t.schema else f"public.{t.name}", str(row.id)) for t in belonging.tables()
               for row in session.execute(select(t.c.id).where(belonging.of_study(t, studies[0].id)))}  # fmt: skip
    heads, entries = sealing.head(), session.scalar(select(func.count(AuditEntry.id))) or 0
    made = deleted(session, studies[0], settings)
    erased = session.scalars(select(AuditEntry).where(AuditEntry.erased_sha256.is_not(None))).all()
    assert len(erased) == made.entries
    its_own |= {("public.owners", str(row.row_id)) for row in erased if row.table_name == "public.owners"}
    assert {(row.table_name, row.row_id) for row in erased} == its_own - {
        pair for pair in its_own if pair[0] in ("public.receipts", "public.drafts", "identifiers.sandbox_texts")
    }
    assert sum(row.table_name == "public.owners" for row in erased) == 2
    assert {(row.old, row.new, row.reason) for row in erased} == {(None, None, None)}
    assert {row.action for row in erased} == {"insert", "update", "delete"}
    assert (session.scalar(select(func.count(AuditEntry.id))) or 0) > entries
    assert not {row.actor for row in erased if row.actor.startswith("participant:")} - {"participant:erased"}
    assert verifying_seals.verify().broken is None
    for _ in range(2):
        sealing.seal(NOW)
        session.commit()
    assert heads is not None
    verdict = verifying_seals.verify([verifying_seals.Anchor(heads.hash)])
    assert (verdict.broken, verdict.erased) == (None, made.entries)


@pytest.mark.parametrize(
    ("does", "says"),
    [
        (f"UPDATE audit.entries SET erased_sha256 = {SAID}, new = NULL WHERE id = 3", "the certificates tell of 0"),  # noqa: S608
        ("UPDATE audit.entries SET erased_sha256 = sha256('x'), new = NULL WHERE id = 3", "altered or moved"),
        ("UPDATE audit.entries SET new = NULL WHERE id = 3", "altered or moved"),
    ],
)
def test_whoever_hides_an_entry_without_a_certificate_is_found(
    session: Session, studies: tuple[Study, Study], settings: Settings, does: str, says: str
) -> None:
    for _ in range(2):
        sealing.seal(NOW)
        session.commit()
    with owning(settings.owner_url) as engine, engine.begin() as connection:
        connection.exec_driver_sql(does)
    assert says in str(verifying_seals.verify().broken)


ALTERED = {
    "at": "at - interval '1 hour'",
    "virtual_at": "now()",
    "actor": "'user:9'",
    "transaction_id": "transaction_id + 1",
    "table_name": "'public.answers'",
    "row_id": "'7'",
    "action": "'update'",
}
"""What is left of an erased entry, and what somebody who owns the database may put in its place."""


def test_whoever_alters_what_is_left_of_an_erased_entry_is_found(
    session: Session, studies: tuple[Study, Study], settings: Settings
) -> None:
    """Also with its mark made anew, and a certificate that tells the new hash: the trail has what was certified."""
    for study in studies:
        archived(session, study)
        made = deleted(session, study, settings)
    for _ in range(2):
        sealing.seal(NOW)
        session.commit()
    left = select(AuditEntry).where(AuditEntry.erased_sha256.is_not(None), AuditEntry.action == "insert")
    entry, certificate = session.scalars(left.order_by(AuditEntry.id).limit(1)).one().id, made.id
    session.rollback()
    before = "SELECT " + ", ".join(ALTERED) + f" FROM audit.entries WHERE id = {entry}"  # noqa: S608
    back = f"UPDATE audit.entries SET ({', '.join(ALTERED)}) = ({', '.join('%s' for _ in ALTERED)}) WHERE id = {entry}"  # noqa: S608
    said_of = {}
    for column, value in ALTERED.items():
        with owning(settings.owner_url) as engine, engine.begin() as connection:
            was = tuple(connection.exec_driver_sql(before).one())
            connection.exec_driver_sql(f"UPDATE audit.entries SET {column} = {value} WHERE id = {entry}")  # noqa: S608
            connection.exec_driver_sql(
                f"UPDATE audit.entries SET mark = {verifying_seals.ROW_HASH} WHERE erased_sha256 IS NOT NULL"  # noqa: S608
            )
            connection.exec_driver_sql("ALTER TABLE erasures DISABLE TRIGGER USER")
            forged = verifying_seals.remains(connection.execute)
            connection.exec_driver_sql("UPDATE erasures SET remains_sha256 = %s WHERE id = %s", (forged, certificate))
            connection.exec_driver_sql("ALTER TABLE erasures ENABLE TRIGGER USER")
        said_of[column] = verifying_seals.verify().broken
        session.rollback()
        with owning(settings.owner_url) as engine, engine.begin() as connection:
            connection.exec_driver_sql(back, was)
    said = "What is left of the entries whose content was taken away is not what was certified: it was altered."
    assert said_of == dict.fromkeys(ALTERED, said)
    assert verifying_seals.verify().broken is None


def test_a_certificate_of_before_says_nothing_of_what_is_left_and_holds(
    session: Session, studies: tuple[Study, Study], settings: Settings
) -> None:
    archived(session, studies[0])
    made = deleted(session, studies[0], settings)
    assert erasing.certificate(made)["remains_sha256"] == made.remains_sha256
    made.remains_sha256 = None
    assert "remains_sha256" not in erasing.certificate(made)
    session.rollback()
