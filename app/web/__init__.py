"""Pages for patients and staff, webhooks, the sandbox phone. Each view finds, allows, does, shows."""

from importlib import import_module

from flask import Flask

BLUEPRINTS = (
    "landing",
    "accounts",
    "desk",
    "patient.views",
    "webhooks",
    "health",
    "desk_today",
    "desk_enrolment",
    "desk_participants",
    "desk_events",
    "desk_contact",
    "desk_identity",
    "desk_messages",
    "desk_upcoming",
    "desk_texts",
    "desk_exports",
    "report",
    "sandbox",
)
"""Modules of this package that define a `blueprint`."""


def init_app(app: Flask) -> None:
    """Put the edge, sign-in, languages and every page on the application."""
    from app.web import access, edge, language, showing, signing_in

    edge.init_app(app)
    signing_in.init_app(app)
    language.init_app(app)
    access.init_app(app)
    showing.init_app(app)
    for name in BLUEPRINTS:
        app.register_blueprint(import_module(f"app.web.{name}").blueprint)
