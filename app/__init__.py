"""Svar: patient-reported outcomes for clinical trials, from protocol visit to mixed model.

The tour, one line of a study in calls (each package imports only those before it):

    instruments   questionnaires as data, and their scoring (pure)
    studies       the protocol file: read, checked, installed; sites; who works for the study
    participants  who takes part; contact (apart, encrypted), consent, protocol events
    schedule      who is due when: calendar (pure), planning, links, compliance
    messages      what we send and hear: outbox, prompts, gate, delivery, receipts, replies
    responses     what comes back: drafts, submissions, scores
    exports       what leaves, every night: one dataset, a manifest
    alerting      members of staff are told by e-mail of what cannot wait, until one of them takes it
    hooks         other systems are told: webhooks of a study, an outbox of the same promises as texts
    ending        how it ends: practice put aside, what is kept for ever, what is forgotten
    analysis      what it means (pure, reads exported files): mixed models, report
    permitting    what whoever asks may do, for pages and programs alike
    web api cli clock    channels: authenticate, parse, authorise, call one verb, render
    starting      what is looked at before a process of the service does anything
    rehearsal     plays a whole trial with synthetic people through the channels

Four kinds of module: tables (`models.py`), verbs (change rows, take `now`, never commit), pure rules, channels.

Words: a *study* follows a version of its *protocol* at its *sites*. A *participant* (pseudonym 01-017) has a *contact*,
*consents* and *events*; one planned *visit* of one participant is an *assessment*. A *message* is one text owed, with
*attempts* and *receipts*; what patients write is a *reply*. An assessment is answered once, by a *response* of
*answers*, which give *scores*. A *snapshot* is one night's export. Every change of a row leaves an *audit entry*.

Nothing is imported here but the standard library: `import app.analysis` loads no web stack.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from app.config import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """The service: settings, database, accounts, pages, API, commands. Raises IncompleteSettings."""
    from app.core.loading import without_sweeping, without_wishes

    with without_sweeping(), without_wishes():
        return _made(settings)


def _made(settings: Settings | None) -> Flask:
    from flask import Flask

    from app import config
    from app.core import connecting, crypto, logging, zone_rules
    from app.core.database import db
    from app.flask_config import flask_config

    logging.configure()
    zone_rules.use_newest()
    settings = settings or config.settings()
    logging.configure(structured=settings.structured_logs)
    app = Flask(__name__)
    app.config.from_mapping(flask_config(settings))
    app.extensions["settings"] = settings
    crypto.configure(settings.keyring)
    db.init_app(app)
    with app.app_context():
        connecting.watch(db.engine)

    from app import api, cli, web
    from app.messages.monitoring import alerting

    alerting.configure(settings)
    web.init_app(app)
    api.init_app(app)
    cli.init_app(app)
    return app
