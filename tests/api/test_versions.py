"""The API has a version in its address; addresses of before lead there, and its description is there to be read."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.roles import Role
from app.core.time import moved_clock
from app.studies.models import Study
from tests.api.asking import BODY, S
from tests.api.conftest import Programs
from tests.exports.conftest import NOW
from tests.some import some


@pytest.mark.parametrize(
    ("method", "before", "status", "after"),
    [
        ("GET", "/api/studies", 308, "/api/v1/studies"),
        ("HEAD", "/api/studies", 308, "/api/v1/studies"),
        ("POST", "/api/studies/a/participants", 308, "/api/v1/studies/a/participants"),
        ("GET", "/api/studies/a/assessments?visit=d%207&x=%C3", 308, "/api/v1/studies/a/assessments?visit=d%207&x=%C3"),
        ("GET", "/api/studies/a%3Fb", 308, "/api/v1/studies/a%3Fb"),
        ("GET", "/api/studies/%0d%0aSet-Cookie:x", 404, None),
        ("GET", "/api/studies/@evil.example", 308, "/api/v1/studies/@evil.example"),
        ("GET", "/api/openapi.json", 308, "/api/v1/openapi.json"),
        ("DELETE", "/api/studies/a", 405, None),
        ("GET", "/api/participants", 404, None),
        ("GET", "/api/v1/nowhere", 404, None),
        ("GET", "/api/v2/studies", 404, None),
    ],
)
def test_an_address_of_before_leads_to_the_same_below_its_version(
    client: FlaskClient, method: str, before: str, status: int, after: str | None
) -> None:
    answer = client.open(before, method=method)
    assert (answer.status_code, answer.headers.get("Location")) == (status, after)


def test_what_was_posted_arrives_where_it_is_led(program: Programs, study: Study) -> None:
    coordinator = program(Role.COORDINATOR)
    with moved_clock(lambda: NOW):
        moved = coordinator.client.post(f"/api{S}/participants", headers=coordinator.headers, json=BODY)
        answer = coordinator.client.post(str(moved.location), headers=coordinator.headers, json=BODY)
    assert (moved.status_code, answer.status_code) == (308, 201)


def test_the_description_can_be_read_by_everybody_without_a_script_or_another_server(app: Flask) -> None:
    page = app.test_client().get("/api/v1/")
    spec = app.test_client().get("/api/v1/openapi.json").get_json()
    assert (page.status_code, page.mimetype) == (200, "text/html")
    for path, operations in some(spec["paths"].items()):
        for method, operation in operations.items():
            assert f"<code>{method.upper()} {path}</code>" in page.text
            assert f'<section id="{operation["operationId"]}">' in page.text
    assert "<script" not in page.text
    assert re.findall(r'(?:src|href)="https?:', page.text) == []
    ids = re.findall(r' id="([^"]+)"', page.text)
    assert sorted(set(ids)) == sorted(ids)
    assert set(re.findall(r'href="#([^"]+)"', page.text)) <= set(ids)
