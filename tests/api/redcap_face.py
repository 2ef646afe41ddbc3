"""A program that asks as one asks REDCap, and the records that it gets."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Thread

import pytest
from flask import Flask
from redcap.project import Project
from sqlalchemy.orm import Session
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from app.accounts import tokens
from app.accounts.roles import Permission, Role
from app.core.time import moved_clock
from app.studies.access import bind
from app.studies.models import Study
from tests.exports.conftest import NOW
from tests.factories import user, visitor

Ask = Callable[..., TestResponse]


@pytest.fixture
def token(study: Study, session: Session) -> str:
    row, text = tokens.issue(
        user(study, Role.STATISTICIAN), [Permission.DOWNLOAD_EXPORT], NOW + timedelta(days=9), NOW, redcap=True
    )
    bind(row, study)
    session.commit()
    return text


@pytest.fixture
def ask(app: Flask, token: str) -> Ask:
    client = visitor(app)

    def post(content: str, **parts: str) -> TestResponse:
        form = {"token": token, "content": content, "format": "json", **parts}
        with moved_clock(lambda: NOW):
            return client.post("/api/redcap/", data=form)

    return post


@pytest.fixture
def project(app: Flask, token: str) -> Iterator[Project]:
    """The study as PyCap sees it, over a line."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with moved_clock(lambda: NOW):
        yield Project(f"http://127.0.0.1:{server.server_port}/api/redcap/api/", token)
    server.shutdown()
    thread.join()
    server.server_close()


def records(ask: Ask, **parts: str) -> list[dict[str, str]]:
    answer = ask("record", **parts)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, str]] = answer.get_json()
    return rows
