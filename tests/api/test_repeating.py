"""What a program sends twice is done once: with a key it is answered as the first time, without one it is refused."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.accounts import repeats
from app.accounts.models import ApiToken, KeptAnswer
from app.accounts.roles import Role
from app.core.audit import acting
from app.core.database import db
from app.core.problems import Conflict, OtherRequest
from app.core.time import moved_clock
from app.exports.models import Snapshot
from app.hooks.models import Hook
from app.messages.models import Stranger
from app.messages.receiving import replies
from app.participants.models import Departure, Disclosure, Event, Participant, Task
from app.responses.sms import hear_replies
from app.studies.installing import current_protocol
from app.studies.models import Study
from tests.api.asking import BODY, NEW_PHONE, S
from tests.api.conftest import Program, Programs
from tests.exports.conftest import NOW
from tests.factories import participant, user

KEY = {"Idempotency-Key": "4a1f7a5e-9d1c-4d3c-8f55-6f1a1f1f0c3b"}
HAPPENED = {"kind": "infusion", "state": "happened", "at": "2026-04-07T08:00:00Z"}
PLANNED = {"kind": "infusion", "state": "planned", "on": "2026-04-20"}
WHY = {"reason": "it was asked for"}


def sent(program: Program, path: str, body: object, **headers: str) -> TestResponse:
    with moved_clock(lambda: NOW):
        return program.client.post(f"/api/v1{path}", headers=program.headers | headers, json=body)


@pytest.fixture
def task(study: Study, session: Session) -> Task:
    with acting("clock"):
        person = participant(current_protocol(study), "01", NOW)
        replies.keep({"MessageSid": "SM1", "From": person.contact.phone or "", "Body": "Ring meg"}, NOW)
        replies.keep({"MessageSid": "SM2", "From": "+4799999999", "Body": "Hei"}, NOW)
        hear_replies(NOW)
        session.commit()
    return session.scalars(select(Task).filter_by(participant_id=person.id)).one()


def stranger(_: Task) -> str:
    """Whoever wrote from a number that nobody has."""
    return f"{S}/strangers/{db.session.scalars(select(Stranger.id)).one()}"


def rows(session: Session) -> dict[str, int]:
    """How much there is of what a POST can make."""
    return {
        table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0
        for table in (Participant, Event, Disclosure, Departure, Hook, Snapshot)
    }


POSTS: dict[str, tuple[Callable[[Task], str], dict[str, Any]]] = {
    "/api/v1/studies/<study>/participants": (lambda _: f"{S}/participants", BODY),
    "/api/v1/studies/<study>/participants/<code>/events": (lambda _: f"{S}/participants/01-002/events", HAPPENED),
    "/api/v1/studies/<study>/participants/<code>/contact": (
        lambda _: f"{S}/participants/01-002/contact",
        {"phone": "+4740655509", **WHY},
    ),
    "/api/v1/studies/<study>/participants/<code>/events/voiding": (
        lambda _: f"{S}/participants/01-002/events/voiding",
        {"kind": "first_infusion", "recorded_on": "2026-03-02", **WHY},
    ),
    "/api/v1/studies/<study>/participants/<code>/withdrawals": (
        lambda _: f"{S}/participants/01-002/withdrawals",
        {"grade": "no more questionnaires", **WHY},
    ),
    "/api/v1/studies/<study>/participants/<code>/corrections": (
        lambda _: f"{S}/participants/01-002/corrections",
        {"language": "en", **WHY},
    ),
    "/api/v1/studies/<study>/participants/<code>/transfers": (
        lambda _: f"{S}/participants/01-002/transfers",
        {"site": "02", **WHY},
    ),
    "/api/v1/studies/<study>/snapshots": (lambda _: f"{S}/snapshots", {}),
    "/api/v1/studies/<study>/webhooks": (
        lambda _: f"{S}/webhooks",
        {"url": "https://hooks.hospital.example/svar", "events": ["export.ready"]},
    ),
    "/api/v1/studies/<study>/people/withdrawals": (
        lambda _: f"{S}/people/withdrawals",
        {"email": "kari@hospital.example", "role": "coordinator", "site": "02", **WHY},
    ),
    "/api/v1/studies/<study>/people/second-factor-resets": (
        lambda _: f"{S}/people/second-factor-resets",
        {"email": "kari@hospital.example", **WHY},
    ),
    "/api/v1/studies/<study>/tasks/<int:task_id>/readings": (lambda task: f"{S}/tasks/{task.id}/readings", WHY),
    "/api/v1/studies/<study>/tasks/<int:task_id>/closing": (
        lambda task: f"{S}/tasks/{task.id}/closing",
        {"outcome": "Called."},
    ),
    "/api/v1/studies/<study>/strangers/<int:stranger_id>/readings": (lambda task: f"{stranger(task)}/readings", WHY),
    "/api/v1/studies/<study>/strangers/<int:stranger_id>/closing": (
        lambda task: f"{stranger(task)}/closing",
        {"outcome": "Called."},
    ),
}


ROLES = {"/people/": Role.ADMINISTRATOR, "/webhooks": Role.DATA_MANAGER, "/snapshots": Role.STATISTICIAN}
"""Who sends what a coordinator does not."""


def test_every_post_of_the_api_goes_through_the_one_place_that_does_it_once(app: Flask) -> None:
    posts = [
        rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/v1/") and "POST" in (rule.methods or ())
    ]
    assert set(POSTS) <= {rule.rule for rule in posts}
    assert [rule.rule for rule in posts if not hasattr(app.view_functions[rule.endpoint], "operation")] == []


@pytest.mark.parametrize("rule", POSTS)
def test_a_post_with_the_same_key_is_answered_as_the_first_and_done_once(
    program: Programs, study: Study, session: Session, task: Task, rule: str
) -> None:
    someone = user(study, Role.COORDINATOR, "02", email="kari@hospital.example")
    someone.tf_primary_method, someone.tf_totp_secret = "authenticator", "closed"
    session.commit()
    role = next((role for place, role in ROLES.items() if place in rule), Role.COORDINATOR)
    client, (path, body) = program(role), POSTS[rule]
    if "closing" in rule:
        for read in (f"{S}/tasks/{task.id}", stranger(task)):
            assert sent(client, f"{read}/readings", WHY).status_code == 200
    seen = KEY | {"If-Match": "*"}
    first = sent(client, path(task), body, **seen)
    assert first.status_code in range(200, 300), first.text
    after_first = rows(session)
    again = sent(client, path(task), json.loads(json.dumps(body)), **seen)
    assert (again.status_code, again.json) == (first.status_code, first.json)
    assert again.headers.get("ETag") == first.headers.get("ETag")
    assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (None, "true")
    session.expire_all()
    assert rows(session) == after_first


def test_a_key_of_another_request_is_refused(program: Programs) -> None:
    coordinator, path = program(Role.COORDINATOR), f"{S}/participants"
    assert sent(coordinator, path, BODY, **KEY).status_code == 201
    for other_path, other in (
        (path, BODY | {"phone": "+4740699999"}),
        (f"{path}?note=1", BODY),
        (f"{path}/01-002/events", HAPPENED),
    ):
        answer = sent(coordinator, other_path, other, **KEY)
        assert (answer.status_code, "for another request" in answer.get_json()["detail"]) == (422, True), other_path
    assert sent(coordinator, path, BODY, **KEY).status_code == 201


def test_the_order_of_names_and_spaces_make_no_other_request(program: Programs) -> None:
    coordinator = program(Role.COORDINATOR)
    first = sent(coordinator, f"{S}/participants", BODY, **KEY)
    assert first.headers["ETag"]
    text = json.dumps(dict(reversed(BODY.items())), indent=3)
    with moved_clock(lambda: NOW):
        again = coordinator.client.post(
            f"/api/v1{S}/participants", headers=coordinator.headers | KEY, data=text, content_type="application/json"
        )
    assert (again.status_code, again.json) == (201, first.json)


def test_a_key_belongs_to_its_token(program: Programs) -> None:
    first = sent(program(Role.COORDINATOR), f"{S}/participants", BODY, **KEY)
    other = sent(program(Role.COORDINATOR), f"{S}/participants", BODY | {"phone": "+4740699998"}, **KEY)
    assert (first.status_code, other.status_code) == (201, 201)
    assert first.get_json()["participant"] != other.get_json()["participant"]


def test_what_was_refused_is_not_kept_and_may_be_sent_mended(program: Programs, session: Session) -> None:
    coordinator = program(Role.COORDINATOR)
    assert sent(coordinator, f"{S}/participants", BODY | {"consent": ""}, **KEY).status_code == 400
    assert session.scalar(select(func.count()).select_from(KeptAnswer)) == 0
    assert sent(coordinator, f"{S}/participants", BODY, **KEY).status_code == 201


def test_a_key_is_forgotten_after_a_day(program: Programs, session: Session) -> None:
    coordinator, path = program(Role.COORDINATOR), f"{S}/participants/01-002/events"
    assert sent(coordinator, path, HAPPENED, **KEY).status_code == 201
    for later, status in ((timedelta(hours=24) - timedelta(seconds=1), 201), (timedelta(hours=24), 409)):
        with moved_clock(lambda later=later: NOW + later):  # type: ignore[misc]
            answer = coordinator.client.post(f"/api/v1{path}", headers=coordinator.headers | KEY, json=HAPPENED)
        assert answer.status_code == status, later
    with moved_clock(lambda: NOW + timedelta(days=2)):
        answer = coordinator.client.post(
            f"/api/v1{path}", headers=coordinator.headers | {"Idempotency-Key": "another"}, json=PLANNED
        )
    assert answer.status_code == 201
    assert session.scalar(select(func.count()).select_from(KeptAnswer)) == 1, "yesterday's is gone"


@pytest.mark.parametrize("key", ["", " ", "two words", "k" * 201, "nøkkel"])
def test_a_key_that_is_none_is_refused(program: Programs, key: str) -> None:
    coordinator = program(Role.COORDINATOR)
    answer = sent(coordinator, f"{S}/participants", BODY, **{"Idempotency-Key": key})
    assert (answer.status_code, "200 visible characters" in answer.get_json()["detail"]) == (400, True)


def test_what_a_patient_wrote_is_kept_closed(program: Programs, session: Session, task: Task) -> None:
    answer = sent(program(Role.COORDINATOR), f"{S}/tasks/{task.id}/readings", WHY, **KEY)
    assert "Ring meg" in answer.text
    kept = session.scalars(select(KeptAnswer)).one()
    assert b"Ring meg" not in kept.answer_sealed


def test_a_request_in_flight_is_not_done_beside_itself(app: Flask, program: Programs, session: Session) -> None:
    program(Role.COORDINATOR)
    token_id = session.scalars(select(ApiToken.id)).one()
    both = Barrier(2)

    def ask() -> str:
        with app.app_context(), acting("test"):
            token = db.session.get_one(ApiToken, token_id)
            try:
                earlier = repeats.earlier_answer(token, "key", b"request", NOW)
                both.wait(5)
                return "new" if earlier is None else "kept"
            except Conflict as refused:
                both.wait(5)
                return f"in flight, again after {refused.retry_after}"
            finally:
                db.session.rollback()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(future.result() for future in [pool.submit(ask), pool.submit(ask)]) == [
            "in flight, again after 1",
            "new",
        ]


def test_another_request_with_the_key_is_told_from_the_first(app: Flask, program: Programs, session: Session) -> None:
    program(Role.COORDINATOR)
    token = session.scalars(select(ApiToken)).one()
    assert repeats.earlier_answer(token, "key", b"request", NOW) is None
    repeats.keep(token, "key", b"request", repeats.AnswerGiven(201, "{}", "seen"), NOW)
    assert repeats.earlier_answer(token, "key", b"request", NOW) == (201, "{}", "seen")
    with pytest.raises(OtherRequest):
        repeats.earlier_answer(token, "key", b"another", NOW)


def test_an_enrolment_sent_twice_without_a_key_is_refused_with_the_code(program: Programs) -> None:
    coordinator = program(Role.COORDINATOR)
    first = sent(coordinator, f"{S}/participants", BODY)
    again = sent(coordinator, f"{S}/participants", BODY)
    assert (first.status_code, again.status_code) == (201, 409)
    assert first.get_json()["participant"] in again.get_json()["errors"]["phone"]
    assert NEW_PHONE[3:] not in again.text
    shared = sent(coordinator, f"{S}/participants", BODY | {"shared_phone": True})
    assert shared.status_code == 201


@pytest.mark.parametrize("event", [HAPPENED, PLANNED, PLANNED | {"at": "2026-04-20T08:00:00Z"}])
def test_an_event_sent_twice_is_noted_once(program: Programs, session: Session, event: dict[str, str]) -> None:
    coordinator, path = program(Role.COORDINATOR), f"{S}/participants/01-002/events"
    before = rows(session)["events"]
    assert [sent(coordinator, path, event).status_code for _ in range(3)] == [201, 409, 409]
    assert rows(session)["events"] == before + 1


def test_events_at_other_hours_are_others(program: Programs, session: Session) -> None:
    coordinator, path = program(Role.COORDINATOR), f"{S}/participants/01-002/events"
    before = rows(session)["events"]
    others = [HAPPENED, HAPPENED | {"at": "2026-04-07T08:01:00Z"}, PLANNED, PLANNED | {"on": "2026-04-21"}]
    assert [sent(coordinator, path, event).status_code for event in others] == [201] * 4
    called_off = {"kind": "infusion", "state": "cancelled", "on": "2026-04-20"}
    assert sent(coordinator, path, called_off).status_code == 201
    assert sent(coordinator, path, PLANNED).status_code == 201, "planned anew after it was called off"
    assert rows(session)["events"] == before + 5
