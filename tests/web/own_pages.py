"""An application to which tests add pages of their own."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.permitting import Anybody, View, guarded
from tests.factories import visitor


@pytest.fixture
def app(own_app: Flask) -> Flask:
    """These tests add pages."""
    return own_app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return visitor(app)


def public(app: Flask, path: str, view: View, methods: tuple[str, ...] = ("GET", "POST")) -> None:
    """A page of this test that everybody may open."""
    app.add_url_rule(path, path, guarded(view, Anybody.SIGNED_IN), methods=methods)
