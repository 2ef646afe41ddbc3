"""A whole response is voided by two people: it counts as expected and unanswered, and is kept."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.problems import Conflict, Forbidden
from app.responses.answering import response_to, submit
from app.responses.corrections import approve, ask_to_void, close, refuse
from app.responses.models import Correction, Score
from app.responses.signatures import altered
from app.schedule.compliance import compliance
from app.schedule.states import State
from tests.responses.queries import ASKED_AT, SIGNED_AT, Desk, odi_answer, scores
from tests.responses.queries import desk as desk
from tests.responses.visits import D154, answers_to, participant, visit
from tests.some import some


def voiding(desk: Desk) -> Correction:
    return ask_to_void(desk.response, "Her husband answered.", "Telephone note", desk.coordinator, ASKED_AT)


def test_a_voided_response_counts_as_expected_and_not_as_answered(desk: Desk, session: Session) -> None:
    d154 = desk.response.assessment
    query = voiding(desk)
    assert d154.state(SIGNED_AT) is State.COMPLETED, "nothing is signed yet"
    approve(query, desk.investigator, SIGNED_AT)
    assert d154.state(SIGNED_AT) is State.VOIDED
    cell = compliance(d154.participant.study, SIGNED_AT).total("d154")
    assert (cell.answered_so_far, cell.asked_so_far, cell.expected) == (0, 1, 0), "it can still be answered"
    cell = compliance(d154.participant.study, d154.grace_until).total("d154")
    assert (cell.states[State.VOIDED], cell.answered, cell.expected) == (1, 0, 1)


def test_scores_of_a_voided_response_are_superseded_and_the_response_is_kept(desk: Desk, session: Session) -> None:
    content = desk.response.content
    approve(voiding(desk), desk.investigator, SIGNED_AT)
    session.expire_all()
    all_scores = session.scalars(select(Score).filter_by(response_id=desk.response.id).order_by(Score.id))
    assert {score.superseded_at for score in some(all_scores)} == {SIGNED_AT}
    assert desk.response.content == content
    assert odi_answer(session, desk.response).value == "0"


def test_voiding_is_signed_as_a_correction_is(desk: Desk) -> None:
    query = voiding(desk)
    with pytest.raises(Forbidden, match="Who asked"):
        approve(query, desk.coordinator, SIGNED_AT)
    approve(query, desk.investigator, SIGNED_AT)
    assert (query.kind, query.item, query.signer_name) == ("void", None, "Kari Nordmann")
    assert list(altered([query])) == []


def test_a_refused_voiding_leaves_the_answer_an_answer(desk: Desk, session: Session) -> None:
    refuse(voiding(desk), desk.investigator, "She answered herself.", SIGNED_AT)
    assert desk.response.assessment.state(SIGNED_AT) is State.COMPLETED
    assert [score.superseded_at for score in scores(session, desk.response)] == [None]


def test_of_a_voided_response_nothing_is_changed_any_more(desk: Desk) -> None:
    open_query = desk.ask()
    approve(voiding(desk), desk.investigator, SIGNED_AT)
    acts: list[Callable[[], object]] = [
        lambda: desk.ask("walking"),
        lambda: voiding(desk),
        lambda: approve(open_query, desk.investigator, SIGNED_AT),
    ]
    for act in acts:
        with pytest.raises(Conflict, match="This response was voided"):
            act()
    close(open_query, desk.coordinator, "The response was voided.", SIGNED_AT)


def test_one_open_voiding_at_a_time(desk: Desk) -> None:
    voiding(desk)
    with pytest.raises(Conflict, match="There is an open query about this already"):
        voiding(desk)


def test_only_what_was_submitted_can_be_voided(session: Session) -> None:
    d154 = visit(participant(), "d154")
    d154.voided_at = D154
    with pytest.raises(IntegrityError, match="ck_assessments_voided_answer"):
        session.flush()


def test_who_answers_the_same_again_is_still_told_that_it_arrived(desk: Desk) -> None:
    """What came is compared with what came, not with what was made of it."""
    approve(desk.ask(), desk.investigator, SIGNED_AT)
    d154 = desk.response.assessment
    assert submit(d154, answers_to(d154), D154, language="en") is response_to(d154)
