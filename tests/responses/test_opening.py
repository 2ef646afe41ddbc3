"""What a link opens, in one question to the database: the visit, its draft, what is asked before, which wordings."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.core.database import db
from app.core.problems import Problem
from app.participants.pin import set_pin
from app.responses.answering import Held, submit
from app.responses.drafts import save_draft
from app.responses.opening import opening
from app.responses.wordings import install_wording
from app.schedule.links import token, token_of
from tests.responses.test_wordings import licensed
from tests.responses.visits import INFUSION, answers_to, participant, visit

D154 = INFUSION + timedelta(days=154)


def test_a_fresh_link_opens_an_empty_visit(session: Session) -> None:
    assessment = visit(participant(), "d154")
    opened = opening(token(assessment, 1))
    assert opened.assessment is assessment
    assert (opened.draft_sealed, opened.fields, opened.wordings) == (None, {}, None)
    assert (opened.checks.pin, opened.checks.birth_year) == (False, False)
    assert opened.held == Held(None, None, None)


def test_the_draft_comes_closed_and_is_opened_when_it_is_asked_for(session: Session) -> None:
    assessment = visit(participant(), "d154")
    save_draft(assessment, {"odi.lifting": "3"}, D154)
    opened = opening(token(assessment, 1))
    assert opened.draft_sealed is not None
    assert b"lifting" not in opened.draft_sealed
    assert opened.fields == {"odi.lifting": "3"}
    assert opened.held == Held(None, D154, None)


@pytest.mark.parametrize("pin", [False, True])
def test_a_pin_is_asked_for_where_one_was_chosen(pin: bool, session: Session) -> None:
    assessment = visit(participant(), "d154")
    if pin:
        set_pin(assessment.participant.contact, "4711")
        session.flush()
    assert opening(token(assessment, 1)).checks.pin is pin


def test_the_wording_installed_last_comes_with_it(session: Session) -> None:
    assessment = visit(participant(), "d154")
    for title in ("First", "Second"):
        last = install_wording(licensed("odi", title=title), D154)
    assert opening(token(assessment, 1)).wordings == f"{last.id}:{last.sha256}:{D154.timestamp():.6f}"


def test_what_was_submitted_is_known_to_the_one_who_holds_the_visit(session: Session) -> None:
    assessment = visit(participant(), "d154")
    submit(assessment, answers_to(assessment), D154, language="nb")
    session.flush()
    assert opening(token(assessment, 1), hold=True).held == Held(D154, D154, None)


@pytest.mark.parametrize("hold", [False, True])
def test_it_is_one_question(hold: bool, session: Session) -> None:
    assessment = visit(participant(), "d154")
    save_draft(assessment, {"odi.lifting": "3"}, D154)
    session.commit()
    link = token(assessment, 1)
    statements: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    opened = opening(link, hold=hold)
    reading = [statement for statement in statements if statement.startswith("SELECT assessments")]
    event.remove(db.engine, "before_cursor_execute", note)
    assert opened.fields == {"odi.lifting": "3"}
    assert len(reading) == 1
    assert ("FOR NO KEY UPDATE OF assessments" in reading[0]) is hold


@pytest.mark.parametrize(
    "spoil", [lambda link: link[:-1], lambda link: link + "x", lambda link: "", lambda link: "x" * 40]
)
def test_no_other_link_opens_anything(spoil: Callable[[str], str], session: Session) -> None:
    assessment = visit(participant(), "d154")
    with pytest.raises(Problem):
        opening(spoil(token(assessment, 1)))
    with pytest.raises(Problem):
        opening(token_of(assessment.id + 10**6, 1, assessment.participant.mark))  # of a visit that is not there
    with pytest.raises(Problem):
        opening(token(assessment, 2))  # of a version that was never made
