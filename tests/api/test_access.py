"""Who gets in: a token that lives, for what it was issued for, at the sites of its user."""

import json
import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import tokens
from app.accounts.models import ApiToken, User
from app.accounts.roles import GRANTS, Permission, Role
from app.core.audit import AuditEntry
from app.permitting import asked_by
from app.studies.models import Study
from tests.api.conftest import Program, Programs
from tests.exports.builders import PHONE
from tests.exports.conftest import NOW
from tests.factories import Browser
from tests.some import some

S = "/studies/backtobasic"


def test_without_a_token_nothing_is_told(app: Flask, study: Study) -> None:
    answer = Program(app).get("/studies")
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="svar"'


def test_a_session_is_no_token(app: Flask, study: Study, session: Session) -> None:
    someone = User(email="x@hospital.example", fs_uniquifier="x" * 32)
    session.add(someone)
    session.commit()
    assert Browser(app, someone).get("/api/v1/studies").status_code == 401


def test_a_mistyped_token_opens_nothing(app: Flask, study: Study) -> None:
    program = Program(app)
    for text in ("", "svar", "svar_abc_short", "svar_00_%00", f"svar_{'0' * 12}_{'a' * 43}", "ø" * 50):
        program.headers = {"Authorization": f"Bearer {text}"}
        assert program.get("/studies").status_code == 401, text


def test_a_token_ends_when_it_expires_is_revoked_or_its_user_leaves(
    app: Flask, program: Programs, session: Session
) -> None:
    def of(role: Role) -> tuple[Program, ApiToken]:
        made = program(role)
        assert made.get("/studies").status_code == 200
        return made, session.scalars(select(ApiToken).order_by(ApiToken.id.desc())).first() or ApiToken()

    (expired, first), (revoked, second), (left, third) = map(of, (Role.MONITOR, Role.MONITOR, Role.MONITOR))
    first.expires_at = NOW - timedelta(seconds=1)
    tokens.revoke(second, NOW)
    third.user.active = False
    session.commit()
    assert [each.get("/studies").status_code for each in (expired, revoked, left)] == [401, 401, 401]


def test_the_role_limits_the_token_and_the_token_the_role(program: Programs) -> None:
    statistician = program(Role.STATISTICIAN)
    assert statistician.get(f"{S}/compliance").status_code == 200
    assert statistician.get(f"{S}/participants").status_code == 403
    narrow = program(Role.COORDINATOR, Permission.VIEW_COMPLIANCE)
    assert narrow.get(f"{S}/compliance").status_code == 200
    refused = narrow.get(f"{S}/participants")
    assert refused.status_code == 403
    assert refused.json is not None
    assert refused.json["detail"] == "This token was not issued for: view participant."


ACTIVE = {"active": True, "approved_on": None}


def test_studies_shows_what_the_token_may(program: Programs) -> None:
    coordinator = program(Role.COORDINATOR, Permission.VIEW_COMPLIANCE, Permission.DOWNLOAD_EXPORT, at_site="02")
    assert coordinator.get("/studies").json == {
        "items": [
            {
                "code": "backtobasic",
                "title": "BackToBasic: infliximab in chronic low back pain with Modic type 1 changes",
                "state": "demo",
                "sites": [{"code": "02", "name": "Haukeland University Hospital, Bergen", **ACTIVE}],
                "permissions": ["view compliance"],
            }
        ]
    }
    assert program(Role.STATISTICIAN, Permission.ENROL).get("/studies").json == {"items": []}


def test_another_study_cannot_be_told_from_none(program: Programs, session: Session) -> None:
    session.add(Study(code="secret", title="Secret", created_at=NOW))
    session.commit()
    asking = program(Role.COORDINATOR)
    for code in ("secret", "nothing", "%00"):
        assert asking.get(f"/studies/{code}/compliance").status_code == 404


def test_a_site_sees_its_own_people_only(program: Programs) -> None:
    elsewhere = program(Role.COORDINATOR, at_site="02")
    page = elsewhere.get(f"{S}/participants").json
    assert page == {"items": [], "total": 0, "limit": 500, "offset": 0}
    assert elsewhere.get(f"{S}/participants/01-010").status_code == 404
    assert elsewhere.get(f"{S}/assessments").json["total"] == 0  # type: ignore[index]
    event = {"kind": "treatment_stopped", "state": "happened", "at": "2026-04-01T10:00:00Z"}
    assert elsewhere.post(f"{S}/participants/01-010/events", event).status_code == 404
    body = {"site": "01", "phone": PHONE, "consent": "1.0", "enrolled_on": "2026-04-07"}
    assert elsewhere.post(f"{S}/participants", body).status_code == 400


def test_what_a_program_does_is_its_users_and_names_the_token(program: Programs, session: Session) -> None:
    coordinator = program(Role.COORDINATOR)
    body = {"site": "01", "phone": "+4740655502", "consent": "1.0", "enrolled_on": "2026-04-07", "code": "01-777"}
    assert coordinator.post(f"{S}/participants", body).status_code == 201
    entry = session.scalars(select(AuditEntry).where(AuditEntry.table_name == "public.participants")
                            .order_by(AuditEntry.id.desc())).first()  # fmt: skip
    token = session.scalars(select(ApiToken)).one()
    assert entry is not None
    assert (entry.actor, entry.reason) == (f"user:{token.user_id}", f"API token {token.prefix}")


VALUES: dict[str, object] = {"study": "backtobasic", "code": "01-010", "day": "2026-04-07", "name": "scores.csv"}
"""What an address names; whatever else it names is a number that nothing has."""


@pytest.mark.parametrize("role", Role)
def test_each_role_opens_what_it_is_granted_and_nothing_else(app: Flask, program: Programs, role: Role) -> None:
    holder, wrong = program(role), []
    for rule in some(rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("api.")):
        needed = asked_by(app.view_functions[rule.endpoint])
        built = rule.build({name: VALUES.get(name, 10**9) for name in rule.arguments})
        if not isinstance(needed, Permission) or built is None:
            continue
        path, posts = built[1].removeprefix("/api/v1"), "POST" in (rule.methods or ())
        status = (holder.post(path, {"no": "such name"}) if posts else holder.get(path)).status_code
        if (status != 403) != (needed in GRANTS[role]) or status >= 500:
            wrong.append((rule.rule, posts, status))
    assert wrong == []


def test_every_route_of_the_api_is_described_and_asks_for_a_permission(app: Flask) -> None:
    spec = app.test_client().get("/api/v1/openapi.json").json
    assert spec is not None
    views = {rule.endpoint: rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("api.")}
    described = {f"api.{each['operationId']}" for path in spec["paths"].values() for each in path.values()}
    assert described == set(views)
    for endpoint in set(views) - {"api.openapi"}:
        assert asked_by(app.view_functions[endpoint]) is not None, endpoint
    assert {"Participant", "Compliance", "Enrolment", "Problem"} <= set(spec["components"]["schemas"])
    named = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(spec)))
    assert named <= set(spec["components"]["schemas"])
    enrol = spec["paths"]["/api/v1/studies/{study}/participants"]["post"]
    assert enrol["security"] == [{"token": []}]
    assert set(enrol["responses"]) == {"201", "400", "401", "403", "404", "409", "422", "429"}
    assert "Idempotency-Key" in [place["name"] for place in enrol["parameters"]]
    file = spec["paths"]["/api/v1/studies/{study}/snapshots/{day}/{name}"]["get"]["responses"]["200"]
    assert file["content"] == {"*/*": {"schema": {}}}, "each file comes in its own type"
