"""Her own scores so far, where the protocol shows them and nobody else can open the page."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from app.participants.identity import note_birth_year
from app.participants.pin import set_pin
from app.responses.answering import submit
from app.responses.summary import own_scores
from app.schedule.models import Assessment
from tests.responses.visits import INFUSION, answers_to, participant, visit

SHOWN = {"summary: none": "summary: own_scores"}


def answered(changes: dict[str, str] | None = None) -> Assessment:
    """Day 154, answered after day 56."""
    person = participant(changes=changes)
    for code, day, choose in (("d56", 56, 2), ("d154", 154, 1)):
        assessment = visit(person, code)
        submit(assessment, answers_to(assessment, choose), INFUSION + timedelta(days=day), language="nb")
    return assessment


def test_nothing_is_shown_unless_the_protocol_says_so(session: Session) -> None:
    assert own_scores(answered(), "nb") == ()


def test_the_principal_scores_of_what_was_answered_twice_are_shown(session: Session) -> None:
    courses = {course.title: course for course in own_scores(answered(SHOWN), "nb")}
    odi = courses["Ryggplager i hverdagen"]
    assert [value for _, value in odi.values] == [Decimal(40), Decimal(20)]
    assert [at.date() for at, _ in odi.values] == [(INFUSION + timedelta(days=day)).date() for day in (56, 154)]
    assert (odi.lowest, odi.highest, odi.better) == (0, 100, "lower")


def test_later_visits_and_what_stands_behind_a_pin_are_not(session: Session) -> None:
    last = answered(SHOWN)
    assert own_scores(visit(last.participant, "d56"), "nb") == ()
    set_pin(last.participant.contact, "4711")
    session.flush()
    assert own_scores(last, "nb") == ()


def test_nor_what_stands_behind_a_year_of_birth(session: Session) -> None:
    last = answered(SHOWN | {"birth_year: not_asked": "birth_year: asked"})
    assert own_scores(last, "nb") != ()
    contact, plan = last.participant.contact, last.protocol.plan
    note_birth_year(contact, "1979", plan, INFUSION.date())
    session.flush()
    assert own_scores(last, "nb") == ()
