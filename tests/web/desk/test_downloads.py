"""Whatever hands out an export asks first whether it is still she; a new way out is caught here."""

import inspect
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from app import config
from app.accounts.roles import Permission, Role
from app.permitting import asked_by
from app.studies.models import Study
from app.web.staff.access import PUBLIC
from tests.factories import backtobasic, user, visitor
from tests.web.desk.test_exports import DAY, snapshot
from tests.web.staff.second_factor import later
from tests.web.staff.test_signing_in import EMAIL, sign_in

LOOKED_AT = {"desk_exports.listing"}
"""Pages about exports that hand out nothing of one."""
BY_TOKEN = "api."
"""A program has no password to say again: its token is limited, bound and revocable instead."""
NAMES = {"study": "backtobasic", "day": DAY.isoformat(), "name": "participants.csv"}
LEAVES = ("send_file(", "send_from_directory(", "Content-Disposition", "as_attachment", "opened(")
"""How a view hands out a file."""


def of_staff(app: Flask) -> Iterator[Rule]:
    """The routes of staff, not of programs or patients."""
    for rule in app.url_map.iter_rules():
        public = rule.endpoint in PUBLIC and not rule.endpoint.startswith("desk")
        if not (public or rule.endpoint.startswith(BY_TOKEN)):
            yield rule


def hands_out(app: Flask, rule: Rule) -> bool:
    view = app.view_functions[rule.endpoint]
    exports = asked_by(view) is Permission.DOWNLOAD_EXPORT and rule.endpoint not in LOOKED_AT
    return exports or any(word in inspect.getsource(inspect.unwrap(view)) for word in LEAVES)


def downloads(app: Flask) -> list[Rule]:
    return [rule for rule in of_staff(app) if hands_out(app, rule)]


@pytest.fixture
def data_manager(app: Flask, session: Session, settings: config.Settings) -> FlaskClient:
    """Somebody who has just signed in, with an export and a trail to take."""
    study: Study = backtobasic().study
    user(study, Role.DATA_MANAGER, email=EMAIL)
    session.commit()
    snapshot(study, settings.exports / study.code / DAY.isoformat())
    client = visitor(app)
    assert sign_in(client).location == "/desk/"
    return client


def test_every_download_asks_again_after_five_minutes(app: Flask, data_manager: FlaskClient) -> None:
    rules = downloads(app)
    assert {rule.endpoint for rule in rules} >= {"desk_audit.whole", "desk_exports.archive", "desk_exports.file"}
    for rule in rules:
        _, address = rule.build({name: NAMES[name] for name in rule.arguments}) or ("", "")
        with data_manager.get(address) as fresh:
            assert fresh.status_code == 200, rule.endpoint
        with later(timedelta(minutes=6)), data_manager.get(address) as stale:
            assert (stale.status_code, stale.location) == (302, f"/verify?next={address}"), rule.endpoint


def test_a_new_way_out_would_be_noticed(own_app: Flask) -> None:
    def forgotten(study: str) -> str:
        return f"as_attachment of {study}"

    own_app.view_functions["desk_exports.forgotten"] = forgotten
    own_app.url_map.add(Rule("/desk/<study>/all.zip", endpoint="desk_exports.forgotten"))
    assert "desk_exports.forgotten" in {rule.endpoint for rule in downloads(own_app)}
