"""The tour of a demonstration: one click, the fitting role signed in; nowhere near production or a real study."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import config, create_app
from app.accounts.demonstration import LOGINS, PASSWORD, login_of
from app.accounts.models import StaffSession, User
from app.accounts.roles import Role
from app.accounts.users import set_password
from app.core.time import moved_clock
from app.participants.models import Participant
from app.rehearsal.stage import add_logins
from app.studies.models import StudyState
from app.web.demonstration.tour import STOPS, TourStep
from tests.factories import NOW, Visitor, backtobasic, infused, oslo, participant, put_away, visitor
from tests.some import some


@pytest.fixture
def someone(session: Session) -> Participant:
    """Somebody at the first site whose day 154 is open, and the demonstration's logins."""
    person = participant(backtobasic(), now=NOW - timedelta(days=170))
    infused(person, oslo(NOW.date() - timedelta(days=154)))
    session.commit()
    add_logins(NOW, ["backtobasic"])
    return person


def token(page: str) -> str:
    sent = re.search(r'name="csrf_token" value="([^"]+)"', page)
    return sent[1] if sent else ""


def enter(browser: Visitor, step: str) -> tuple[int, str]:
    with moved_clock(lambda: NOW):
        answer = browser.post(f"/tour/{step}", data={"csrf_token": token(browser.get("/").text)})
    return answer.status_code, str(answer.location)


@pytest.mark.parametrize(
    ("step", "address", "role"),
    [
        (TourStep.TODAY, "/desk/backtobasic/today/", Role.COORDINATOR),
        (TourStep.PARTICIPANT, "/desk/backtobasic/participants/01-001", Role.COORDINATOR),
        (TourStep.COMPLIANCE, "/desk/backtobasic/compliance/", Role.DATA_MANAGER),
        (TourStep.EXPORTS, "/desk/backtobasic/exports/", Role.STATISTICIAN),
        (TourStep.REPORT, "/desk/backtobasic/report/", Role.STATISTICIAN),
    ],
)
def test_one_click_signs_in_as_who_works_there(
    app: Flask, someone: Participant, session: Session, step: TourStep, address: str, role: Role
) -> None:
    browser = visitor(app)
    assert enter(browser, step) == (303, address)
    whose = select(User.email).join(StaffSession, StaffSession.user_id == User.id).order_by(StaffSession.id)
    assert session.scalars(whose).all() == [login_of(role)]
    with moved_clock(lambda: NOW):
        assert browser.get(address).status_code == 200


def test_the_phone_is_one_whose_answer_is_seen_on_the_coordinators_today(app: Flask, someone: Participant) -> None:
    assert enter(visitor(app), TourStep.PHONE) == (303, f"/sandbox/backtobasic/{someone.code}#newest")


def test_every_step_is_offered_with_a_picture(app: Flask, someone: Participant) -> None:
    page = visitor(app).get("/").text
    assert page.count("<svg") == len(STOPS) == len(TourStep)
    for stop in some(STOPS):
        assert f'action="/tour/{stop.step}"' in page
    norwegian = visitor(app).get("/", headers={"Accept-Language": "nb"}).text
    assert "En omvisning i seks steg" in norwegian
    assert "som koordinator" in norwegian


def test_there_is_a_login_of_each_role() -> None:
    assert sorted(role for _, _, role, _ in LOGINS) == sorted(Role)


def test_without_the_demonstrations_logins_there_is_no_tour(app: Flask, session: Session) -> None:
    backtobasic()
    session.commit()
    assert "/tour/" not in visitor(app).get("/").text
    assert enter(visitor(app), TourStep.TODAY)[0] == 400, "and no form for it"


@pytest.mark.parametrize("state", [StudyState.LIVE, StudyState.CLOSED, StudyState.LOCKED])
def test_nobody_is_let_into_a_real_study(app: Flask, someone: Participant, session: Session, state: StudyState) -> None:
    browser = visitor(app)
    sent = token(browser.get("/").text)
    someone.study.state = state
    session.commit()
    assert "/tour/" not in visitor(app).get("/").text
    assert browser.post("/tour/today", data={"csrf_token": sent}).status_code == 404
    assert session.scalars(select(StaffSession.id).order_by(StaffSession.id)).all() == []


def test_an_account_with_a_password_of_its_own_is_no_login_of_the_tour(
    app: Flask, someone: Participant, session: Session
) -> None:
    coordinator = session.scalars(select(User).filter_by(email=login_of(Role.COORDINATOR))).one()
    set_password(coordinator, f"{PASSWORD} no more", NOW)
    session.commit()
    assert enter(visitor(app), TourStep.TODAY)[0] == 404
    coordinator.tf_primary_method = "authenticator"
    session.commit()
    assert "/tour/" not in visitor(app).get("/").text


def test_a_form_of_elsewhere_and_a_step_that_is_none_are_refused(app: Flask, someone: Participant) -> None:
    browser = visitor(app)
    assert browser.post("/tour/today").status_code == 400
    assert enter(browser, "nowhere")[0] == 404
    assert browser.get("/tour/today").status_code == 405


def test_neither_production_nor_a_real_gateway_has_it(settings: config.Settings, someone: Participant) -> None:
    for changed in (replace(settings, production=True), replace(settings, gateway="twilio")):
        app = create_app(changed)
        assert visitor(app).post("/tour/today").status_code == 404
        assert "/tour/" not in visitor(app).get("/").text
        put_away(app)
