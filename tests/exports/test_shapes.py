"""The columns that leave: every code of a closed set explained, every label in both languages, every row named."""

from enum import StrEnum
from itertools import chain

import pytest

from app.accounts.roles import Role
from app.exports import contact_shapes, shapes
from app.exports.reasons import AbsenceReason, BaselineReason, OutcomeReason
from app.exports.tables import Column, Kind, Shape
from app.instruments.results import Unscored
from app.messages.kinds import MessageKind, Reason
from app.messages.models import MessageState
from app.participants.grades import LeavingGrade
from app.participants.models import CallOutcome, EventState
from app.responses.checking import NotAnswered
from app.responses.models import Answerer, CorrectionKind, CorrectionOutcome, Mode, Presentation
from app.schedule.models import NotDone, State

COLUMNS = [(shape, column) for shape in shapes.SHAPES for column in shape.columns]


@pytest.mark.parametrize(
    ("shape", "column", "members"),
    [
        (shapes.ASSESSMENTS, "state", State),
        (shapes.ASSESSMENTS, "reason", AbsenceReason),
        (shapes.ASSESSMENTS, "mode", Mode),
        (shapes.ASSESSMENTS, "presentation", Presentation),
        (shapes.ASSESSMENTS, "answered_by", Answerer),
        (shapes.ASSESSMENTS, "not_done_reason", NotDone),
        (shapes.ANSWERS, "missing_reason", NotAnswered),
        (shapes.MESSAGES, "kind", MessageKind),
        (shapes.MESSAGES, "state", MessageState),
        (shapes.MESSAGES, "reason", Reason),
        (shapes.EVENTS, "state", EventState),
        (shapes.ANALYSIS, "base_why", BaselineReason),
        (contact_shapes.CONTACTS_MADE, "result", CallOutcome),
        (contact_shapes.CONTACTS_MADE, "made_by_role", Role),
        (contact_shapes.PAUSES, "paused_by_role", Role),
        (shapes.CORRECTIONS, "kind", CorrectionKind),
        (shapes.CORRECTIONS, "decision", CorrectionOutcome),
    ],
)
def test_every_member_of_a_closed_set_is_explained(shape: Shape, column: str, members: type[StrEnum]) -> None:
    (explained,) = [each for each in shape.columns if each.name == column]
    assert list(explained.codes) == [member.value for member in members]
    for said in ([words.nb for words in explained.codes.values()], [words.en for words in explained.codes.values()]):
        assert all(said)
        assert len(set(said)) == len(explained.codes)


def test_every_reason_for_a_missing_score_is_explained() -> None:
    (column,) = [each for each in shapes.SCORES.columns if each.name == "missing_reason"]
    assert set(column.codes) == {*Unscored, NotAnswered.NOT_RECORDED}


def test_every_reason_and_cause_of_an_outcome_without_a_value_is_explained() -> None:
    named = {column.name: column.codes for column in shapes.ANALYSIS.columns}
    assert set(named["why"]) == {*AbsenceReason, *OutcomeReason}
    assert set(named["cause"]) == {*Reason, *Unscored, NotAnswered.NOT_RECORDED, *LeavingGrade, *NotDone}


@pytest.mark.parametrize(("shape", "column"), COLUMNS)
def test_a_column_has_a_label_in_each_language(shape: Shape, column: Column) -> None:
    assert column.nb.strip() == column.nb != ""
    assert column.en.strip() == column.en != ""


@pytest.mark.parametrize(("shape", "column"), COLUMNS)
def test_the_ending_of_a_name_tells_an_instant_and_a_date(shape: Shape, column: Column) -> None:
    assert (column.kind is Kind.INSTANT) == (column.name.endswith(("_at", "grace_until")))
    assert (column.kind is Kind.DATE) == (column.name.endswith("_on"))
    assert (column.unit == "UTC") == (column.kind is Kind.INSTANT)


@pytest.mark.parametrize("shape", shapes.SHAPES)
def test_a_table_names_each_column_once_and_its_rows_by_some(shape: Shape) -> None:
    assert len(set(shape.names)) == len(shape.names)
    assert set(shape.key) < set(shape.names)
    assert shape.names[:2] == ("study", "participant")
    assert shape.key[0] == "participant"


def test_a_column_of_one_name_means_the_same_in_every_table() -> None:
    """But for the few that say what they are of."""
    of_their_table = {"state", "reason", "kind", "value", "missing_reason", "language", "anchor_on"}
    named: dict[str, set[tuple[Kind, str, str]]] = {}
    for column in chain.from_iterable(shape.columns for shape in shapes.SHAPES):
        named.setdefault(column.name, set()).add((column.kind, column.nb, column.en))
    assert {name for name, meanings in named.items() if len(meanings) > 1} <= of_their_table
