"""Webhooks by API and at a shell: made, paused, ended, pinged; what was told is listed, and told again."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.roles import GRANTS, Permission, Role
from app.hooks.models import Hook, HookDelivery
from app.studies.models import Study
from tests.api.asking import S
from tests.api.conftest import Program, Programs
from tests.factories import command

HOOKS = f"{S}/webhooks"
URL = "https://hooks.hospital.example/svar"
ENTRY: dict[str, Any] = {"url": URL, "events": ["export.ready", "response.submitted"]}


@pytest.fixture
def manager(program: Programs) -> Program:
    return program(Role.DATA_MANAGER)


def made(manager: Program) -> int:
    answer = manager.post(HOOKS, ENTRY)
    assert answer.status_code == 201, answer.text
    return int(answer.get_json()["hook"]["id"])


def test_a_webhook_is_made_and_its_secret_shown_once(manager: Program) -> None:
    new = manager.post(HOOKS, ENTRY).get_json()
    assert new["secret"].startswith("whsec_")
    assert new["hook"] == {
        "id": new["hook"]["id"], "url": URL, "events": ["response.submitted", "export.ready"], "site": None,
        "created_at": "2026-04-07T09:00:00Z", "paused_at": None, "paused_because": None,
    }  # fmt: skip
    listed = manager.get(HOOKS)
    assert listed.get_json() == {"items": [new["hook"]]}
    assert new["secret"] not in listed.text


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"url": "http://hooks.hospital.example/svar"}, "url"),
        ({"url": "https://10.0.0.1/svar"}, "url"),
        ({"url": "https://localhost:8000@evil.example"}, "url"),
        ({"url": "x" * 501}, "url"),
        ({"events": []}, "events"),
        ({"events": ["ping"]}, "events"),
        ({"events": ["response.deleted"]}, "events"),
        ({"events": "export.ready"}, "events"),
        ({"site": "99"}, "site"),
        ({"secret": "whsec_mine"}, "secret"),
    ],
)
def test_what_cannot_be_told_is_refused_by_its_field(manager: Program, changed: dict[str, Any], field: str) -> None:
    answer = manager.post(HOOKS, ENTRY | changed)
    assert (answer.status_code, set(answer.get_json()["errors"])) == (400, {field})


def test_it_is_pinged_paused_goes_on_and_ends(manager: Program, session: Session) -> None:
    hook = f"{HOOKS}/{made(manager)}"
    pinged = manager.post(f"{hook}/pings", {}).get_json()
    assert (pinged["event"], pinged["state"], pinged["payload"]) == ("ping", "waiting", {"study": "backtobasic"})
    assert manager.post(f"{hook}/pause", {"reason": "maintenance"}).get_json()["paused_because"] == "maintenance"
    assert manager.post(f"{hook}/pause", {"reason": "maintenance"}).status_code == 409
    assert manager.post(f"{hook}/going-on", {}).get_json()["paused_at"] is None
    assert manager.post(f"{hook}/ending", {"reason": "replaced"}).get_json() == {"items": []}
    for path in ("pings", "going-on"):
        assert manager.post(f"{hook}/{path}", {}).status_code == 404


def test_what_was_told_is_listed_by_state_and_told_again(manager: Program, session: Session) -> None:
    hook = f"{HOOKS}/{made(manager)}"
    pinged = manager.post(f"{hook}/pings", {}).get_json()
    row = session.scalars(select(HookDelivery)).one()
    row.given_up_at, row.failure, row.status, row.attempts = row.noted_at, "answered 500", 500, 10
    session.commit()
    (listed,) = manager.get(f"{hook}/deliveries?state=given up").get_json()["items"]
    assert (listed["event_id"], listed["status"], listed["attempts"]) == (pinged["event_id"], 500, 10)
    assert manager.get(f"{hook}/deliveries?state=delivered").get_json() == {"items": []}
    again = manager.post(f"{hook}/deliveries/{row.id}/replays", {}).get_json()
    assert (again["state"], again["attempts"], again["event_id"]) == ("waiting", 0, pinged["event_id"])
    assert manager.post(f"{hook}/deliveries/{row.id + 1}/replays", {}).status_code == 404
    assert manager.get(f"{hook}/deliveries?state=lost").status_code == 400


@pytest.mark.parametrize("role", Role)
def test_whoever_manages_the_study_and_nobody_else(program: Programs, role: Role) -> None:
    may = Permission.MANAGE_STUDY in GRANTS[role]
    assert program(role).get(HOOKS).status_code == (200 if may else 403)
    assert program(role).post(HOOKS, ENTRY).status_code == (201 if may else 403)


def test_a_role_at_one_site_hears_nothing_of_the_study(program: Programs) -> None:
    assert program(Role.DATA_MANAGER, at_site="01").get(HOOKS).status_code == 403


def test_another_studys_webhook_is_not_there(manager: Program, session: Session) -> None:
    hook = made(manager)
    other = Study(code="other", title="Other", created_at=session.scalars(select(Study.created_at)).one())
    session.add(other)
    session.flush()
    session.get_one(Hook, hook).study = other
    session.commit()
    for path in (f"{hook}/deliveries", "99/deliveries", f"{2**63}/deliveries"):
        assert manager.get(f"{HOOKS}/{path}").status_code == 404


def test_a_shell_does_the_same(app: Flask, study: Study, session: Session) -> None:
    added = command(app, "hooks", "add", study.code, URL, "--on", "export.ready", "--site", "02")
    assert added.stdout.startswith("whsec_")
    hook = str(session.scalars(select(Hook.id)).one())
    assert command(app, "hooks", "ping", study.code, hook).exit_code == 0
    delivery = session.scalars(select(HookDelivery)).one()
    delivery.given_up_at, delivery.failure = delivery.noted_at, "answered 500"
    session.commit()
    counted = "(0 waiting, 0 delivered, 1 given up)"
    assert command(app, "hooks", "list", study.code).stdout == f"{hook}  {URL}  export.ready  site 02  {counted}\n"
    assert command(app, "hooks", "deliveries", study.code, hook).stdout.endswith("ping  given up  answered 500\n")
    assert command(app, "hooks", "replay", study.code, hook).stdout.startswith("1 will be sent again")
    assert command(app, "hooks", "replay", study.code, hook, str(delivery.id)).stdout.startswith("1 will be sent")
    assert command(app, "hooks", "pause", study.code, hook).exit_code == 0
    assert "paused: by hand" in command(app, "hooks", "list", study.code).stdout
    assert command(app, "hooks", "go-on", study.code, hook).exit_code == 0
    assert command(app, "hooks", "end", study.code, hook).exit_code == 0
    assert command(app, "hooks", "list", study.code).stdout == ""
    assert "has no webhook" in command(app, "hooks", "ping", study.code, hook).output


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("add", "backtobasic", "http://hooks.example", "--on", "export.ready"), "Write an https address"),
        (("add", "backtobasic", "https://192.168.1.1", "--on", "export.ready"), "private network"),
        (("add", "backtobasic", URL, "--on", "ping"), "is not one of"),
        (("add", "nowhere", URL, "--on", "export.ready"), "There is no study nowhere"),
        (("add", "backtobasic", URL, "--on", "export.ready", "--site", "99"), "has no site 99"),
        (("ping", "backtobasic", "7"), "has no webhook 7"),
    ],
)
def test_mistakes_at_a_shell_get_a_sentence(app: Flask, study: Study, words: tuple[str, ...], sentence: str) -> None:
    assert sentence in command(app, "hooks", *words).output
