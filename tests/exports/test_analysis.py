"""The table for the statistician: every outcome of every visit, beside its baseline, each gap with its reason."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.exports import outcomes
from app.exports.dataset import dataset
from app.exports.reasons import OutcomeReason
from app.messages.models import MessageState
from app.participants.grades import LeavingGrade
from app.participants.leaving import leave
from app.participants.models import Participant
from app.responses.corrections import Query, approve, ask, ask_to_void
from app.responses.models import Response, Score
from app.schedule.models import State
from app.studies.installing import current_protocol
from app.studies.models import Study
from app.studies.questionnaires import asked_at
from tests.exports.analysed import DAY, HOUR, analysed, sent
from tests.exports.analysed import person as person
from tests.exports.builders import INFUSED_AT, ODI, answered, texted, visit
from tests.exports.conftest import NOW
from tests.factories import user
from tests.some import some

WEEK = {"now": 4, "worst": 6, "usual": 5}


def test_every_outcome_that_a_visit_was_to_give_has_one_row(study: Study) -> None:
    plan = current_protocol(study).plan
    due = outcomes.due({1: {each.code: asked_at(plan, each.code) for each in plan.visits}})
    table = dataset(study, NOW).table("analysis")
    keys = list(zip(*(table.column(name) for name in table.shape.key), strict=True))
    assert len(set(keys)) == len(keys) == 3 * len(due)
    assert {(visit_code, outcome) for _, visit_code, outcome, _ in keys} == {(row.visit, row.outcome) for row in due}


def test_a_gap_has_a_reason_and_a_value_has_none(study: Study) -> None:
    table = dataset(study, NOW).table("analysis")
    columns = map(table.column, ("value", "why", "base", "base_why"))
    for value, why, base, base_why in some(zip(*columns, strict=True)):
        assert (value is None) == (why is not None)
        assert (base is None) == (base_why is not None)


def voided(person: Participant) -> None:
    study = person.study
    response = sent("d28", ODI)(person)
    asker, signer = user(study, Role.COORDINATOR), user(study, Role.INVESTIGATOR)
    approve(ask_to_void(response, "Her son answered.", "Note", asker, NOW), signer, NOW)


def begun(person: Participant) -> None:
    visit(person, "d28").opened_at = NOW - HOUR


def called_off(person: Participant) -> None:
    visit(person, "d28").cancelled_at = NOW


def forgotten(person: Participant) -> None:
    """The score is not there, though its questionnaire was answered."""
    for score in sent("d28", ODI)(person).scores:
        score.superseded_at = NOW


def forbade(person: Participant) -> None:
    sent("d28", ODI)(person)
    leave(person, LeavingGrade.NO_FURTHER_USE, None, "no more", NOW)


def left(grade: LeavingGrade) -> Callable[[Participant], object]:
    return lambda person: leave(person, grade, None, "told by her son", INFUSED_AT + 3 * DAY)


WHY: list[tuple[Callable[[Participant], object], str, tuple[str | None, str | None]]] = [
    (lambda person: None, "d278", ("not_due", None)),
    (lambda person: None, "d28", ("not_sent", None)),
    (lambda person: texted(visit(person, "d28"), MessageState.SUPPRESSED), "d28", ("not_sent", "opted out")),
    (lambda person: texted(visit(person, "d28"), MessageState.FAILED), "d28", ("undelivered", None)),
    (lambda person: texted(visit(person, "d28"), MessageState.ACCEPTED), "d28", ("delivery_unknown", None)),
    (lambda person: texted(visit(person, "d28")), "d28", ("not_opened", None)),
    (begun, "d28", ("opened", None)),
    (sent("d28", ODI), "d28", (None, None)),
    (sent("d28", {**ODI, "sex_life": None}), "d28", (None, None)),
    (sent("d28", ODI, partial=True), "d28", (None, None)),  # another questionnaire has the gap: the ODI is good
    (sent("d28", {**ODI, "sex_life": None, "walking": None}, partial=True), "d28", (None, None)),
    (sent("d28", {**dict.fromkeys(ODI), "walking": 2}, partial=True), "d28", ("item_skipped", "incomplete")),
    (sent("d28", {**dict.fromkeys(ODI), "walking": 2}), "d28", ("item_skipped", "incomplete")),
    (sent("d28", dict.fromkeys(ODI), partial=True), "d28", ("partial", "not_answered")),
    (sent("d28", dict.fromkeys(ODI)), "d28", ("item_skipped", "not_answered")),
    (sent("d28", WEEK, "nrs_lbp_week"), "d28", ("not_asked", None)),
    (forgotten, "d28", ("not_scored", None)),
    (voided, "d28", ("voided", None)),
    (called_off, "d28", ("cancelled", None)),
    (left(LeavingGrade.NO_QUESTIONNAIRES), "d28", ("withdrawn", "no more questionnaires")),
    (left(LeavingGrade.DIED), "d28", ("died", None)),
    (forbade, "d28", ("withdrawn", "no further use")),  # answered, and nothing of it leaves
]


@pytest.mark.parametrize("number", range(len(WHY)))
def test_each_gap_of_an_outcome_has_its_reason(
    number: int, study: Study, session: Session, person: Participant
) -> None:
    does, code, expected = WHY[number]
    does(person)
    session.commit()
    row = analysed(study)[code, "odi"]
    assert (row["why"], row["cause"]) == expected
    assert (row["value"] is None) == (expected[0] is not None)


def test_an_answer_that_makes_a_score_not_apply_is_no_gap_of_hers(
    study: Study, session: Session, person: Participant
) -> None:
    sent("d28", {"employed": 0, "days": None, "on_leave": None, "percent": None, "since": None}, "sick_leave")(person)
    session.commit()
    row = analysed(study)["d28", "sick_leave"]
    assert (row["value"], row["why"], row["cause"]) == (None, "not_applicable", "not_employed")


def test_the_reasons_of_the_table_are_all_that_there_are() -> None:
    assert {member.value for member in OutcomeReason} <= {why for _, _, (why, _) in WHY} | {"not_applicable"}


@pytest.mark.parametrize(
    ("code", "after_opening", "in_window", "late", "after"),
    [
        ("d7", timedelta(0), True, False, True),
        ("d7", -timedelta(seconds=1), False, False, True),  # the window moved after she had answered
        ("d0", 2 * DAY, True, False, False),
    ],
)
def test_an_answer_says_where_it_lies_in_its_window(
    code: str, after_opening: timedelta, in_window: bool, late: bool, after: bool,
    study: Study, session: Session, person: Participant,
) -> None:  # fmt: skip
    asks = "odi" if code == "d0" else "nrs_lbp_week"
    answered(visit(person, code), visit(person, code).opens_at + after_opening, ODI if code == "d0" else WEEK, asks)
    session.commit()
    row = analysed(study)[code, "odi" if code == "d0" else "nrs_lbp"]
    assert (row["in_window"], row["late"], row["after_baseline_end"]) == (in_window, late, after)


@pytest.mark.parametrize(
    ("after_closing", "late"), [(-timedelta(seconds=1), False), (timedelta(0), True), (HOUR, True)]
)
def test_the_end_of_a_window_is_outside_it(
    after_closing: timedelta, late: bool, study: Study, session: Session, person: Participant
) -> None:
    answered(visit(person, "d7"), visit(person, "d7").closes_at + after_closing, WEEK, "nrs_lbp_week")
    session.commit()
    row = analysed(study)["d7", "nrs_lbp"]
    assert (row["in_window"], row["late"], row["state"]) == (not late, late, State.LATE if late else State.COMPLETED)


def test_days_are_those_of_the_place_where_she_lives_and_instants_are_utc(
    study: Study, session: Session, person: Participant
) -> None:
    at = datetime(2026, 3, 9, 23, 30, tzinfo=UTC)  # the 10th in Norway
    answered(visit(person, "d7"), at, WEEK, "nrs_lbp_week")
    session.commit()
    row = analysed(study)["d7", "nrs_lbp"]
    assert (row["submitted_on"], row["submitted_at"]) == (date(2026, 3, 10), at)
    assert (row["opens_on"], row["closes_on"]) == (date(2026, 3, 9), date(2026, 3, 11))


def test_a_corrected_answer_flags_the_outcomes_of_its_questionnaire_alone(
    study: Study, session: Session, person: Participant
) -> None:
    response = sent("d28", ODI)(person)
    asker, signer = user(study, Role.COORDINATOR), user(study, Role.INVESTIGATOR)
    query = ask(response, Query("odi", "lifting", "4", "She chose the line above.", "Note"), asker, NOW)
    session.commit()
    assert analysed(study)["d28", "odi"]["corrected"] is False
    approve(query, signer, NOW)
    session.commit()
    rows = analysed(study)
    assert (rows["d28", "odi"]["corrected"], rows["d28", "odi"]["value"]) == (True, Decimal(44))
    assert (rows["d28", "nrs_lbp"]["corrected"], rows["d56", "odi"]["corrected"]) == (False, None)


def test_a_score_by_another_value_set_is_a_row_of_its_own(study: Study, session: Session, person: Participant) -> None:
    states = {"mobility": 1, "self_care": 1, "usual_activities": 2, "pain_discomfort": 3, "anxiety_depression": 1}
    response: Response = sent("d56", {**states, "vas": 70}, "eq5d5l")(person)
    (index,) = [score for score in response.scores if score.name == "index"]
    kept = {column.key: getattr(index, column.key) for column in Score.__table__.columns if column.key != "id"}
    session.add(Score(**{**kept, "value_set": "Elsewhere", "value": Decimal("0.5")}))
    session.commit()
    table = dataset(study, visit(person, "d56").grace_until).table("analysis")
    scores = [
        (row[table.shape.names.index("value_set")], row[table.shape.names.index("value")])
        for row in table.rows
        if row[1] == "01-700" and row[3] == "d56" and "index" in row
    ]
    assert scores == [("Elsewhere", Decimal("0.5")), ("Norway", index.value)]
