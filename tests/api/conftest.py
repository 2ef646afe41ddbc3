"""A study, and programs that hold tokens for it."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.accounts import tokens
from app.accounts.roles import Permission, Role
from app.core.time import moved_clock
from app.studies.models import Study
from tests import factories
from tests.exports.conftest import NOW
from tests.exports.conftest import study as study

__all__ = ["study"]

EVERYTHING = tuple(Permission)


class Program:
    """A client with a token, on the clock of the tests."""

    def __init__(self, app: Flask, token: str = "") -> None:
        self.client, self.token = factories.visitor(app), token
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str, **headers: str) -> TestResponse:
        with moved_clock(lambda: NOW):
            return self.client.get(f"/api/v1{path}", headers=self.headers | headers, buffered=True)

    def post(self, path: str, body: object) -> TestResponse:
        with moved_clock(lambda: NOW):
            return self.client.post(f"/api/v1{path}", headers=self.headers, json=body)


Programs = Callable[..., Program]


@pytest.fixture
def program(app: Flask, study: Study, session: Session) -> Programs:
    """Makes a program of somebody with a role in the study."""

    def make(role: Role, *permissions: Permission, at_site: str | None = None) -> Program:
        someone = factories.user(study, role, at_site)
        _, secret = tokens.issue(someone, permissions or EVERYTHING, NOW.replace(year=2027), NOW)
        session.commit()
        return Program(app, secret)

    return make
