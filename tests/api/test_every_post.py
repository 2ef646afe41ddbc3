"""No change that the API describes is one that nobody could make."""

from flask import Flask
from sqlalchemy.orm import Session

from app.studies.models import Study
from tests.api.conftest import Programs
from tests.api.every_post import all_sent, world


def test_every_change_that_is_described_is_accepted_as_it_is_meant(
    app: Flask, study: Study, session: Session, program: Programs
) -> None:
    spec = app.test_client().get("/api/v1/openapi.json").get_json()
    described = {path for path, operations in spec["paths"].items() if operations.keys() - {"get", "parameters"}}
    assert {method for operations in spec["paths"].values() for method in operations} == {"get", "post"}
    sent = list(all_sent(world(study, session, program)))
    assert {path for path, _, _ in sent} == described
    refused = {path: answer.text for path, answer, _ in sent if answer.status_code not in range(200, 300)}
    assert refused == {}
    taken_twice = {path for path, _, twice in sent if "is named twice: send it once." not in twice.text}
    assert taken_twice == {path for path in described if "requestBody" not in spec["paths"][path]["post"]}
