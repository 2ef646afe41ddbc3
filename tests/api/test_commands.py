"""`flask api`: tokens at the terminal."""

import json

from click.testing import Result
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import ApiToken
from app.accounts.roles import Role
from app.core.time import moved_clock
from app.studies.models import Study
from tests import factories
from tests.api.conftest import Program
from tests.exports.conftest import NOW

EMAIL = "kari@hospital.example"


def call(app: Flask, *words: str) -> Result:
    with moved_clock(lambda: NOW):
        return app.test_cli_runner().invoke(args=["api", *words])


def test_a_token_is_issued_used_listed_and_revoked(app: Flask, study: Study, session: Session) -> None:
    factories.user(study, Role.STATISTICIAN, email=EMAIL)
    session.commit()
    secret = call(app, "issue", EMAIL, "--may", "download export", "--days", "10").stdout.strip()
    assert Program(app, secret).get("/studies/backtobasic/snapshots").json == {"items": []}
    kept = session.scalars(select(ApiToken)).one()
    listed = call(app, "list").stdout
    assert (
        listed
        == f"{kept.prefix}  {EMAIL}  valid  until 2026-04-17  last used {NOW:%Y-%m-%d %H:%M} UTC  download export\n"
    )
    assert secret.rsplit("_", 1)[1] not in listed
    assert call(app, "revoke", kept.prefix).exit_code == 0
    assert Program(app, secret).get("/studies").status_code == 401
    assert " revoked " in call(app, "list").stdout
    assert "revoked already" in call(app, "revoke", kept.prefix).output


def test_a_token_may_be_bound_to_a_study_and_a_site(app: Flask, study: Study, session: Session) -> None:
    factories.user(study, Role.MONITOR, email=EMAIL)
    session.commit()
    may = ("issue", EMAIL, "--may", "view compliance")
    assert call(app, *may, "--study", study.code).exit_code == 0
    assert call(app, *may, "--study", study.code, "--site", "02").exit_code == 0
    ends = [line.rsplit("  ", 3)[-3:] for line in call(app, "list").stdout.splitlines()]
    assert ends[0][1:] == ["view compliance", "only backtobasic"]
    assert ends[1] == ["never used", "view compliance", "only backtobasic, site 02"]
    assert "of which study the site is" in call(app, *may, "--site", "02").output
    assert "has no site 99" in call(app, *may, "--study", study.code, "--site", "99").output
    assert "There is no study nowhere" in call(app, *may, "--study", "nowhere").output
    assert len(session.scalars(select(ApiToken)).all()) == 2


def test_mistakes_get_a_sentence(app: Flask, session: Session) -> None:
    assert "There is no token nothing." in call(app, "revoke", "nothing").output
    assert "Nobody here has the address" in call(app, "issue", EMAIL, "--may", "download export").output
    assert "is not one of" in call(app, "issue", EMAIL, "--may", "everything").output


def test_the_description_is_printed(app: Flask) -> None:
    assert json.loads(call(app, "describe").output)["openapi"] == "3.1.0"
