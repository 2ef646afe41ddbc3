"""Answers are taken once, kept as they came, and scored with provenance."""

import hashlib
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from app.core.audit import AuditEntry, acting
from app.core.database import db, transaction
from app.instruments import instrument
from app.responses.answering import response_to, submit
from app.responses.models import Answer, Mode, Response, Score
from app.responses.problems import (
    AlreadyAnswered,
    NothingAnswered,
    Unanswered,
    WrongAnswers,
)
from app.schedule.models import Assessment, State
from tests.responses.visits import D154, SECOND, answers_to, participant, visit


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
