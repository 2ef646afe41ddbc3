"""Answers are taken once, kept as they came, and scored with provenance."""

import hashlib
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from app.core.audit import AuditEntry, acting
from app.core.database import db, transaction
from app.core.problems import Problem
from app.instruments import instrument
from app.participants.enrolment import withdraw
from app.responses.answering import answered_on, begin, response_to, submit
from app.responses.models import Answer, Mode, Response, Score
from app.responses.problems import (
    AlreadyAnswered,
    Closed,
    Left,
    NothingAnswered,
    NotOpenYet,
    Unanswered,
    WrongAnswers,
)
from app.schedule.models import Assessment, State
from tests.responses.visits import INFUSION, answers_to, participant, visit

D154 = INFUSION + timedelta(days=154)
SECOND = timedelta(seconds=1)


def test_a_submission_keeps_every_item_and_closes_the_visit(session: Session) -> None:
    assessment = visit(participant(), "d154")
    response = submit(assessment, answers_to(assessment), D154, language="nb")
    session.commit()
    codes = assessment.protocol.plan.visit("d154").instruments
    rows = session.scalars(select(Answer).order_by(Answer.position)).all()
    assert [(row.instrument, row.item) for row in rows] == [
        (code, item.code) for code in codes for item in instrument(code).items
    ]
    assert all((row.value is None) == (row.missing_reason is not None) for row in rows)
    assert (assessment.submitted_at, assessment.opened_at, assessment.partial) == (D154, D154, False)
    assert assessment.state(D154) is State.COMPLETED
    assert response.mode is Mode.PAGE


def test_what_was_submitted_is_canonical_and_hashed(session: Session) -> None:
    assessment = visit(participant(), "d154")
    response = submit(assessment, answers_to(assessment), D154, language="nb")
    kept = json.loads(response.content)
    assert kept["visit"] == "d154"
    assert kept["answers"]["odi"]["lifting"] == 0
    assert response.sha256 == hashlib.sha256(response.content.encode()).hexdigest()
    words = instrument("odi").wording("nb")
    assert response.instruments["odi"] == {
        "version": "2.0",
        "sha256": instrument("odi").sha256,
        "wording_version": words.version,
        "wording_sha256": words.sha256,
        "demonstration": True,
        "presentation": "page",
    }


NIGHT = datetime(2026, 8, 3, 21, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "since", "fault"),
    [
        ("Europe/Oslo", "2026-08-03", None),
        ("Europe/Oslo", "2026-08-04", "too_late"),
        ("Pacific/Auckland", "2026-08-04", None),  # there it is the next morning
        ("Pacific/Auckland", "2026-08-05", "too_late"),
        ("America/Vancouver", "2026-08-04", "too_late"),
        ("Europe/Oslo", "0020-08-03", "too_early"),
        ("Europe/Oslo", "9999-08-03", "too_late"),
    ],
)
def test_a_date_is_held_to_the_day_where_she_lives(session: Session, zone: str, since: str, fault: str | None) -> None:
    assessment = visit(participant(), "d154")
    assessment.participant.zone = zone
    answers = answers_to(assessment) | {"sick_leave": {"employed": 1, "days": 1, "on_leave": 1, "since": since}}
    if fault is None:
        assert f'"since":"{since}"' in submit(assessment, answers, NIGHT, language="nb").content
        return
    with pytest.raises(WrongAnswers) as refused:
        submit(assessment, answers, NIGHT, language="nb")
    assert [(code, problem.item, problem.fault) for code, problem in refused.value.problems] == [
        ("sick_leave", "since", fault)
    ]


def test_what_was_received_keeps_its_day_of_answering(session: Session) -> None:
    assessment = visit(participant(), "d154")
    assert answered_on(assessment, NIGHT) == date(2026, 8, 3)
    submit(assessment, answers_to(assessment), NIGHT, language="nb")
    assert answered_on(assessment, NIGHT + timedelta(days=9)) == date(2026, 8, 3)


def test_scores_carry_their_provenance(session: Session) -> None:
    assessment = visit(participant(), "d154")
    submit(assessment, answers_to(assessment, choose=2), D154, language="nb")
    scores = {(row.name, row.value_set): row for row in session.scalars(select(Score))}
    assert scores["odi", None].value == Decimal(40)
    assert (scores["odi", None].category, scores["odi_sum", None].category) == ("moderate", None)
    assert scores["nrs_lbp", None].value == Decimal(2)
    assert ("index", "Norway") in scores
    assert all(row.input_sha256 and row.scorer_version and row.scored_at == D154 for row in scores.values())


def test_a_required_item_left_empty_makes_the_visit_partial(session: Session) -> None:
    assessment = visit(participant(), "d154")
    answers = answers_to(assessment)
    del answers["odi"]["lifting"]
    submit(assessment, answers, D154, language="nb")
    assert assessment.state(D154) is State.PARTIAL
    row = session.scalars(select(Answer).filter_by(instrument="odi", item="lifting")).one()
    assert (row.value, row.missing_reason) == (None, "skipped")


def test_an_item_that_may_be_empty_leaves_the_visit_complete(session: Session) -> None:
    assessment = visit(participant(), "d154")
    answers = answers_to(assessment)
    del answers["odi"]["sex_life"]
    submit(assessment, answers, D154, language="nb")
    assert assessment.state(D154) is State.COMPLETED


def test_what_branching_leaves_out_is_not_applicable(session: Session) -> None:
    assessment = visit(participant(), "d154")
    answers = answers_to(assessment)
    answers["sick_leave"] = {"employed": 0}
    submit(assessment, answers, D154, language="nb")
    reasons = dict(session.execute(select(Answer.item, Answer.missing_reason).filter_by(instrument="sick_leave")).all())
    assert reasons == {
        "employed": None,
        "days": "not_applicable",
        "on_leave": "not_applicable",
        "percent": "not_applicable",
        "since": "not_applicable",
    }
    assert assessment.partial is False


def test_f17_the_same_answers_again_are_the_same_response(session: Session) -> None:
    assessment = visit(participant(), "d154")
    first = submit(assessment, answers_to(assessment), D154, language="nb")
    again = submit(assessment, answers_to(assessment), D154 + SECOND, language="en", mode=Mode.HELPED)
    assert again.id == first.id
    assert assessment.submitted_at == D154


def test_f17_other_answers_are_refused_and_the_first_are_kept(session: Session) -> None:
    assessment = visit(participant(), "d154")
    first = submit(assessment, answers_to(assessment), D154, language="nb")
    with pytest.raises(AlreadyAnswered):
        submit(assessment, answers_to(assessment, choose=1), D154 + SECOND, language="nb")
    kept = response_to(assessment)
    assert kept is not None
    assert kept.sha256 == first.sha256


def test_f17_a_replay_months_later_changes_nothing(session: Session) -> None:
    assessment = visit(participant(), "d154")
    answers = answers_to(assessment)
    first = submit(assessment, answers, D154, language="nb")
    assert submit(assessment, answers, D154 + timedelta(days=200), language="nb").id == first.id
    assert session.scalar(select(func.count(Response.id))) == 1


def test_f33_a_response_cannot_be_changed_by_the_service(session: Session) -> None:
    assessment = visit(participant(), "d154")
    response = submit(assessment, answers_to(assessment), D154, language="nb")
    session.commit()
    response.content = "{}"
    with pytest.raises(ProgrammingError, match="permission denied"):
        session.flush()


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("before", NotOpenYet),
        ("opens", State.COMPLETED),
        ("last second", State.COMPLETED),
        ("closes", State.LATE),
        ("end of grace", State.LATE),
        ("after grace", Closed),
    ],
)
def test_f18_the_servers_time_decides(session: Session, moment: str, expected: State | type[Problem]) -> None:
    assessment = visit(participant(), "d154")
    moments = {
        "before": assessment.opens_at - SECOND,
        "opens": assessment.opens_at,
        "last second": assessment.closes_at - SECOND,
        "closes": assessment.closes_at,
        "end of grace": assessment.grace_until - SECOND,
        "after grace": assessment.grace_until,
    }
    if isinstance(expected, State):
        submit(assessment, answers_to(assessment), moments[moment], language="nb")
        assert assessment.state(moments[moment]) is expected
    else:
        with pytest.raises(expected):
            submit(assessment, answers_to(assessment), moments[moment], language="nb")
        assert session.scalar(select(func.count(Response.id))) == 0


def test_f18_a_protocol_may_refuse_what_comes_late_also_if_it_was_opened_in_time(session: Session) -> None:
    assessment = visit(participant(changes={"late: keep": "late: refuse"}), "d154")
    begin(assessment, assessment.closes_at - SECOND)
    with pytest.raises(Closed):
        submit(assessment, answers_to(assessment), assessment.closes_at, language="nb")


def test_nobody_who_left_is_asked(session: Session) -> None:
    person = participant()
    assessment = visit(person, "d154")
    withdraw(person, "no reason given", D154 - SECOND)
    with pytest.raises(Left):
        submit(assessment, answers_to(assessment), D154, language="nb")


def test_opening_is_noted_once(session: Session) -> None:
    assessment = visit(participant(), "d154")
    begin(assessment, D154)
    begin(assessment, D154 + SECOND)
    submit(assessment, answers_to(assessment), D154 + timedelta(hours=1), language="nb")
    assert assessment.opened_at == D154


def test_opening_is_kept_and_audited_under_who_opened(session: Session) -> None:
    assessment, other = visit(participant(), "d154"), visit(participant(phone="+4791234568"), "d154")
    with acting("participant:01-001"):
        begin(assessment, D154)
    session.refresh(assessment)
    session.refresh(other)
    assert (assessment.opened_at, other.opened_at) == (D154, None)
    newest = select(AuditEntry).where(AuditEntry.table_name == "public.assessments").order_by(AuditEntry.id.desc())
    entry = session.scalars(newest.limit(1)).one()
    assert (entry.actor, entry.row_id, list(entry.new or {})) == (
        "participant:01-001",
        str(assessment.id),
        ["opened_at"],
    )


def test_nobody_opens_a_visit(app: Flask, session: Session) -> None:
    assessment = visit(participant(), "d154")
    with acting(""), pytest.raises(ProgrammingError, match="no actor"):
        begin(assessment, D154)


def test_every_wrong_answer_is_named(session: Session) -> None:
    assessment = visit(participant(), "d154")
    answers = answers_to(assessment)
    answers["odi"] |= {"lifting": 6, "shoes": 1}
    answers["nrs_leg"]["leg"] = True
    answers["rand36"] = {}
    with pytest.raises(WrongAnswers) as raised:
        submit(assessment, answers, D154, language="nb")
    assert set(raised.value.errors) == {"odi.lifting", "odi.shoes", "nrs_leg.leg", "rand36.rand36"}
    assert assessment.submitted_at is None


def test_nothing_at_all_is_not_an_answer(session: Session) -> None:
    with pytest.raises(NothingAnswered):
        submit(visit(participant(), "d154"), {}, D154, language="nb")


def test_a_protocol_may_ask_for_every_answer(session: Session) -> None:
    assessment = visit(participant(changes={"skipping: asked_once": "skipping: refused"}), "d154")
    answers = answers_to(assessment)
    del answers["odi"]["lifting"]
    with pytest.raises(Unanswered) as raised:
        submit(assessment, answers, D154, language="nb")
    assert raised.value.missing == (("odi", "lifting"),)


def test_f16_thirty_at_once_leave_one_response(app: Flask) -> None:
    with app.app_context(), acting("test"), transaction():
        assessment = visit(participant(), "d154")
        key = assessment.id
        bodies = [answers_to(assessment), answers_to(assessment, choose=1)]

    def submit_one(number: int) -> str:
        with app.app_context(), acting(f"participant:{number}"):
            try:
                with transaction():
                    own_visit = db.session.get_one(Assessment, key)
                    return f"kept {submit(own_visit, bodies[number % 2], D154, language='nb').sha256}"
            except AlreadyAnswered:
                return "refused"

    with ThreadPoolExecutor(10) as pool:
        outcomes = Counter(pool.map(submit_one, range(30)))
    assert sorted(outcomes.values()) == [15, 15]
    assert outcomes["refused"] == 15
    with app.app_context():
        assert db.session.scalar(select(func.count(Response.id))) == 1
        written = select(func.count(AuditEntry.id)).filter_by(table_name="public.responses")
        assert db.session.scalar(written) == 1


def test_a_submission_takes_few_statements(session: Session) -> None:
    person = participant()
    session.commit()
    assessment = visit(person, "d154")
    answers = answers_to(assessment)
    assert assessment.protocol.plan
    seen: list[str] = []
    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", lambda *arguments: seen.append(arguments[2]))
    submit(assessment, answers, D154, language="nb")
    session.flush()
    assert len(seen) <= 6, [statement[:60] for statement in seen]
