"""Who may open what: every route of the map, every role, every site. The map is read, so a new route is in it too."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from app.accounts.models import User
from app.accounts.roles import GRANTS, Permission, Role
from app.core.database import db
from app.core.time import moved_clock
from app.participants.models import Participant
from app.permitting import Anybody, asked_by
from app.studies.models import Study
from app.web.staff.access import PUBLIC, requires, signed_in
from tests.factories import NOW, Browser, backtobasic, participant, planned, user, visitor
from tests.some import some

VALUES = {
    "study": "backtobasic",
    "code": "01-001",
    "instrument": "odi",
    "day": "2026-03-01",
    "name": "x.csv",
    "task_id": 1,
    "correction_id": 1,
    "response_id": 1,
    "stranger_id": 1,
    "message_id": 1,
    "session_id": 1,
    "token": "x",
    "language": "en",
    "visit": "d154",
    "leaving_id": 1,
    "note_id": 1,
    "version": "1.0",
    "site": "01",
    "user_id": 1,
    "invitation_id": 1,
    "token_id": 1,
    "hook_id": 1,
    "delivery_id": 1,
    "view_id": 1,
}


@dataclass
class World:
    """A study with one participant at each of two sites."""

    app: Flask
    study: Study
    session: Session

    def browser(self, role: Role, at_site: str | None = None) -> Browser:
        someone = user(self.study, role, at_site)
        self.session.commit()
        return Browser(self.app, someone)


@pytest.fixture
def world(app: Flask, session: Session) -> Iterator[World]:
    protocol = backtobasic()
    for at_site in ("01", "02"):
        planned(participant(protocol, at_site), NOW.date())
    session.commit()
    with moved_clock(lambda: NOW):
        yield World(app, protocol.study, session)


def permission(app: Flask, rule: Rule) -> object:
    return asked_by(app.view_functions[rule.endpoint])


def guarded(app: Flask) -> list[tuple[Rule, str, Permission]]:
    """Every page that asks for a permission, with each method it takes. Programs have tokens, and their own tests."""
    guards = []
    for rule in app.url_map.iter_rules():
        needed = permission(app, rule)
        if isinstance(needed, Permission) and not rule.endpoint.startswith("api."):
            guards += [(rule, method, needed) for method in sorted((rule.methods or set()) & {"GET", "POST"})]
    return guards


def path(rule: Rule, **values: object) -> str:
    wanted = {name: value for name, value in (VALUES | values).items() if name in rule.arguments}
    built = rule.build(wanted)
    assert built is not None, rule
    return built[1]


def status(browser: Browser, method: str, address: str) -> int:
    answer = browser.get(address) if method == "GET" else browser.post(address)
    return answer.status_code


def test_every_route_names_its_permission_or_is_public(app: Flask) -> None:
    for rule in some(app.url_map.iter_rules()):
        named = isinstance(permission(app, rule), Permission | Anybody)
        assert (rule.endpoint in PUBLIC) != named, rule.endpoint


def test_the_public_list_holds_nothing_that_is_gone(app: Flask) -> None:
    assert {rule.endpoint for rule in app.url_map.iter_rules()} >= PUBLIC


def test_what_asks_for_a_permission_says_for_which_study(app: Flask) -> None:
    assert all("study" in rule.arguments for rule, _, _ in guarded(app))
    assert len(guarded(app)) >= 15


def test_a_route_that_forgot_its_permission_is_nobodys(own_app: Flask) -> None:
    own_app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    answer = visitor(own_app).get("/forgotten")
    assert answer.status_code == 404
    assert "secret" not in answer.text


def test_without_signing_in_everything_else_leads_to_sign_in(world: World) -> None:
    nobody = visitor(world.app)
    for rule in some(rule for rule in world.app.url_map.iter_rules() if rule.endpoint not in PUBLIC):
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            answer = nobody.open(path(rule), method=method)
            if rule.endpoint.startswith("api."):
                assert (answer.status_code, answer.mimetype) == (401, "application/problem+json"), (method, rule)
            else:
                assert (answer.status_code, str(answer.location)[:6]) == (302, "/login"), (method, rule)


@pytest.mark.usefixtures("tables_only")
def test_f37_each_role_opens_what_it_is_granted_and_nothing_else(world: World) -> None:
    browsers = {role: world.browser(role) for role in Role}
    for role in set(Role) - {Role.MONITOR}:  # one role sees each refusal as a page, which costs many times the decision
        browsers[role].client.environ_base["HTTP_ACCEPT"] = "application/json"
    world.session.commit()  # a long walk: no transaction of the test waits for its end
    wrong = []
    for role, (rule, method, needed) in product(Role, guarded(world.app)):
        got = status(browsers[role], method, path(rule))
        if (got != 403) != (needed in GRANTS[role]) or got >= 500 or got == 302:
            wrong.append((role.value, method, rule.rule, got))
    assert not wrong


def test_somebody_of_another_study_does_not_learn_that_this_one_exists(world: World) -> None:
    other = backtobasic(code="other").study
    stranger = user(other, Role.INVESTIGATOR)
    world.session.commit()
    browser = Browser(world.app, stranger)
    for rule, method, _ in some(guarded(world.app)):
        assert status(browser, method, path(rule)) == 404, rule
        assert status(browser, method, path(rule, study="nowhere")) == 404, rule


ASKS_FOR_NOTHING = {"/desk/<study>/today/<code>/owner"}
"""Posts that are done without a form: all others say that something is missing."""
VISIT = "/desk/<study>/participants/<code>/visits/<visit>"
COMES_LATER = {
    "/desk/<study>/participants/<code>/pause/end",
    f"{VISIT}/not-done/back",
    f"{VISIT}/tablet",
    f"{VISIT}/entry/second",
    f"{VISIT}/entry/differences",
    f"{VISIT}/not-done/<int:note_id>/undo",
    "/desk/<study>/participants/<code>/leaving/undo",
}
"""Posts that something else must come before."""
NOT_THERE = {"/desk/<study>/participants/<code>/leaving/<int:leaving_id>/undo"}
"""Posts about a row of hers that must be there."""
NOT_OPEN = {f"{VISIT}/link"}
"""Pages of a visit that she may answer now."""


def test_f37_a_coordinator_of_one_site_cannot_tell_another_sites_participant_from_nobody(world: World) -> None:
    browser = world.browser(Role.COORDINATOR, "01")
    hers = [row[:2] for row in guarded(world.app) if row[2] in GRANTS[Role.COORDINATOR]]
    for rule, method in some((rule, method) for rule, method in hers if "code" in rule.arguments):
        open_, post = browser.get, browser.post
        theirs, nobody = ((open_ if method == "GET" else post)(path(rule, code=code)) for code in ("02-001", "02-999"))
        assert theirs.status_code == nobody.status_code == 404, rule
        assert "There is no participant 02-001 at your sites" in theirs.text
        done = 303 if rule.rule in ASKS_FOR_NOTHING else 409 if rule.rule in COMES_LATER else 400
        done = 404 if rule.rule in NOT_THERE else done
        expected = done if method != "GET" else 409 if rule.rule in NOT_OPEN else 200
        assert status(browser, method, path(rule, code="01-001")) == expected, rule


@pytest.mark.parametrize("page", ["", "today/", "participants/", "messages/"])
def test_lists_hold_ones_own_sites_alone(world: World, page: str) -> None:
    text = world.browser(Role.COORDINATOR, "01").get(f"/desk/backtobasic/{page}").text
    assert "02-001" not in text
    assert ">02<" not in text
    assert "Haukeland" not in text


def test_a_view_that_forgets_to_ask_for_sites_still_shows_ones_own_alone(own_app: Flask, world: World) -> None:
    def forgetful() -> str:
        return " ".join(db.session.scalars(select(Participant.code).order_by(Participant.code)))

    rule = "/desk/<study>/forgetful"
    own_app.add_url_rule(rule, "forgetful", requires(Permission.VIEW_PARTICIPANT)(forgetful))
    own_app.add_url_rule("/desk/forgetful", "anybody", signed_in(forgetful))
    own = World(own_app, world.study, world.session)
    coordinator, monitor = own.browser(Role.COORDINATOR, "02"), own.browser(Role.MONITOR)
    assert coordinator.get("/desk/backtobasic/forgetful").text == "02-001"
    assert monitor.get("/desk/backtobasic/forgetful").text == "01-001 02-001"
    assert monitor.get("/desk/forgetful").text == ""


def test_all_sites_are_for_who_has_no_site_named(world: World) -> None:
    text = world.browser(Role.MONITOR).get("/desk/backtobasic/participants/").text
    assert "01-001" in text
    assert "02-001" in text


def test_staff_forms_without_their_token_are_refused(world: World) -> None:
    browser = world.browser(Role.INVESTIGATOR)
    hers = [row[:2] for row in guarded(world.app) if row[2] in GRANTS[Role.INVESTIGATOR]]
    for rule in some(rule for rule, method in hers if method == "POST"):
        assert browser.client.post(path(rule)).status_code == 400, rule


def test_my_studies_are_those_i_work_for(world: World) -> None:
    backtobasic(code="other")
    text = world.browser(Role.MONITOR).get("/desk/studies/").text
    assert "backtobasic" in text
    assert "/desk/other/" not in text


def test_somebody_without_a_role_is_told_so(world: World) -> None:
    newcomer: User = user()
    world.session.commit()
    assert "You work for no study yet" in Browser(world.app, newcomer).get("/desk/").text


def test_the_menu_offers_what_may_be_opened(world: World) -> None:
    text = world.browser(Role.STATISTICIAN).get("/desk/backtobasic/compliance/").text
    assert "/desk/backtobasic/report/" in text
    assert "/desk/backtobasic/participants/" not in text
