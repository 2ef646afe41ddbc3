"""A client on day 154, somebody's link, answers to everything: what tests of the patient's pages share."""

import gzip
from typing import Any

from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.core.audit import acting
from app.core.database import db, transaction
from app.schedule.links import token
from app.schedule.models import Assessment
from tests.responses.visits import D154 as D154
from tests.responses.visits import answers_to, participant, visit

FORM = "application/x-www-form-urlencoded"
PROGRAM = {"Accept": "application/json"}


def made(app: Flask, code: str, **how: Any) -> str:
    with app.app_context(), acting("test"), transaction():
        return f"/a/{token(visit(participant(**how), code))}"


def form(app: Flask, choose: int = 0, **more: str) -> dict[str, str]:
    """What a browser sends for answers to everything; a tick that is not set is not sent."""
    with app.app_context():
        answers = answers_to(the_visit(), choose)
        fields = {f"{code}.{item}": str(value) for code, given in answers.items() for item, value in given.items()}
        return {name: value for name, value in fields.items() if not name.endswith(".none")} | more


def the_visit(code: str = "d154") -> Assessment:
    return db.session.scalars(select(Assessment).filter_by(visit=code)).one()


def page(answer: TestResponse) -> str:
    body = answer.get_data()
    return (gzip.decompress(body) if answer.headers.get("Content-Encoding") == "gzip" else body).decode()


def counted(app: Flask, table: type[Any]) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count(table.id))) or 0
