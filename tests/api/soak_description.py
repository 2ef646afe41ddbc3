"""The API against its own description, with addresses that lead somewhere (`make soak`; not of the ordinary suite).

First each change is sent once as it is meant, and is accepted. Then schemathesis makes requests that the description
allows, and requests that it does not, of every operation; what comes back must be described, and never an error of
ours. It makes a change that is accepted only where it is given one: so a body is often the one that was meant, with
other instants, and what a program saw is often right. `REQUESTS=n` makes n requests of each operation.
"""

import os
from collections import Counter
from typing import Any

import hypothesis
import pytest
import schemathesis
from flask import Flask
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.models import ApiToken
from app.accounts.roles import GRANTS, Permission, Role
from app.api.matching import MATCH_HEADER
from app.core.time import moved_clock
from app.exports.nightly import export_snapshot
from app.participants.models import Participant, Task, TaskKind
from app.schedule.models import Assessment
from app.studies.models import Study
from tests.api.conftest import Program, Programs
from tests.api.every_post import CHANGES, all_sent, world
from tests.api.test_hooks import made
from tests.exports.conftest import NOW

REQUESTS = int(os.environ.get("REQUESTS", "100"))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
READ = [f"/api/v1/studies/{{study}}/{name}" for name in ("participants/{code}", "snapshots/{day}/{name}", "tasks")]
NUMBERS = ["1", "2", "3", str(2**31), str(2**63), "-1", "x"]
"""Of rows: those that there are, and some that no row can have."""


@pytest.fixture
def described(app: Flask, study: Study, program: Programs, session: Session) -> dict[str, Any]:
    """The description, in which what has a name in this world is often called by it."""
    night = export_snapshot(study, NOW)
    people = list(session.scalars(select(Participant).order_by(Participant.id)))
    session.add(Task(participant=people[0], kind=TaskKind.CALL_ME, created_at=NOW))
    session.commit()
    made(program(Role.DATA_MANAGER))
    rows = {
        "study": [study.code],
        "code": [person.code for person in people] + ["99-999"],
        "participant": ["01-010", "01-002"],
        "site": ["01", "02"],
        "visit": list(session.scalars(select(Assessment.visit).distinct().order_by(Assessment.visit))),
        "instrument": ["odi", "nrs_lbp_week"],
        "item": ["lifting", "walking", "now"],
        "kind": ["first_infusion", "treatment_stopped"],
        "phone": ["40655502", "+4740655503"],
        "consent": ["1.0"],
        "day": [night.day.isoformat()],
        MATCH_HEADER: ["*"],
        "name": ["scores.csv", "manifest.json", "labelled/scores.sav"],
    }
    spec: dict[str, Any] = app.test_client().get("/api/v1/openapi.json").get_json()
    for operation in (each for path in spec["paths"].values() for each in path.values()):
        operation.pop("security", None)  # who gets in has tests of its own; here everybody does
        for place in operation["parameters"]:
            named = rows.get(place["name"], [])
            if place["in"] == "path":
                place["schema"] = {"type": "string", "enum": named or NUMBERS}
            elif named:
                place["schema"] = {"anyOf": [{"enum": named}, place["schema"]]}
    for change in CHANGES:
        content = spec["paths"][change.path]["post"]["requestBody"]["content"]["application/json"]
        content["schema"] = {"anyOf": [{"enum": often(change.body)}, content["schema"]]}
    for schema in spec["components"]["schemas"].values():
        for name in rows.keys() & schema.get("properties", {}).keys():
            schema["properties"][name] = {"anyOf": [{"enum": rows[name]}, schema["properties"][name]]}
    return spec


def often(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The body that was meant, and the same at other instants, on other days and of other numbers: those are new."""
    others = {
        "at": [f"2026-04-0{day}T{hour:02}:00:00Z" for day in range(3, 8) for hour in range(9)],
        "phone": [f"+474065{number}" for number in range(6000, 6040)],
        "on": [f"2026-04-{day:02}" for day in range(3, 30)],
    }
    varied = [{**body, name: value} for name, values in others.items() if name in body for value in values]
    return [body, *varied]


@pytest.fixture
def allowed(program: Programs, session: Session) -> dict[str, Program]:
    """For each permission a program that has it, and that may ask as often as it likes."""
    holders = {role: program(role) for role in Role}
    session.execute(update(ApiToken).values(per_minute=10**6))
    session.commit()
    return {each: next(holders[role] for role in Role if each in GRANTS[role]) for each in Permission}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # schemathesis closes no files
def test_every_operation_answers_as_it_is_described(
    app: Flask,
    described: dict[str, Any],
    allowed: dict[str, Program],
    study: Study,
    session: Session,
    program: Programs,
) -> None:
    accepted = {path for path, answer, _ in all_sent(world(study, session, program)) if answer.status_code < 300}
    assert [path for path, changes in described["paths"].items() if "post" in changes and path not in accepted] == []
    operations = schemathesis.openapi.from_dict(described)
    operations.app = app
    wrong, seen = [], Counter[tuple[str, int]]()
    for operation in (each.ok() for each in operations.get_all_operations()):
        asks_for = operation.definition.raw.get("description", "").removeprefix("Needs the permission: ").rstrip(".")
        try:
            ask(operation, allowed[asks_for or Permission.VIEW_COMPLIANCE].headers, seen)
        except (Exception, FailureGroup) as error:
            wrong.append(f"{operation.label}: {error!r} {getattr(error, 'exceptions', '')}")
    print(*sorted(seen.items()), sep="\n")
    assert not wrong, "\n\n".join(wrong)
    accepted = {label for label, status in seen if status in range(200, 300)}
    assert accepted >= {f"GET {path}" for path in READ}
    print("Accepted as it is meant, and never otherwise:", *sorted({label for label, _ in seen} - accepted), sep="\n")


def ask(operation: Any, headers: dict[str, str], seen: Counter[tuple[str, int]]) -> None:
    """Make so many requests of an operation; a failure is one that schemathesis found, made small."""

    @hypothesis.settings(max_examples=REQUESTS, suppress_health_check=list(hypothesis.HealthCheck))
    @hypothesis.given(
        case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    )
    def answers_as_described(case: schemathesis.Case) -> None:
        with moved_clock(lambda: NOW):
            answer = case.call(headers=headers)
        seen[operation.label, answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)

    answers_as_described()
