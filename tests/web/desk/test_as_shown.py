"""Two tabs that edit the same thing: the second is told both values, keeps what was typed, and decides."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.roles import Role
from app.core.time import moved_clock
from app.participants.models import Contact, Participant
from app.permitting import asked_by
from app.studies.models import Protocol
from app.web.desk.as_shown import SEEN
from tests.factories import NOW, Browser, backtobasic, begun, participant, planned, user
from tests.some import some
from tests.web.desk.carrying import CARRY, OTHERS

STUDY = "/desk/backtobasic/"
HER = f"{STUDY}participants/01-001"
WHY = {"reason": "said so by telephone"}


@dataclass
class Tab:
    """One page with a form, and what the form would send of what it showed."""

    browser: Browser
    page: str
    action: str

    def opened(self) -> str:
        """What the form of this action carries of what it shows."""
        shown = self.browser.get(self.page).text
        own = "" if self.page == self.action else f'action="{html.escape(self.action)}"'
        pattern = rf'<form method="post"[^>]*>(?:(?!</form>).)*?name="{SEEN}" value="([^"]*)"'
        forms = [each for each in re.finditer(pattern, shown, re.S) if own in each[0]]
        assert forms, f"the form {self.action} does not say what it shows"
        return html.unescape(forms[0][1])


@dataclass
class World:
    """A study with somebody in it, and whoever may do everything that these forms do."""

    app: Flask
    session: Session
    protocol: Protocol
    person: Participant
    browsers: dict[Role, Browser]

    def tab(self, role: Role, page: str, action: str) -> Tab:
        return Tab(self.browsers[role], page, action)


@pytest.fixture
def world(app: Flask, session: Session) -> Iterator[World]:
    roles = (Role.INVESTIGATOR, Role.COORDINATOR, Role.DATA_MANAGER, Role.ADMINISTRATOR)

    def make() -> None:
        protocol = backtobasic()
        person = participant(protocol, now=NOW - timedelta(days=40))
        planned(person, (NOW - timedelta(days=8)).date(), NOW - timedelta(days=39))
        for role in roles:
            user(protocol.study, role)
        user(protocol.study, Role.MONITOR, email="monitor@hospital.example")

    assert begun(("somebody, and who may do everything",), make)
    people = session.scalars(select(User).order_by(User.id)).all()
    protocol, person = session.scalars(select(Protocol)).one(), session.scalars(select(Participant)).one()
    with moved_clock(lambda: NOW):
        browsers = {role: Browser(app, who) for role, who in zip(roles, people, strict=False)}
        yield World(app, session, protocol, person, browsers)


@dataclass(frozen=True)
class Form:
    """A form that changes a stored value: its page and address, what the first tab sends, and what the second does."""

    role: Role
    page: str
    action: str
    first: dict[str, str]
    second: dict[str, str]
    says: tuple[str, ...]
    """What the refusal shows of then and now."""


FORMS = {
    "event": Form(
        Role.COORDINATOR, HER, f"{HER}/events/",
        {"kind": "first_infusion", "act": "planned", "on": "2026-03-12", **WHY, "confirmed": "yes"},
        {"kind": "first_infusion", "act": "planned", "on": "2026-03-19", **WHY, "confirmed": "yes"},
        ("Sun 22 Feb 2026", "Thu 12 Mar 2026"),
    ),
    "phone": Form(
        Role.COORDINATOR, HER, f"{HER}/phone", {"phone": "406 11 111", **WHY}, {"phone": "406 22 222", **WHY},
        ("as you saw it", "another one"),
    ),
    "consent": Form(
        Role.COORDINATOR, HER, f"{HER}/consents",
        {"document": "1.1", "given_on": "2026-03-01"}, {"document": "1.2", "given_on": "2026-03-02"}, ("1.0", "1.1"),
    ),
    "identity": Form(
        Role.COORDINATOR, HER, f"{HER}/identity/", {"pin": "4711"}, {"pin": "8213"}, ("as you saw it", "another one"),
    ),
    "randomisation": Form(
        Role.COORDINATOR, HER, f"{HER}/randomisation", {"randomised_on": "2026-02-10"},
        {"randomised_on": "2026-02-11"}, ("–", "Tue 10 Feb 2026"),
    ),
    "leaving": Form(
        Role.COORDINATOR, HER, f"{HER}/leaving", {"grade": "no texts", "leaves_on": "2026-03-20", **WHY},
        {"grade": "no more questionnaires", "leaves_on": "2026-03-25", **WHY}, ("–", "Fri 20 Mar 2026"),
    ),
    "texts": Form(
        Role.COORDINATOR, HER, f"{HER}/texts/", {"act": "stop", **WHY}, {"act": "test", **WHY},
        ("can be sent", "said STOP"),
    ),
    "record": Form(
        Role.COORDINATOR, f"{HER}/record", f"{HER}/record",
        {"act": "correct", "language": "en", "reason": "she reads English"},
        {"act": "correct", "zone": "Europe/London", "reason": "she lives in London"}, ("Language", "nb", "en"),
    ),
    "not done": Form(
        Role.COORDINATOR, f"{HER}/visits/d7/", f"{HER}/visits/d7/not-done", {"reason": "not reached"},
        {"reason": "other", "note": "away"}, ("–", "not reached"),
    ),
    "site": Form(
        Role.DATA_MANAGER, f"{STUDY}study/sites/02/", f"{STUDY}study/sites/02/",
        {"act": "approve", "approved_on": "2026-02-01", "approval_reference": "REK 1", **WHY},
        {"act": "approve", "approved_on": "2026-02-02", "approval_reference": "REK 2", **WHY},
        ("–", "Sun 1 Feb 2026, REK 1"),
    ),
    "version": Form(
        Role.DATA_MANAGER, f"{STUDY}study/versions/1.0/sites/02", f"{STUDY}study/versions/1.0/sites/02", WHY, WHY,
        ("the newest", "1.0"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_the_second_tab_is_shown_both_values_and_then_decides(world: World, name: str) -> None:
    form = FORMS[name]
    tab = world.tab(form.role, form.page, form.action)
    seen = tab.opened()
    first = tab.browser.post(form.action, **{SEEN: seen}, **form.first)
    assert first.status_code == 303, first.text
    refused = tab.browser.post(form.action, **{SEEN: seen}, **form.second)
    page = html.unescape(refused.text)
    assert refused.status_code == 409
    assert "<title>Error: " in page
    assert "Somebody changed this after your page was opened" in page
    for said in some(form.says):
        assert f">{said}<" in page or f"{said}, " in page or f", {said}" in page, said
    for value in form.second.values():
        assert value in page
    assert "Keep what stands there" in page


def stored(world: World) -> tuple[object, ...]:
    world.session.expire_all()
    return (world.person.language, world.person.zone, world.person.enrolled_on)


def test_sent_again_from_the_page_that_showed_both_it_is_a_decision(world: World) -> None:
    tab = world.tab(Role.COORDINATOR, f"{HER}/record", f"{HER}/record")
    seen, enrolled = tab.opened(), world.person.enrolled_on
    tab.browser.post(tab.action, **{SEEN: seen}, act="correct", language="en", reason="she reads English")
    mine = {"act": "correct", "zone": "Europe/London", "reason": "she lives in London"}
    refused = tab.browser.post(tab.action, **{SEEN: seen}, **mine)
    assert (refused.status_code, stored(world)) == (409, ("en", "Europe/Oslo", enrolled))
    again = re.findall(rf'name="{SEEN}" value="([^"]*)"', refused.text)
    assert tab.browser.post(tab.action, **{SEEN: html.unescape(again[0])}, **mine).status_code == 303
    assert stored(world) == ("en", "Europe/London", enrolled)


def test_what_was_wrong_with_a_form_does_not_hide_that_somebody_was_quicker(world: World) -> None:
    tab = world.tab(Role.COORDINATOR, HER, f"{HER}/randomisation")
    seen = tab.opened()
    wrong = tab.browser.post(tab.action, **{SEEN: seen}, randomised_on="soon")
    assert wrong.status_code == 400
    tab.browser.post(tab.action, **{SEEN: seen}, randomised_on="2026-02-10")
    assert f'value="{seen}"' in html.unescape(wrong.text)
    assert tab.browser.post(tab.action, **{SEEN: seen}, randomised_on="2026-02-11").status_code == 409


def test_a_preview_carries_on_what_the_form_showed(world: World) -> None:
    tab = world.tab(Role.COORDINATOR, f"{HER}/record", f"{HER}/record")
    seen, mine = tab.opened(), {"language": "en", "reason": "she reads English"}
    shown = tab.browser.post(tab.action, **{SEEN: seen}, act="preview", **mine)
    assert (shown.status_code, f'value="{seen}"' in html.unescape(shown.text)) == (200, True)
    tab.browser.post(f"{HER}/randomisation", randomised_on="2026-02-10")
    assert tab.browser.post(tab.action, **{SEEN: seen}, act="correct", **mine).status_code == 409


def test_neither_number_is_told_to_who_is_refused(world: World) -> None:
    tab = world.tab(Role.COORDINATOR, HER, f"{HER}/phone")
    seen = tab.opened()
    before = world.person.contact.phone
    tab.browser.post(tab.action, **{SEEN: seen}, phone="406 11 111", **WHY)
    page = tab.browser.post(tab.action, **{SEEN: seen}, phone="406 22 222", **WHY).text
    assert "40611111" not in page.replace(" ", "")
    assert before is not None
    assert before.removeprefix("+47") not in page.replace(" ", "")
    assert "406 22 222" in page


def test_two_people_are_told_of_each_other_as_two_tabs_are(world: World) -> None:
    hers, his = (world.tab(role, HER, f"{HER}/texts/") for role in (Role.COORDINATOR, Role.INVESTIGATOR))
    seen = his.opened()
    assert hers.browser.post(hers.action, **{SEEN: hers.opened()}, act="stop", **WHY).status_code == 303
    assert his.browser.post(his.action, **{SEEN: seen}, act="stop", **WHY).status_code == 409


def test_what_another_form_changed_refuses_nothing(world: World) -> None:
    tab = world.tab(Role.COORDINATOR, HER, f"{HER}/phone")
    seen = tab.opened()
    tab.browser.post(f"{HER}/randomisation", randomised_on="2026-02-10")
    assert tab.browser.post(tab.action, **{SEEN: seen}, phone="406 11 111", **WHY).status_code == 303


@pytest.mark.parametrize("seen", ["", "x", "[]", "null", "1", '{"a":1}', '{"a":null}', "[" * 5000, '"a"'])
def test_what_is_no_form_of_ours_is_refused_in_a_sentence(world: World, seen: str) -> None:
    refused = world.browsers[Role.COORDINATOR].post(f"{HER}/phone", **{SEEN: seen}, phone="406 11 111", **WHY)
    assert (refused.status_code, "not one of ours" in refused.text) == (400, True)
    world.session.expire_all()
    assert world.session.get_one(Contact, world.person.contact.id).version == 1


def test_a_program_that_shows_nothing_is_held_by_nothing(world: World) -> None:
    assert world.browsers[Role.COORDINATOR].post(f"{HER}/phone", phone="406 11 111", **WHY).status_code == 303


def of_people(world: World) -> tuple[str, str]:
    pages = world.browsers[Role.ADMINISTRATOR].get(f"{STUDY}people/").text
    action = re.search(r'action="([^"]*/people/(\d+)/roles)"(?:(?!</details>).)*?monitor@hospital', pages, re.S)
    numbers = re.findall(r"monitor@hospital\.example.*?/people/(\d+)/roles", pages, re.S)
    assert action or numbers
    return f"{STUDY}people/", f"{STUDY}people/{numbers[0]}/roles"


def test_two_administrators_do_not_overwrite_each_others_roles(world: World) -> None:
    page, action = of_people(world)
    tab = world.tab(Role.ADMINISTRATOR, page, action)
    seen = tab.opened()
    given = tab.browser.post(action, **{SEEN: seen}, act="give", role="coordinator", site="02")
    assert given.status_code == 303
    refused = tab.browser.post(action, **{SEEN: seen}, act="withdraw", role="monitor", site="")
    assert refused.status_code == 409
    assert "coordinator 02" in refused.text
    factor = action.replace("/roles", "/second-factor")
    assert tab.browser.post(factor, **{SEEN: seen}, **WHY).status_code == 409
    identity = action.replace("/roles", "/identity")
    assert tab.browser.post(identity, **{SEEN: seen}, **WHY).status_code == 409


def test_in_bokmal_it_is_said_in_bokmal(world: World) -> None:
    tab = world.tab(Role.COORDINATOR, HER, f"{HER}/texts/")
    seen = tab.opened()
    tab.browser.post(tab.action, **{SEEN: seen}, act="stop", **WHY)
    norwegian = {"Accept-Language": "nb"}
    tab.browser.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = norwegian["Accept-Language"]
    page = tab.browser.post(tab.action, **{SEEN: seen}, act="test", **WHY).text
    assert "Noen endret dette etter at siden din ble åpnet" in page
    assert "Behold det som står der" in page


def test_a_form_that_changes_a_stored_value_carries_it_or_stands_on_the_list(app: Flask) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or set())]
    guarded = [rule.rule for rule in rules if asked_by(app.view_functions[rule.endpoint]) is not None]
    desk = {rule for rule in guarded if rule.startswith("/desk/")}
    assert desk == CARRY | OTHERS.keys()
    assert CARRY.isdisjoint(OTHERS)
