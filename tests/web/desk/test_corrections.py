"""A correction on the desk: asked by the coordinator, signed by the investigator, who confirms that it is she."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import NamedTuple

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.accounts.models import StaffSession, User
from app.accounts.roles import Role
from app.core.audit import AuditEntry
from app.core.time import moved_clock
from app.instruments import instrument
from app.participants.models import Task, TaskKind
from app.responses.answering import submit
from app.responses.models import Correction, Response
from tests.factories import Browser, begun, user
from tests.responses.visits import INFUSION, answers_to, participant, visit

NOW = INFUSION + timedelta(days=155)
CORRECTIONS = "/desk/backtobasic/corrections/"
ASKED = {"item": "odi.lifting", "proposed": "4", "reason": "She chose the line above.", "source": "Note of 4 August"}


class People(NamedTuple):
    """Who sits at which desk, and what they look at."""

    response: Response
    investigator: User
    coordinators: Browser
    investigators: Browser
    elsewhere: Browser
    session: Session

    def ask(self, browser: Browser | None = None, changes: Mapping[str, str] | None = None) -> TestResponse:
        sent = ASKED | dict(changes or {})
        return (browser or self.coordinators).post(f"{CORRECTIONS}responses/{self.response.id}", **sent)

    def query(self) -> Correction:
        return self.session.scalars(select(Correction).execution_options(populate_existing=True)).one()

    def sign(self, browser: Browser | None = None, decision: str = "approve", reason: str = "") -> TestResponse:
        address = f"{CORRECTIONS}{self.query().id}/signing"
        return (browser or self.investigators).post(address, decision=decision, reason=reason)


@pytest.fixture
def people(app: Flask, session: Session) -> Iterator[People]:
    def make() -> None:
        d154 = visit(participant(), "d154")
        submit(d154, answers_to(d154), NOW - timedelta(days=1), language="en")
        study = d154.participant.study
        for role, at_site in ((Role.INVESTIGATOR, "01"), (Role.COORDINATOR, "01"), (Role.INVESTIGATOR, "02")):
            user(study, role, at_site)

    assert begun(("who correct what somebody of Oslo answered",), make)
    response = session.scalars(select(Response)).one()
    investigator, coordinator, elsewhere = session.scalars(select(User).order_by(User.id))
    with moved_clock(lambda: NOW):
        coordinators, investigators = Browser(app, coordinator), Browser(app, investigator)
        yield People(response, investigator, coordinators, investigators, Browser(app, elsewhere), session)


def test_a_query_goes_from_the_coordinators_desk_to_a_signature(people: People) -> None:
    answer = people.ask()
    query = people.query()
    assert (answer.status_code, answer.location) == (303, f"{CORRECTIONS}{query.id}")
    assert (query.proposed_value, query.outcome) == ("4", None)
    page = people.investigators.get(f"{CORRECTIONS}{query.id}/signing").text
    assert "I have compared this change with its source, and I approve it." in page
    assert people.sign().status_code == 303
    assert people.query().outcome == "approved"
    signed = people.coordinators.get(f"{CORRECTIONS}{query.id}").text
    for manifest in ("Kari Nordmann", "Tue 4 Aug 2026, 11:00", "09:00 UTC", "and I approve it.", query.sha256 or "-"):
        assert manifest in signed
    answers = people.coordinators.get(f"{CORRECTIONS}responses/{people.response.id}").text
    assert "<strong>4</strong> (corrected)" in answers


def test_the_trail_tells_who_asked_and_who_signed_and_why(people: People) -> None:
    people.ask()
    people.sign()
    query = people.query()
    trail = people.session.scalars(
        select(AuditEntry).filter_by(table_name="public.corrections").order_by(AuditEntry.id)
    )
    assert [(entry.actor, entry.reason) for entry in trail] == [
        (f"user:{query.asked_by_id}", ASKED["reason"]),
        (f"user:{people.investigator.id}", "I have compared this change with its source, and I approve it."),
    ]


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_signature_asks_for_password_and_code_again(people: People, method: str) -> None:
    people.ask()
    ran_out = update(StaffSession).values(confirmed_until=NOW - timedelta(seconds=1))
    people.session.execute(ran_out.where(StaffSession.user_id == people.investigator.id))
    people.session.commit()
    address = f"{CORRECTIONS}{people.query().id}/signing"
    answer = people.sign() if method == "post" else people.investigators.get(address)
    assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/verify")
    assert people.query().outcome is None


def test_who_asked_cannot_sign(people: People) -> None:
    people.ask(people.investigators)
    query = people.query()
    assert "another investigator of the site decides it" in people.investigators.get(f"{CORRECTIONS}{query.id}").text
    refused = people.sign()
    assert (refused.status_code, "Who asked for a change cannot decide it" in refused.text) == (403, True)
    assert people.query().outcome is None


def test_a_coordinator_cannot_sign(people: People) -> None:
    people.ask()
    assert people.sign(people.coordinators).status_code == 403
    assert people.query().outcome is None


def test_what_belongs_to_another_site_is_not_there(people: People) -> None:
    assert people.ask(people.elsewhere).status_code == 404
    people.ask()
    query = people.query()
    assert people.sign(people.elsewhere).status_code == 404
    for place in (f"{query.id}", f"{query.id}/signing", f"responses/{people.response.id}", "?participant=01-001"):
        assert people.elsewhere.get(CORRECTIONS + place).status_code == 404, place
    assert people.elsewhere.post(f"{CORRECTIONS}{query.id}/closing", reason="x").status_code == 404
    assert "01-001" not in people.elsewhere.get(CORRECTIONS).text
    assert people.query().outcome is None


def test_a_refusal_is_signed_with_its_reason(people: People) -> None:
    people.ask()
    unsaid = people.sign(decision="refuse")
    assert (unsaid.status_code, "Say the reason" in unsaid.text) == (400, True)
    assert people.sign(decision="refuse", reason="The note is of another day.").status_code == 303
    query = people.query()
    assert (query.outcome, query.decision_reason) == ("refused", "The note is of another day.")


@pytest.mark.parametrize("decision", ["", "approved", "close"])
def test_nothing_is_signed_that_was_not_chosen(people: People, decision: str) -> None:
    people.ask()
    assert people.sign(decision=decision).status_code == 400
    assert people.query().outcome is None


def test_a_query_is_closed_by_who_asked_it(people: People) -> None:
    people.ask()
    address = f"{CORRECTIONS}{people.query().id}/closing"
    assert people.coordinators.post(address, reason="").status_code == 400
    assert people.coordinators.post(address, reason="It was asked by mistake.").status_code == 303
    assert people.query().outcome == "closed"
    assert people.sign().status_code == 409


def test_a_whole_response_is_voided(people: People) -> None:
    people.ask(changes={"void": "yes", "item": "", "proposed": ""})
    assert people.query().kind == "void"
    people.sign()
    page = people.coordinators.get(f"{CORRECTIONS}responses/{people.response.id}").text
    assert "this response does not count" in page
    assert "Ask for the correction" not in page


@pytest.mark.parametrize(
    ("changes", "status", "sentence"),
    [
        ({"proposed": "9"}, 400, "9 is not an answer here"),
        ({"item": ""}, 400, "was not asked at this visit"),
        ({"item": "odi"}, 400, "was not asked at this visit"),
        ({"reason": ""}, 400, "Say the reason"),
        ({"source": " "}, 400, "Say the source"),
    ],
)
def test_a_refused_query_keeps_what_was_typed(
    people: People, changes: dict[str, str], status: int, sentence: str
) -> None:
    answer = people.ask(changes=changes)
    assert (answer.status_code, sentence in answer.text, "<title>Error: " in answer.text) == (status, True, True)
    kept = (ASKED | changes)["source"] or (ASKED | changes)["reason"]
    assert kept.strip() in answer.text
    assert people.session.scalars(select(Correction).order_by(Correction.id)).all() == []


def test_the_list_leads_from_a_code_to_her_visits(people: People) -> None:
    page = people.coordinators.get(f"{CORRECTIONS}?participant=01-001").text
    assert f"{CORRECTIONS}responses/{people.response.id}" in page
    people.ask()
    assert f"{CORRECTIONS}{people.query().id}" in people.coordinators.get(CORRECTIONS).text
    assert people.coordinators.get(f"{CORRECTIONS}?participant=09-999").status_code == 404


def test_who_reads_a_task_sees_what_was_corrected_since(people: People) -> None:
    task = Task(
        participant=people.response.assessment.participant, kind=TaskKind.CALL_ME, visit="d154", note="odi.lifting",
        created_at=NOW,
    )  # fmt: skip
    people.session.add(task)
    people.session.commit()
    address = f"/desk/backtobasic/today/tasks/{task.id}"
    assert "corrected and signed" not in people.coordinators.get(address).text
    people.ask()
    people.sign()
    page = people.coordinators.get(address).text
    options = instrument("odi").wording("en").item("lifting").options
    assert f"<strong>{options[4]}</strong>" in page
    assert f"she answered: {options[0]}" in page
