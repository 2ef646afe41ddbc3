"""What is held of one person is told to the last row, of her alone, and that it was told is on the record."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.audit import acting
from app.core.problems import BadInput, Conflict
from app.ending import belonging
from app.ending.subject_access import report
from app.messages.kinds import MessageState
from app.participants.models import Disclosure, Participant, StaffNote
from app.responses.answering import submit
from tests.factories import NOW, backtobasic, infused, message, participant, visit
from tests.responses.visits import answers_to

REASON = "she asked for it in a letter"


@pytest.fixture
def people(session: Session) -> list[Participant]:
    """Two people with the same story."""
    protocol = backtobasic()
    both = []
    for phone, name in (("+4791234567", "Solveig Aas"), ("+4791234568", "Berit <b>Moe</b>")):
        person = participant(protocol, now=NOW.replace(year=2025), phone=phone, name=name, pin="4711")
        infused(person, NOW.replace(month=2, day=23))
        assessment = visit(person, "d7")
        message(assessment, MessageState.DELIVERED, NOW)
        submit(assessment, answers_to(assessment), NOW, language="nb")
        session.add(StaffNote(participant=person, written_by="user:1", written_at=NOW, words=f"About {name}"))
        both.append(person)
    session.commit()
    return both


def report_of(person: Participant, folder: Path) -> dict[str, list[dict[str, Any]]]:
    with acting("command line: user:1"):
        report(person, folder, REASON, NOW)
    records: dict[str, list[dict[str, Any]]] = json.loads((folder / "records.json").read_text("utf-8"))
    return records


def test_every_row_of_hers_is_told_and_none_of_another(
    session: Session, people: list[Participant], tmp_path: Path
) -> None:
    her, other = people
    records = report_of(her, tmp_path / "hers")
    for table in belonging.tables_of_people():
        query = select(table.c.id).where(belonging.of_participant(table, her.id)).order_by(table.c.id)
        assert [row["id"] for row in records.get(table.name, [])] == list(session.scalars(query)), table.name
    written = "".join(path.read_text("utf-8") for path in sorted((tmp_path / "hers").glob("*.*")))
    assert "Solveig Aas" in written
    assert "Moe" not in written
    assert other.code not in written
    assert sorted(path.name for path in (tmp_path / "hers" / "answered").iterdir()) == ["d7.pdf"]


def test_what_is_closed_is_opened_and_what_numbers_are_found_by_is_not_told(
    people: list[Participant], tmp_path: Path
) -> None:
    (contact,) = report_of(people[0], tmp_path / "hers")["contacts"]
    assert (contact["phone"], contact["name"]) == ("+4791234567", "Solveig Aas")
    assert not {"phone_sealed", "phone_fingerprint", "pin_hash", "name_sealed"} & set(contact)


def test_names_are_written_so_that_no_browser_takes_them_for_marks(people: list[Participant], tmp_path: Path) -> None:
    report_of(people[1], tmp_path / "hers")
    page = (tmp_path / "hers" / "index.html").read_text("utf-8")
    assert "Berit &lt;b&gt;Moe&lt;/b&gt;" in page
    assert "<b>Moe" not in page


def test_that_it_was_told_is_on_the_record(session: Session, people: list[Participant], tmp_path: Path) -> None:
    records = report_of(people[0], tmp_path / "hers")
    row = session.scalars(select(Disclosure)).one()
    assert (row.participant_id, row.disclosed_by, row.reason) == (people[0].id, "command line: user:1", REASON)
    assert [each["reason"] for each in records["disclosures"]] == [REASON]


def test_without_a_reason_or_into_a_folder_that_is_there_nothing_is_told(
    session: Session, people: list[Participant], tmp_path: Path
) -> None:
    with acting("command line: user:1"):
        with pytest.raises(BadInput, match="Say why"):
            report(people[0], tmp_path / "hers", " ", NOW)
        with pytest.raises(Conflict, match="is there already"):
            report(people[0], tmp_path, REASON, NOW)
    assert list(tmp_path.iterdir()) == []
    assert session.scalars(select(Disclosure)).all() == []
