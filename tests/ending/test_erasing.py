"""What goes for good is gone, of this study alone, by two people, whole or not at all; and the trail still holds."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import ApiToken
from app.accounts.roles import Permission, Role
from app.accounts.tokens import issue
from app.config import Settings
from app.core import sealed_columns, sealing, verifying_seals
from app.core.audit import AuditEntry, acting
from app.core.backing_up import owning
from app.core.database import Base
from app.core.problems import BadInput, Conflict
from app.ending import belonging, deleting, erasing
from app.ending.models import Erasure
from app.exports.models import Snapshot
from app.messages.kinds import MessageState, ReplyKind
from app.messages.models import Reply, Stranger
from app.participants.models import Contact, Owner, Participant, StaffNote, Task, TaskKind
from app.responses.answering import submit
from app.studies.access import bind
from app.studies.models import Study, StudyState
from app.studies.states import MAY, Act
from tests.factories import NOW, example, infused, installed, message, participant, user, visit
from tests.responses.visits import answers_to

PHONE, NAME = "+4791234567", "Solveig Aas"
SAID = f"sha256(convert_to({verifying_seals.LINE}, 'UTF8'))"
Rows = Mapping[str, list[tuple[Any, ...]]]


def peopled(changes: Mapping[str, str] | None = None, phone: str = PHONE) -> Study:
    """A study with somebody who was texted, answered, wrote back, and of whom the staff have written."""
    protocol = installed(example(changes), state=StudyState.LIVE)
    person = participant(protocol, now=NOW.replace(year=2025), phone=phone, name=NAME, pin="4711")
    infused(person, NOW.replace(month=2, day=23))
    assessment = visit(person, "d7")
    message(assessment, MessageState.DELIVERED, NOW)
    submit(assessment, answers_to(assessment), NOW, language="nb")
    return protocol.study


@pytest.fixture
def studies(session: Session) -> tuple[Study, Study]:
    """One study that ends, and another with the same people in it."""
    both = peopled(), peopled({"study: backtobasic": "study: other"})
    for study in both:
        person = session.scalars(select(Participant).filter_by(study_id=study.id)).one()
        task = Task(participant=person, kind=TaskKind.INBOUND, created_at=NOW, note_sealed=b"\1sealed")
        reply = {"sid": f"SM{study.id}", "participant_id": person.id, "received_at": NOW, "kind": ReplyKind.OTHER}
        session.add_all([
            task,
            Reply(**reply, sender_fingerprint=b"her number", sender_sealed=b"\1sealed", body_sealed=b"\1sealed"),
            StaffNote(participant=person, written_by="user:1", written_at=NOW, words="Prefers mornings."),
            Stranger(study=study, phone_fingerprint=b"a stranger", phone_sealed=b"\1sealed", note="wrote",
                     first_wrote_at=NOW, last_wrote_at=NOW),
            Snapshot(study_id=study.id, day=date(2026, 3, 1), as_of=NOW, path=f"{study.code}/2026-03-01",
                     manifest_sha256="0" * 64),
        ])  # fmt: skip
    session.commit()
    return both


def rows_of(session: Session, study_id: int) -> Rows:
    """Every row of a study, by table."""
    rows = {}
    for table in belonging.tables():
        query = select(table).where(belonging.of_study(table, study_id)).order_by(table.c.id)
        rows[table.name] = [tuple(row) for row in session.execute(query)]
    return rows


def counts(session: Session) -> dict[str, int]:
    session.rollback()
    return {t.fullname: session.scalar(select(func.count()).select_from(t)) or 0 for t in belonging.tables()}


def archived(session: Session, study: Study) -> None:
    study.state = StudyState.ARCHIVED
    session.commit()


def deleted(session: Session, study: Study, settings: Settings) -> Erasure:
    with acting("command line: user:1", "the ten years are over"):
        deleting.ask(study, "the ten years are over", NOW)
        session.commit()
    with acting("command line: user:2"):
        made = deleting.confirm(study, settings.owner_url, NOW + timedelta(days=1))
    session.expire_all()
    return session.get_one(Erasure, made)


def test_a_study_is_gone_to_the_last_row_and_the_other_is_as_it_was(
    session: Session, studies: tuple[Study, Study], settings: Settings
) -> None:
    gone, other = studies
    archived(session, gone)
    gone_id, other_id = gone.id, other.id
    before, all_of_it = (
        rows_of(session, other_id),
        {name: len(rows) for name, rows in rows_of(session, gone_id).items()},
    )
    assert all_of_it["answers"] > 0
    made = deleted(session, gone, settings)
    assert {name: len(rows) for name, rows in rows_of(session, gone_id).items()} == dict.fromkeys(all_of_it, 0)
    assert rows_of(session, other_id) == before
    assert made.counts == {name: count for name, count in all_of_it.items() if count}
    assert (made.study, made.asked_by, made.done_by) == ("backtobasic", "command line: user:1", "command line: user:2")
    assert made.sha256 == erasing.fingerprint(erasing.certificate(made))


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


def test_a_deletion_that_is_broken_off_leaves_everything(
    session: Session, studies: tuple[Study, Study], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    archived(session, studies[0])
    before = counts(session)

    def breaks(_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(erasing, "_erase_entries", breaks)
        with pytest.raises(KeyboardInterrupt):
            deleted(session, studies[0], settings)
    assert counts(session) == before
    with acting("command line: user:2"):
        deleting.confirm(studies[0], settings.owner_url, NOW + timedelta(days=2))
    assert counts(session)["participants"] == before["participants"] - 1


def test_one_person_alone_deletes_nothing(session: Session, studies: tuple[Study, Study], settings: Settings) -> None:
    study = studies[0]
    archived(session, study)
    before = counts(session)
    with acting("command line: user:1"):
        with pytest.raises(Conflict, match="Nobody has asked"):
            deleting.confirm(study, settings.owner_url, NOW)
        with pytest.raises(BadInput, match="Say why"):
            deleting.ask(study, "  ", NOW)
        deleting.ask(study, "over", NOW)
        session.commit()
        with pytest.raises(Conflict, match="You have asked for this yourself"):
            deleting.confirm(study, settings.owner_url, NOW)
    with acting("command line: user:2"):
        with pytest.raises(Conflict, match=r"user:1 has asked for that on 2026-03-02\. Confirm it"):
            deleting.ask(study, "over", NOW)
        with pytest.raises(Conflict, match="in the last 14 days"):
            deleting.confirm(study, settings.owner_url, NOW + deleting.STANDS)
    assert counts(session) == before


@pytest.mark.parametrize("state", StudyState)
def test_only_an_archive_is_deleted_and_contacts_go_once_nobody_is_texted(
    session: Session, studies: tuple[Study, Study], settings: Settings, state: StudyState
) -> None:
    study = studies[0]
    study.state = state
    session.commit()
    for act, does in (
        (Act.FORGET, lambda: erasing.forget_contacts(study, settings.owner_url, "over", NOW)),
        (Act.DELETE, lambda: deleting.ask(study, "over", NOW)),
    ):
        with acting("command line: user:1"):
            if act in MAY[state]:
                does()
            else:
                with pytest.raises(Conflict, match=f"It cannot {act}; that needs a study that is "):
                    does()
    assert [state in group for group in ({StudyState.CLOSED, StudyState.LOCKED, StudyState.ARCHIVED},)] == [
        Act.FORGET in MAY[state]
    ]


def test_a_practice_that_was_put_aside_may_be_deleted_though_it_is_closed(
    session: Session, studies: tuple[Study, Study]
) -> None:
    study = studies[0]
    study.state = StudyState.CLOSED
    with pytest.raises(Conflict, match="needs a study that is"):
        deleting.ask(study, "practice is over", NOW)
    session.scalars(select(Participant).filter_by(study_id=study.id)).one().practice = True
    session.flush()
    assert deleting.ask(study, "practice is over", NOW).study == "backtobasic"


def test_nothing_of_who_they_are_is_left_and_all_else_is(
    session: Session, studies: tuple[Study, Study], settings: Settings
) -> None:
    forgotten, other = studies
    forgotten.state = StudyState.CLOSED
    session.commit()
    kept, before = rows_of(session, other.id), counts(session)
    with acting("command line: user:1", "the trial is over"):
        made = erasing.forget_contacts(forgotten, settings.owner_url, "the trial is over", NOW)
    after = counts(session)
    assert rows_of(session, other.id) == kept
    assert {name: before[name] - after[name] for name in before if before[name] != after[name]} == {
        "identifiers.strangers": 1
    }
    assert session.get_one(Erasure, made).counts == {"contacts": 1, "replies": 1, "strangers": 1, "tasks": 1}
    contact = session.scalars(select(Contact).join(Contact.participant).filter_by(study_id=forgotten.id)).one()
    assert (contact.phone, contact.name, contact.birth_year, contact.phone_fingerprint, contact.pin_hash) == (None,) * 5
    left = [
        row
        for table, hidden in erasing.closed_columns()
        for row in session.execute(select(*hidden).where(belonging.of_study(table, forgotten.id)))
        if any(row)
    ]
    assert left == []


def test_every_closed_column_tells_who_somebody_is_or_is_an_answer(session: Session) -> None:
    closed = {each.table.name for each in sealed_columns.columns()} - {
        "kept_answers",
        "kept_forms",
        "answered_forms",
    }  # of accounts, and soon gone
    forgotten = {table.name for table, _ in erasing.closed_columns()}
    assert forgotten | erasing.NOT_OF_PEOPLE == closed
    assert not forgotten & erasing.NOT_OF_PEOPLE
    in_schema = {table.name for table in Base.metadata.sorted_tables if table.schema == "identifiers"}
    assert in_schema <= forgotten


def test_a_key_that_opened_the_study_alone_opens_nothing_afterwards(
    session: Session, studies: tuple[Study, Study], settings: Settings
) -> None:
    someone = user(studies[0], Role.STATISTICIAN, email="s@example.org")
    tokens = [issue(someone, [Permission.DOWNLOAD_EXPORT], NOW + timedelta(days=9), NOW)[0] for _ in range(2)]
    for token, study in zip(tokens, studies, strict=True):
        bind(token, study)
    archived(session, studies[0])
    deleted(session, studies[0], settings)
    revoked = session.scalars(select(ApiToken.revoked_at).order_by(ApiToken.id)).all()
    assert revoked == [NOW + timedelta(days=1), None]


def test_its_exports_go_with_it_and_after_an_interruption_by_the_command_again(
    session: Session, studies: tuple[Study, Study], settings: Settings
) -> None:
    folders = [settings.exports / study.code / "2026-03-01" for study in studies]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "answers.csv").write_text("1", "utf-8")
    archived(session, studies[0])
    deleted(session, studies[0], settings)
    assert [folder.exists() for folder in folders] == [False, True]
    folders[0].mkdir(parents=True)
    assert deleting.left_files("backtobasic") == [settings.exports / "backtobasic"]
    assert deleting.left_files("other") == []
