"""Two studies with people, of which one is archived and deleted."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.config import Settings
from app.core.audit import acting
from app.ending import belonging, deleting
from app.ending.models import Erasure
from app.exports.models import Snapshot
from app.messages.kinds import MessageState, ReplyKind
from app.messages.models import Reply, Stranger
from app.participants.models import Participant, StaffNote, Task, TaskKind
from app.responses.answering import submit
from app.studies.models import Study, StudyState
from tests.factories import NOW, example, infused, installed, message, participant, visit
from tests.responses.visits import answers_to

PHONE, NAME = "+4791234567", "Solveig Aas"
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
