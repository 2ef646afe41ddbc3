"""A link to practise with opens one visit of somebody made up, sends nothing, and ends with the practice."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.clock import tick
from app.core.problems import BadInput, Conflict
from app.core.time import moved_clock
from app.ending.practice import set_practice_aside
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.models import Attempt, Message
from app.participants.models import Participant
from app.responses.answering import submit
from app.responses.going_live import missing
from app.responses.models import Response
from app.schedule.links import token
from app.schedule.models import Assessment, State
from app.schedule.practising import LASTS, practise
from app.studies.installing import site
from app.studies.models import Protocol, StudyState
from app.studies.states import PRACTICE
from tests.factories import NOW, Browser, backtobasic, command, user, visitor
from tests.responses.visits import answers_to

FORM = "/desk/backtobasic/study/practice/"


def practised(protocol: Protocol, visit: str = "d7", language: str = "") -> Assessment:
    return practise(site(protocol.study, "01"), protocol, visit, language, NOW)


@pytest.fixture
def protocol(session: Session) -> Protocol:
    """The example study while it is set up."""
    return backtobasic(StudyState.SETUP)


@pytest.mark.parametrize("language", ["nb", "en"])
def test_it_opens_the_visit_as_a_patient_sees_it_in_its_language_and_marked(
    app: Flask, session: Session, protocol: Protocol, language: str
) -> None:
    link = f"/a/{token(practised(protocol, language=language))}"
    session.commit()
    with moved_clock(lambda: NOW):
        page = visitor(app).get(link)
    marked = {"nb": "Dette er en demonstrasjon", "en": "This is a demonstration"}[language]
    assert page.status_code == 200
    assert f'lang="{language}"' in page.text
    assert marked in page.text


def test_every_visit_of_the_protocol_can_be_practised(session: Session, protocol: Protocol) -> None:
    made = [practised(protocol, visit.code) for visit in protocol.plan.visits]
    assert {(each.state(NOW), each.state(NOW + LASTS)) for each in made} == {(State.OPEN, State.MISSED)}
    assert [each.participant.code for each in made[:2]] == ["01-001", "01-002"]


def test_what_is_sent_there_is_practice_and_is_put_aside_before_the_study_goes_live(
    session: Session, protocol: Protocol
) -> None:
    assessment = practised(protocol)
    submit(assessment, answers_to(assessment), NOW, language="nb")
    assert assessment.participant.practice
    assert "practice" in missing(protocol.study, StudyState.LIVE)
    aside = set_practice_aside(protocol.study, NOW)
    of_study = select(Response.id, Participant.study_id).join(Response.assessment).join(Assessment.participant)
    assert [row.study_id for row in session.execute(of_study.order_by(Response.id))] == [aside.id]
    assert "practice" not in missing(protocol.study, StudyState.LIVE)


def test_nobody_is_texted_for_it_and_nothing_else_is_planned(app: Flask, session: Session, protocol: Protocol) -> None:
    practised(protocol)
    session.commit()
    gateway = SandboxGateway(app.extensions["settings"])
    for hours in (0, 1, 26, 74, 24 * 9):
        tick(gateway, NOW + timedelta(hours=hours))
    assert session.scalar(select(func.count(Assessment.id))) == 1
    assert session.scalar(select(func.count(Attempt.id))) == 0
    assert set(session.execute(select(Message.state, Message.reason))) == {("suppressed", "opted out")}


@pytest.mark.parametrize("state", [state for state in StudyState if state not in PRACTICE])
def test_there_is_none_once_the_study_is_no_practice_any_more(
    session: Session, protocol: Protocol, state: StudyState
) -> None:
    protocol.study.state = state
    session.flush()
    with pytest.raises(Conflict, match="Links to practise with are for before that"):
        practised(protocol)
    assert session.scalar(select(func.count(Participant.id))) == 0


@pytest.mark.parametrize(
    ("visit", "language", "says"),
    [
        ("d8", "", {"visit": "At site 01 these visits are asked: "}),
        ("", "nb", {"visit": "At site 01 these visits are asked: "}),
        ("d7", "xx", {"language": "This study speaks "}),
        ("d8", "xx", {"visit": "At site 01", "language": "This study speaks "}),
    ],
)
def test_what_the_protocol_does_not_have_is_told_with_what_it_has(
    session: Session, protocol: Protocol, visit: str, language: str, says: dict[str, str]
) -> None:
    with pytest.raises(BadInput) as refused:
        practised(protocol, visit, language)
    assert refused.value.errors.keys() == says.keys()
    for name, sentence in says.items():
        assert refused.value.errors[name].startswith(sentence)


def test_a_shell_prints_it_and_tells_the_trail_who_asked(app: Flask, session: Session, protocol: Protocol) -> None:
    session.commit()
    with moved_clock(lambda: NOW):
        done = command(app, "study", "practice-link", "backtobasic", "d28", "--language", "en")
    assert done.exit_code == 0, done.output
    made = session.scalars(select(Assessment)).one()
    assert done.stdout.strip().endswith(f"/a/{token(made)}")
    assert (made.visit, made.participant.language) == ("d28", "en")
    wrong = command(app, "study", "practice-link", "backtobasic", "d8")
    assert wrong.exit_code == 1
    assert "these visits are asked: " in wrong.output


def test_the_desk_makes_one_and_shows_it(app: Flask, session: Session, protocol: Protocol) -> None:
    browser = Browser(app, user(protocol.study, Role.COORDINATOR, "02"))
    session.commit()
    form = {"visit": "d7", "site": "02", "language": "nb"}
    with moved_clock(lambda: NOW):
        assert f'href="{FORM}"' in browser.get("/desk/backtobasic/study/").text
        assert "01 " not in "".join(re.findall(r"<option[^>]*>([^<]*)", browser.get(FORM).text))
        elsewhere = browser.post(FORM, **{**form, "site": "01"})
        made = browser.post(FORM, **form)
        shown = browser.get(made.location).text
    assert elsewhere.status_code == 400
    person = session.scalars(select(Participant)).one()
    assert (person.site.code, person.practice) == ("02", True)
    assert f"/a/{token(session.scalars(select(Assessment)).one())}" in shown


def test_the_desk_of_a_study_with_patients_offers_none(app: Flask, session: Session) -> None:
    browser = Browser(app, user(backtobasic(StudyState.LIVE).study, Role.COORDINATOR))
    session.commit()
    with moved_clock(lambda: NOW):
        assert FORM not in browser.get("/desk/backtobasic/study/").text
        assert "Make a link" not in browser.get(FORM).text
        refused = browser.post(FORM, visit="d7", site="01", language="nb")
    assert refused.status_code == 409
    assert "Links to practise with are for before that" in refused.text
