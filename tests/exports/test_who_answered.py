"""Who answered a visit, and why the site left one undone: in `assessments`, and as the cause in `analysis`."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.exports.dataset import dataset
from app.exports.tables import Cell
from app.messages.kinds import Reason
from app.messages.models import MessageState
from app.responses.models import Answerer, Mode, StaffEntry
from app.schedule.models import NotDone
from app.schedule.not_done import note_not_done, take_back
from app.studies.models import Study
from tests.exports.builders import INFUSED_AT, ODI, answered, take_part, texted, visit
from tests.exports.conftest import NOW
from tests.factories import user

SENT = INFUSED_AT + timedelta(days=7)


def row_of(study: Study, code: str, place: str, table: str = "assessments") -> dict[str, Cell]:
    """The first row of a participant's visit."""
    cells = dataset(study, NOW).table(table)
    rows = (dict(zip(cells.shape.names, row, strict=True)) for row in cells.rows)
    return next(row for row in rows if (row["participant"], row["visit"]) == (code, place))


@pytest.mark.parametrize(
    ("mode", "noted", "said"),
    [
        (Mode.PAGE, [], "herself"),
        (Mode.SMS, [], "herself"),
        (Mode.HELPED, [], "herself, with help"),
        (Mode.STAFF, [], None),
        (Mode.TELEPHONE, [Answerer.HERSELF], "herself"),
        (Mode.TELEPHONE, [Answerer.PROXY], "somebody else for her"),
        (Mode.PAPER, [Answerer.HELPED], "herself, with help"),
        (Mode.PAPER, [Answerer.HERSELF, Answerer.PROXY], "somebody else for her"),  # the second entry is taken
        (Mode.PAPER, [], None),
        (Mode.PAGE, [Answerer.PROXY], "herself"),  # typed, and then she sent it herself
    ],
)
def test_whose_answers_they_are_is_said(
    mode: Mode, noted: list[Answerer], said: str | None, study: Study, session: Session
) -> None:
    assessment = visit(take_part(study, "060"), "d0")
    answered(assessment, SENT, ODI, mode=mode)
    clerk = user(study, Role.COORDINATOR)
    for number, answerer in enumerate(noted, 1):
        about = {"number": number, "mode": Mode.PAPER, "answered_by": answerer, "answered_at": SENT, "twice": True}
        entry = StaffEntry(assessment_id=assessment.id, **about, typed_by_id=clerk.id, typed_at=SENT)
        entry.answers_sealed = b"closed"
        session.add(entry)
    session.commit()
    row = row_of(study, "01-060", "d0")
    assert (row["mode"], row["answered_by"]) == (mode.value, said)


def test_of_an_unanswered_visit_nobody_answered(study: Study) -> None:
    row = row_of(study, "01-010", "d7")
    assert (row["mode"], row["answered_by"], row["not_done_reason"], row["not_done_at"]) == (None, None, None, None)


@pytest.mark.parametrize("reason", list(NotDone))
def test_a_visit_that_the_site_left_undone_says_why_and_when(reason: NotDone, study: Study, session: Session) -> None:
    assessment = visit(take_part(study, "060"), "d7")
    note_not_done(assessment, reason, "=a note for the staff", "user:1", SENT)
    session.commit()
    row = row_of(study, "01-060", "d7")
    assert (row["not_done_reason"], row["not_done_at"]) == (reason.value, SENT)
    every = {cell for each in dataset(study, NOW).tables for column in each.cells for cell in column}
    assert [cell for cell in every if "a note for the staff" in str(cell)] == []


def test_a_note_that_was_taken_back_says_nothing(study: Study, session: Session) -> None:
    assessment = visit(take_part(study, "060"), "d7")
    note_not_done(assessment, NotDone.HOSPITAL, "", "user:1", SENT)
    take_back(assessment, SENT)
    session.commit()
    row = row_of(study, "01-060", "d7")
    assert (row["not_done_reason"], row["not_done_at"]) == (None, None)


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (None, "not_sent"),
        (MessageState.SUPPRESSED, "not_sent"),
        (MessageState.FAILED, "undelivered"),
        (MessageState.ACCEPTED, "delivery_unknown"),
        (MessageState.DELIVERED, "not_opened"),
    ],
)
def test_what_the_site_knows_is_the_cause_in_the_analysis(
    sent: MessageState | None, why: str, study: Study, session: Session
) -> None:
    assessment = visit(take_part(study, "060"), "d7")
    if sent is not None:
        text = texted(assessment, sent)
        text.reason = Reason.NO_NUMBER if sent is MessageState.SUPPRESSED else None
    note_not_done(assessment, NotDone.TOO_ILL, "", "user:1", SENT)
    session.commit()
    row = row_of(study, "01-060", "d7", "analysis")
    assert (row["why"], row["cause"]) == (why, "too ill")


@pytest.mark.parametrize("held", [Reason.NO_NUMBER, Reason.PAUSED, Reason.OPTED_OUT])
def test_without_a_note_the_cause_is_why_the_text_was_held_back(study: Study, session: Session, held: Reason) -> None:
    texted(visit(take_part(study, "060"), "d7"), MessageState.SUPPRESSED).reason = held
    session.commit()
    row = row_of(study, "01-060", "d7", "analysis")
    assert (row["why"], row["cause"]) == ("not_sent", held.value)
