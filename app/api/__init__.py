"""JSON over HTTP for programs, with a token; described by OpenAPI at /api/v1/openapi.json, to be read at /api/v1/."""

from importlib import import_module

from flask import Flask

ROUTES = (
    "studies",
    "participants",
    "leaving",
    "opening",
    "snapshots",
    "people",
    "queries",
    "tasks",
    "hooks",
    "results",
    "messages",
    "plans",
    "changing",
)
"""Modules of this package that put routes on the one blueprint."""


def init_app(app: Flask) -> None:
    """Put the API on the application."""
    for name in ROUTES:
        import_module(f"app.api.{name}")
    from app.api import former, limits, redcap, reference
    from app.api.blueprint import blueprint

    limits.init_app(app)
    app.register_blueprint(blueprint)
    app.register_blueprint(reference.blueprint)
    app.register_blueprint(former.blueprint)
    app.register_blueprint(redcap.blueprint)
