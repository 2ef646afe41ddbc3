"""The page of webhooks: what was told and what did not arrive is read, paused, ended, and told again."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.programs import add_program
from app.accounts.roles import Role
from app.core.audit import AuditEntry
from app.core.networks import networks
from app.core.time import moved_clock
from app.hooks.models import OF_A_STUDY, DeliveryState, Hook, HookDelivery, HookEvent
from app.hooks.subscribing import ping, subscribe
from app.studies.access import join
from app.studies.models import Study
from tests.factories import NOW, Browser, backtobasic, user

PAGE = "/desk/backtobasic/study/webhooks/"
WHY = {"reason": "their server is moved"}


@dataclass
class Office:
    """A study with a webhook, and whoever manages it."""

    app: Flask
    session: Session
    study: Study
    hook: Hook
    manager: Browser

    def owed(self, state: DeliveryState) -> HookDelivery:
        """Something that was owed there, and how far it came."""
        delivery = ping(self.hook)
        delivery.attempts = 3
        if state is DeliveryState.DELIVERED:
            delivery.delivered_at, delivery.status = NOW, 200
        elif state is DeliveryState.GIVEN_UP:
            delivery.given_up_at, delivery.failure = NOW, "nobody listens there"
        self.session.commit()
        return delivery

    def act(self, act: str, **form: str) -> int:
        """Send the form of the webhook."""
        status = self.manager.post(f"{PAGE}{self.hook.id}", act=act, **form).status_code
        self.session.expire_all()
        return status


@pytest.fixture
def office(app: Flask, session: Session) -> Iterator[Office]:
    study = backtobasic().study
    hook, _ = subscribe(study, None, "http://127.0.0.1:9/heard", OF_A_STUDY, networks("127.0.0.0/8"), NOW)
    manager = user(study, Role.DATA_MANAGER)
    session.commit()
    with moved_clock(lambda: NOW):
        yield Office(app, session, study, hook, Browser(app, manager))


def test_the_page_shows_where_it_is_told_what_and_how_far_it_came(office: Office) -> None:
    assert "Nothing was told yet." in office.manager.get(PAGE).text
    for state in DeliveryState:
        office.owed(state)
    page = office.manager.get(PAGE).text
    for said in ("http://127.0.0.1:9/heard", "response.submitted", "all sites", "nobody listens there", *DeliveryState):
        assert said in page
    assert page.count("Tell again<") == 2, "what waits is not told again"
    assert PAGE in office.manager.get("/desk/backtobasic/study/").text


def test_it_is_paused_goes_on_and_ends_for_reasons_on_the_record(office: Office) -> None:
    assert office.act("pause", **WHY) == 303
    assert office.hook.paused_because == WHY["reason"]
    assert WHY["reason"] in office.manager.get(PAGE).text
    assert office.act("go on", reason="it is there again") == 303
    assert office.hook.paused_at is None
    assert office.act("end", reason="not needed any more") == 303
    assert office.hook.ended_at is not None
    assert "None." in office.manager.get(PAGE).text
    of_hooks = select(AuditEntry.reason).filter_by(table_name="public.hooks", action="update")
    reasons = office.session.scalars(of_hooks.order_by(AuditEntry.id)).all()
    assert reasons == [WHY["reason"], "it is there again", "not needed any more"]


def test_what_was_given_up_is_told_again_all_of_it_or_one(office: Office) -> None:
    first, second, arrived = (
        office.owed(state) for state in (DeliveryState.GIVEN_UP, DeliveryState.GIVEN_UP, DeliveryState.DELIVERED)
    )
    assert office.manager.post(f"{PAGE}{office.hook.id}/deliveries/{first.id}").status_code == 303
    office.session.expire_all()
    assert [row.state.value for row in (first, second, arrived)] == ["waiting", "given up", "delivered"]
    assert office.act("again", **WHY) == 303
    assert [row.state.value for row in (first, second, arrived)] == ["waiting", "waiting", "delivered"]
    assert first.event is HookEvent.PING


@pytest.mark.parametrize(
    ("form", "status", "said"),
    [
        ({"act": "pause"}, 400, "Say why."),
        ({"act": "pause", "reason": "  "}, 400, "Say why."),
        ({"act": "louder", **WHY}, 400, "Choose one of the list."),
        ({"act": "go on", **WHY}, 409, "is not paused"),
    ],
)
def test_what_is_refused_is_said_beside_it_and_changes_nothing(
    office: Office, form: dict[str, str], status: int, said: str
) -> None:
    refused = office.manager.post(f"{PAGE}{office.hook.id}", **form)
    assert (refused.status_code, said in refused.text, "<title>Error: " in refused.text) == (status, True, True)
    office.session.expire_all()
    assert (office.hook.paused_at, office.hook.ended_at) == (None, None)


def test_what_is_not_there_is_not_found(office: Office) -> None:
    assert office.manager.post(f"{PAGE}999", act="pause", **WHY).status_code == 404
    refused = office.manager.post(f"{PAGE}{office.hook.id}/deliveries/999")
    assert (refused.status_code, "has no delivery 999" in refused.text) == (404, True)


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.INVESTIGATOR, Role.MONITOR, Role.STATISTICIAN])
def test_who_does_not_manage_the_study_neither_sees_nor_stops_them(office: Office, role: Role) -> None:
    them = Browser(office.app, user(office.study, role))
    assert them.get(PAGE).status_code == 403
    assert them.post(f"{PAGE}{office.hook.id}", act="end", **WHY).status_code == 403
    assert PAGE not in them.get("/desk/backtobasic/study/").text


def test_another_studys_webhook_is_not_there(office: Office) -> None:
    elsewhere = backtobasic(code="second").study
    theirs, _ = subscribe(elsewhere, None, "http://127.0.0.1:9/x", OF_A_STUDY, networks("127.0.0.0/8"), NOW)
    office.session.commit()
    assert office.manager.post(f"{PAGE}{theirs.id}", act="end", **WHY).status_code == 404
    assert "127.0.0.1:9/x" not in office.manager.get(PAGE).text


def test_an_account_of_a_program_is_told_apart_from_people(office: Office) -> None:
    join(add_program("epj-enrolment", "Enrols from the record", NOW), office.study, Role.COORDINATOR)
    administrator = Browser(office.app, user(office.study, Role.ADMINISTRATOR))
    page = administrator.get("/desk/backtobasic/people/").text
    assert page.count("a program</span>") == 1
