"""The six tables: every row of the study, every absence explained, in an order that no locale changes."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.core.database import db
from app.exports.dataset import dataset
from app.exports.queries import answered as answered_queries
from app.exports.tables import Dataset
from app.messages.models import Message
from app.participants.models import Event, Participant
from app.responses.answering import response_to
from app.responses.corrections import Query, approve, ask, ask_to_void
from app.responses.models import Answer, Presentation, Score
from app.schedule.models import Assessment, State
from app.studies.models import Study
from tests.exports.builders import INFUSED_AT, ODI, answered, plain_score, take_part, visit
from tests.exports.conftest import NOW
from tests.factories import user
from tests.some import some


def rows(data: Dataset, table: str, **where: object) -> list[dict[str, Any]]:
    chosen_table = data.table(table)
    named = [dict(zip(chosen_table.shape.names, row, strict=True)) for row in chosen_table.rows]
    return [row for row in named if all(row[name] == value for name, value in where.items())]


MODELS: dict[str, Any] = {
    "participants": Participant,
    "assessments": Assessment,
    "answers": Answer,
    "scores": Score,
    "messages": Message,
    "events": Event,
}


def test_every_row_leaves_once(study: Study, session: Session) -> None:
    data = dataset(study, NOW)
    for name, model in MODELS.items():
        table = data.table(name)
        assert len(table) == session.scalar(select(func.count(model.id)))
        keys = {tuple(row[table.shape.names.index(column)] for column in table.shape.key) for row in table.rows}
        assert len(keys) == len(table) > 0


def test_states_are_those_of_the_assessments_and_add_up(study: Study, session: Session) -> None:
    last = session.scalars(select(Assessment).order_by(Assessment.id.desc()).limit(1)).one()
    last.cancelled_at = NOW
    d0 = select(Assessment).filter_by(visit="d0").order_by(Assessment.id.desc()).limit(1)
    session.scalars(d0).one().voided_at = NOW
    session.commit()
    data = dataset(study, NOW)
    expected = {
        (assessment.participant.code, assessment.visit): assessment.state(NOW)
        for assessment in session.scalars(select(Assessment))
    }
    assert {(row["participant"], row["visit"]): row["state"] for row in rows(data, "assessments")} == expected
    assert set(expected.values()) == set(State)


def test_every_absent_value_says_why(study: Study) -> None:
    data = dataset(study, NOW)
    for row in rows(data, "assessments"):
        assert (row["reason"] is None) == (row["state"] in ("completed", "late")), row
    for table in ("answers", "scores"):
        absent = rows(data, table, value=None)
        assert absent
        assert all(row["missing_reason"] for row in absent)
        assert not any(row["missing_reason"] for row in rows(data, table) if row["value"] is not None)


LADDER = {
    ("01-010", "d0"): ("completed", None),
    ("01-010", "d7"): ("missed", "not_opened"),
    ("01-010", "d14"): ("missed", "undelivered"),
    ("01-010", "d21"): ("missed", "delivery_unknown"),
    ("01-010", "d35"): ("open", "opened"),
    ("01-010", "d42"): ("not_due", "not_due"),
    ("01-002", "d0"): ("late", None),
    ("01-002", "d7"): ("missed", "not_sent"),  # suppressed
    ("01-002", "d14"): ("partial", "partial"),
    ("01-003", "d7"): ("missed", "not_sent"),  # never queued
    ("01-003", "d28"): ("withdrawn", "withdrawn"),
}


def test_the_ladder_of_reasons(study: Study) -> None:
    assessments = {(row["participant"], row["visit"]): row for row in rows(dataset(study, NOW), "assessments")}
    assert {place: (assessments[place]["state"], assessments[place]["reason"]) for place in LADDER} == LADDER


def test_participants_carry_what_was_given_not_what_was_planned(study: Study, session: Session) -> None:
    take_part(study, "099", infused_at=None)
    session.commit()
    data = dataset(study, NOW)
    (planned,) = rows(data, "participants", participant="01-099")
    assert (planned["anchor_on"], planned["anchor_at"]) == (None, None)
    assert planned["randomised_on"] == date(2026, 2, 20)
    (stopped,) = rows(data, "participants", participant="01-002")
    assert stopped["anchor_at"] == INFUSED_AT
    assert stopped["treatment_stopped_on"] == (NOW - timedelta(days=3)).date()
    (gone,) = rows(data, "participants", participant="01-003")
    assert (gone["withdrawn_on"], gone["withdrawal_reason"]) == (date(2026, 3, 20), "=moved abroad, to Tromsø")


def test_texts_give_the_visit_its_invitation_and_delivery(study: Study) -> None:
    (row,) = rows(dataset(study, NOW), "assessments", participant="01-010", visit="d7")
    assert row["invited_at"] == datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
    assert row["delivered_at"] - row["invited_at"] == timedelta(seconds=30)


def test_f18_late_answers_say_by_how_much_and_that_they_came_after_the_dose(study: Study) -> None:
    data = dataset(study, NOW)
    (late,) = rows(data, "assessments", participant="01-002", visit="d0")
    assert (late["minutes_late"], late["after_baseline_end"]) == (180, True)
    assert late["submitted_at"] == INFUSED_AT + timedelta(hours=3)
    (in_time,) = rows(data, "assessments", participant="01-010", visit="d0")
    assert (in_time["minutes_late"], in_time["after_baseline_end"], in_time["mode"]) == (0, False, "page")
    (never,) = rows(data, "assessments", participant="01-010", visit="d7")
    assert (never["minutes_late"], never["after_baseline_end"], never["mode"]) == (None, None, None)


@pytest.mark.parametrize("presentation", list(Presentation))
def test_how_the_questions_were_shown_leaves_with_the_visit(
    study: Study, session: Session, presentation: Presentation
) -> None:
    person = take_part(study, "077")
    answered(visit(person, "d0"), INFUSED_AT - timedelta(days=1), ODI, presentation=presentation)
    session.commit()
    (sent,) = rows(dataset(study, NOW), "assessments", participant="01-077", visit="d0")
    (never,) = rows(dataset(study, NOW), "assessments", participant="01-077", visit="d7")
    assert (sent["presentation"], never["presentation"]) == (presentation, None)


def test_baseline_is_the_last_score_before_the_infusion_was_given(study: Study) -> None:
    data = dataset(study, NOW)
    flagged = [(row["participant"], row["visit"], row["score"]) for row in rows(data, "scores", baseline=True)]
    assert flagged == [(who, "d0", name) for who in ("01-003", "01-010") for name in ("odi", "odi_sum")]
    assert not rows(data, "scores", baseline=True, after_baseline_end=True)
    assert {row["participant"] for row in rows(data, "scores", visit="d0", after_baseline_end=True)} == {"01-002"}


ALL_OF = [(1, "minimal"), (2, "moderate"), (3, "severe"), (4, "crippled"), (5, "bed_bound")]


@pytest.mark.parametrize(("each", "category"), ALL_OF)
def test_the_group_of_a_score_leaves_beside_it(study: Study, session: Session, each: int, category: str) -> None:
    answered(visit(take_part(study, "076"), "d0"), INFUSED_AT - timedelta(days=1), dict.fromkeys(ODI, each))
    session.commit()
    categories = {row["score"]: row["category"] for row in rows(dataset(study, NOW), "scores", participant="01-076")}
    assert categories == {"odi": category, "odi_sum": None}


def test_of_two_scores_before_a_moved_infusion_the_later_is_baseline(study: Study, session: Session) -> None:
    moved = take_part(study, "050", infused_at=INFUSED_AT + timedelta(days=30))
    first = answered(visit(moved, "d0"), INFUSED_AT - timedelta(days=3), ODI)
    second = answered(visit(moved, "d28"), INFUSED_AT + timedelta(days=28), ODI)
    plain_score(first, Decimal("40.500"))
    plain_score(second, Decimal(30))
    third = answered(visit(moved, "d56"), INFUSED_AT + timedelta(days=29), ODI)
    plain_score(third, None)
    session.commit()
    scores = [row for row in rows(dataset(study, NOW), "scores", participant="01-050") if row["score"] == "odi"]
    assert [(row["visit"], str(row["value"]), row["baseline"]) for row in scores] == [
        ("d0", "40.5", False), ("d28", "30", True), ("d56", "None", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "baseline", "after_baseline_end"),
    [(timedelta(microseconds=1), True, False), (timedelta(0), False, True), (-timedelta(microseconds=1), False, True)],
)
def test_an_answer_at_the_very_instant_of_the_infusion_comes_after_it(
    before: timedelta, baseline: bool, after_baseline_end: bool, study: Study, session: Session
) -> None:
    answered(visit(take_part(study, "051"), "d0"), INFUSED_AT - before, ODI)
    session.commit()
    data = dataset(study, NOW)
    (scored,) = rows(data, "scores", participant="01-051", score="odi")
    assert (scored["baseline"], scored["after_baseline_end"]) == (baseline, after_baseline_end)
    (assessed,) = rows(data, "assessments", participant="01-051", visit="d0")
    assert assessed["after_baseline_end"] is after_baseline_end


def test_superseded_scores_stay_at_home(study: Study, session: Session) -> None:
    before = len(rows(dataset(study, NOW), "scores"))
    scored = session.scalars(select(Score).order_by(Score.id)).first()
    assert scored is not None
    plain_score(scored.response, Decimal(1))
    session.commit()
    assert len(rows(dataset(study, NOW), "scores")) == before - 1


def test_rows_are_ordered_by_code_point_whatever_the_locale(study: Study, session: Session) -> None:
    for number in ("b", "Z", "a", "B-1"):
        take_part(study, number)
    session.commit()
    data = dataset(study, NOW)
    codes = [row["participant"] for row in rows(data, "participants")]
    assert codes == ["01-002", "01-003", "01-010", "01-B-1", "01-Z", "01-a", "01-b"]
    assert [row["participant"] for row in rows(data, "assessments", visit="d0")] == codes


def test_visits_are_numbered_in_the_order_of_their_days(study: Study) -> None:
    visits = rows(dataset(study, NOW), "assessments", participant="01-010")
    assert [row["sequence"] for row in visits] == list(range(1, 19))
    assert [row["day"] for row in visits] == sorted(row["day"] for row in visits)


def test_another_studys_rows_stay_there(study: Study, session: Session) -> None:
    other = Study(code="other", title="Another", state=study.state, created_at=NOW)
    session.add(other)
    session.flush()
    somebody = session.scalars(select(Participant).order_by(Participant.id)).first()
    assert somebody is not None
    before = dataset(study, NOW)
    somebody.study_id = other.id
    session.commit()
    assert len(dataset(study, NOW).table("participants")) == len(before.table("participants")) - 1


def test_f26_what_is_submitted_meanwhile_is_in_no_table_or_in_all(study: Study, session: Session) -> None:
    """Between the reading of two tables somebody else submits: the books of one export still agree."""
    original = answered_queries.answers

    def submit_first(study_read: Study) -> Any:
        someone = session.scalars(select(Participant).filter_by(code="01-010")).one()
        answered(visit(someone, "d35"), NOW, {"now": 1, "worst": 2, "usual": 3}, "nrs_lbp_week")
        session.commit()
        return original(study_read)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answered_queries, "answers", submit_first)
        during = dataset(study, NOW)
    after = dataset(study, NOW)
    assert [len(rows(data, "answers", visit="d35")) for data in (during, after)] == [0, 3]
    assert [len(rows(data, "scores", visit="d35")) for data in (during, after)] == [0, 1]
    states = [rows(data, "assessments", visit="d35", participant="01-010")[0]["state"] for data in (during, after)]
    assert states == ["open", "completed"]


def test_the_number_of_questions_does_not_grow_with_the_number_of_people(study: Study, session: Session) -> None:
    statements: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        statements.append(statement)

    session.expire_all()
    event.listen(db.engine, "before_cursor_execute", note)
    dataset(study, NOW)
    few = len(statements)
    for _ in range(5):
        take_part(study)
    session.commit()
    statements.clear()
    dataset(study, NOW)
    event.remove(db.engine, "before_cursor_execute", note)
    assert len(statements) == few < 20


def test_an_answer_leaves_as_it_holds_and_a_voided_one_says_so(study: Study, session: Session) -> None:
    first = session.scalars(select(Participant).filter_by(code="01-010")).one()
    response = response_to(visit(first, "d0"))
    assert response is not None
    asker, signer = user(study, Role.COORDINATOR), user(study, Role.INVESTIGATOR)
    for number, (item, value) in enumerate([("lifting", "4"), ("walking", "1"), ("walking", "")]):
        query = Query("odi", item, value, "She chose the line above.", "Telephone note")
        approve(ask(response, query, asker, NOW), signer, NOW + timedelta(minutes=number))
    session.commit()
    of_d0 = {row["item"]: (row["value"], row["missing_reason"]) for row in _of(study, "answers")}
    assert (of_d0["lifting"], of_d0["walking"], of_d0["pain_intensity"][1]) == (("4", None), (None, "corrected"), None)
    assert [row["input_sha256"] for row in _of(study, "scores") if row["score"] == "odi"] == [
        score.input_sha256
        for score in session.scalars(select(Score).filter_by(response_id=response.id, name="odi", superseded_at=None))
    ]
    approve(ask_to_void(response, "Her son answered.", "Note", asker, NOW), signer, NOW)
    session.commit()
    assert {(row["value"], row["missing_reason"]) for row in some(_of(study, "answers"))} == {(None, "voided")}
    assert list(_of(study, "scores")) == []
    assert [(row["state"], row["reason"]) for row in _of(study, "assessments")] == [("voided", "voided")]


def _of(study: Study, table: str) -> list[dict[str, Any]]:
    """The rows of the first participant's day 0."""
    return rows(dataset(study, NOW), table, participant="01-010", visit="d0")
