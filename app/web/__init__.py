"""Pages for patients and staff, webhooks, the sandbox phone. Each view finds, allows, does, shows."""

from importlib import import_module

from flask import Flask

BLUEPRINTS = (
    "demonstration.landing",
    "webhooks.twilio",
    "webhooks.elks",
    "webhooks.mail",
    "monitoring.health",
    "demonstration.sandbox",
    "demonstration.tour",
    "previewing.preview",
    "patient.views",
    "patient.way_out",
    "desk.overview",
    "desk.visit_list",
    "desk.today",
    "desk.find",
    "desk.study",
    "desk.practising",
    "desk.sites",
    "desk.webhooks",
    "desk.amendments",
    "desk.people",
    "desk.lock",
    "desk.enrolment",
    "desk.upload",
    "desk.participants",
    "desk.saved_views",
    "desk.events",
    "desk.opening",
    "desk.record",
    "desk.undoing",
    "desk.visit",
    "desk.entry",
    "desk.contact",
    "desk.identity",
    "desk.inbox",
    "desk.messages",
    "desk.text",
    "desk.upcoming",
    "desk.week",
    "desk.texts",
    "desk.pause",
    "desk.many",
    "desk.corrections",
    "desk.audit",
    "desk.exports",
    "desk.report",
    "staff.accounts",
    "staff.invitations",
    "staff.by_provider",
)
"""Modules of this package that define a `blueprint`."""


def init_app(app: Flask) -> None:
    """Put the edge, sign-in, languages and every page on the application."""
    from app.web import edge, language, signed_times
    from app.web.desk import bar, field_names, filters, forms, telling, typed
    from app.web.monitoring import figures
    from app.web.patient import limits, tablet
    from app.web.staff import access, browser_names, library_pages, resuming, sending_twice, signing_in

    signed_times.init_app()
    figures.init_app(app)  # its last look at an answer comes after the edge's
    edge.init_app(app)
    signing_in.init_app(app)
    language.init_app(app)
    access.init_app(app)
    library_pages.init_app(app)
    browser_names.init_app(app)
    resuming.init_app(app)
    sending_twice.init_app(app)
    forms.init_app(app)
    bar.init_app(app)
    filters.init_app(app)
    field_names.init_app(app)
    telling.init_app(app)
    typed.init_app(app)
    limits.init_app(app)
    tablet.init_app(app)
    for name in BLUEPRINTS:
        app.register_blueprint(import_module(f"app.web.{name}").blueprint)
