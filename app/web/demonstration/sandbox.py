"""The sandbox phone: the texts that a synthetic participant received, with links that work.

For trying the service without telephones. It exists only with the sandbox gateway, never in production, and shows
studies in practice only (`setup` and `demo`): whoever is in them was made up.
"""

import re
from datetime import datetime

from flask import Blueprint, abort, render_template
from markupsafe import Markup, escape
from sqlalchemy import select

from app.config import Settings, current_settings
from app.core.database import db
from app.core.time import now
from app.messages.gateways.sandbox import texts_of
from app.participants.enrolment import find
from app.participants.models import Participant
from app.schedule.demonstrations import open_visits
from app.schedule.models import Assessment
from app.studies.installing import study as find_study
from app.studies.models import Study
from app.studies.states import PRACTICE

blueprint = Blueprint("sandbox", __name__, url_prefix="/sandbox")
WEB_LINK = re.compile(r"https?://\S+")
MOST_PHONES = 40


@blueprint.before_request
def never_for_real() -> None:
    """There is no such page where texts go to real telephones."""
    if not is_offered(current_settings()):
        abort(404)


def is_offered(settings: Settings) -> bool:
    """Whether texts go to the sandbox, so that there are phones to look at."""
    return settings.gateway == "sandbox" and not settings.production


@blueprint.get("/")
def phones() -> str:
    """Whose phone to hold: participants with a visit that is open now."""
    at = now()
    query = select(Study).where(Study.state.in_(PRACTICE)).order_by(Study.created_at.desc(), Study.id.desc())
    held = [(study, _open_visits(study, at)) for study in db.session.scalars(query)]
    return render_template("sandbox/phones.html", studies=held)


@blueprint.get("/<study>/<code>")
def phone(study: str, code: str) -> str:
    """A made-up person's telephone, with the texts it got."""
    practised = find_study(study)
    if practised.state not in PRACTICE:
        abort(404)
    person = find(practised, code)
    texts = [(text.given_at, with_links(text.body)) for text in reversed(texts_of(person))]
    return render_template("sandbox/phone.html", participant=person, texts=texts)


def with_links(body: str) -> Markup:
    """The text as a phone shows it: addresses can be tapped, all else is only text."""
    parts, end = [], 0
    for match in WEB_LINK.finditer(body):
        address = match.group().rstrip(".,;:!?")
        parts += [escape(body[end : match.start()]), Markup('<a href="{0}">{0}</a>').format(address)]
        end = match.start() + len(address)
    return Markup().join([*parts, escape(body[end:])])


def _open_visits(study: Study, at: datetime) -> list[Assessment]:
    query = open_visits(at).where(Study.id == study.id).order_by(Assessment.day.desc(), Participant.code)
    return list(db.session.scalars(query.limit(MOST_PHONES)))
