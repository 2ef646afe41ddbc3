"""No way into the service does what the study's state does not allow: every route that changes something is walked."""

from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.accounts import tokens
from app.accounts.roles import GRANTS, Permission, Role
from app.core.time import moved_clock
from app.participants.models import Participant
from app.permitting import act_of, asked_by
from app.schedule.links import token
from app.studies.models import Study
from app.studies.states import Act, StudyState, may, refusal
from tests.factories import NOW, Browser, backtobasic, infused, participant, user, visit, visitor
from tests.some import some

VALUES = {
    "study": "backtobasic",
    "code": "01-001",
    "visit": "d7",
    "instrument": "odi",
    "day": "2026-03-02",
    "version": "1.0",
    "site": "01",
}
"""What an address names; whatever else it names is a number."""
AT_ANY_TIME = {
    "/desk/<study>/many/file",
    "/desk/<study>/views/",
    "/desk/<study>/views/<int:view_id>",
    "/desk/<study>/study/lock",
    "/desk/<study>/study/unlock",
    "/desk/<study>/find/",
    "/desk/<study>/questionnaires/bench",
    "/desk/<study>/questionnaires/<instrument>",
    "/desk/<study>/participants/<code>/contact/",
    "/desk/<study>/today/tasks/<int:task_id>/texts",
    "/desk/<study>/today/strangers/<int:stranger_id>/texts",
    "/api/v1/studies/<study>/tasks/<int:task_id>/readings",
    "/api/v1/studies/<study>/strangers/<int:stranger_id>/readings",
    "/api/v1/studies/<study>/webhooks",
    "/api/v1/studies/<study>/webhooks/<int:hook_id>/pause",
    "/api/v1/studies/<study>/webhooks/<int:hook_id>/going-on",
    "/api/v1/studies/<study>/webhooks/<int:hook_id>/ending",
    "/api/v1/studies/<study>/webhooks/<int:hook_id>/pings",
    "/api/v1/studies/<study>/webhooks/<int:hook_id>/deliveries/<int:delivery_id>/replays",
    "/api/v1/studies/<study>/people/withdrawals",
    "/api/v1/studies/<study>/people/second-factor-resets",
    "/desk/<study>/study/webhooks/<int:hook_id>",
    "/desk/<study>/study/webhooks/<int:hook_id>/deliveries/<int:delivery_id>",
    "/desk/<study>/people/invitations",
    "/desk/<study>/people/invitations/<int:invitation_id>/withdrawal",
    "/desk/<study>/people/<int:user_id>/roles",
    "/desk/<study>/people/<int:user_id>/second-factor",
    "/desk/<study>/people/<int:user_id>/identity",
    "/desk/<study>/people/tokens/<int:token_id>/revocation",
}
"""Posts that only look (what was looked at is on the record), or are about staff: every state allows them."""


@dataclass
class World:
    """A study with one participant whose visit is open, a browser of each role, and a token that may do anything."""

    app: Flask
    study: Study
    person: Participant
    session: Session

    def into(self, state: StudyState) -> None:
        self.study.state = state
        self.session.commit()

    def post(self, path: str, permission: Permission) -> TestResponse:
        role = next(role for role in Role if permission in GRANTS[role])
        someone = user(self.study, role)
        _, secret = tokens.issue(someone, tuple(Permission), NOW.replace(year=2027), NOW)
        self.session.commit()
        with moved_clock(lambda: NOW):
            if path.startswith("/api/v1/"):
                return visitor(self.app).post(path, headers={"Authorization": f"Bearer {secret}"}, json={})
            return Browser(self.app, someone).post(path)


@pytest.fixture
def world(app: Flask, session: Session) -> World:
    protocol = backtobasic()
    person = participant(protocol, now=NOW.replace(year=2025))
    infused(person, NOW.replace(month=2, day=23))
    session.commit()
    return World(app, protocol.study, person, session)


def changing(app: Flask) -> list[tuple[str, str, Permission, Act | None]]:
    """Every route of a study that takes a POST: its rule, an address of it, what it asks for and what it does."""
    changes = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        permission = asked_by(view)
        if "POST" in (rule.methods or set()) and isinstance(permission, Permission):
            built = rule.build({name: VALUES.get(name, 1) for name in rule.arguments})
            assert built is not None, rule
            changes.append((rule.rule, built[1], permission, act_of(view)))
    return sorted(changes)


def test_a_route_that_changes_something_says_what_or_stands_on_the_list(app: Flask) -> None:
    silent = {rule for rule, _, _, act in changing(app) if act is None}
    assert silent == AT_ANY_TIME
    assert len(changing(app)) - len(silent) >= 20


@pytest.mark.usefixtures("tables_only")
@pytest.mark.parametrize("state", [StudyState.RECRUITING_STOPPED, StudyState.CLOSED, StudyState.LOCKED])
def test_every_route_is_refused_in_a_sentence_where_the_state_does_not_allow_it(
    world: World, state: StudyState
) -> None:
    world.into(state)
    for rule, path, permission, act in some(changing(world.app)):
        answer = world.post(path, permission)
        if act is not None and not may(state, act):
            sentence = refusal("backtobasic", state, act)
            assert (answer.status_code, sentence in answer.text) == (409, True), rule
        else:
            assert "It cannot" not in answer.text, rule


def test_the_form_of_enrolment_says_so_before_anything_is_typed(world: World) -> None:
    browser = Browser(world.app, user(world.study, Role.COORDINATOR))
    world.into(StudyState.CLOSED)
    answer = browser.get("/desk/backtobasic/participants/new")
    assert answer.status_code == 409
    assert "backtobasic is closed: nobody is enrolled" in answer.text


@pytest.mark.parametrize("state", [StudyState.CLOSED, StudyState.LOCKED, StudyState.ARCHIVED])
def test_a_patient_who_opens_her_link_then_reads_that_the_study_is_over_and_whom_to_call(
    world: World, state: StudyState
) -> None:
    link, language = f"/a/{token(visit(world.person, 'd7'))}", world.person.language
    assert language == "nb"
    patient = visitor(world.app)
    with moved_clock(lambda: NOW):
        assert patient.get(link).status_code == 200
        world.into(state)
        for answer in (patient.get(link), *(patient.post(link, data={"_act": act}) for act in ACTS)):
            assert answer.status_code == 410
            assert "Studien er avsluttet" in answer.text
            assert "tel:+47" in answer.text
    world.session.refresh(visit(world.person, "d7"))
    assert visit(world.person, "d7").opened_at is None


ACTS = ("start", "draft", "submit", "not_able")
