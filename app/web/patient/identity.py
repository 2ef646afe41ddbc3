"""The PIN and the year of birth: asked by POST; what they give is a signed value in the form. Still no cookie."""

from datetime import datetime, timedelta

from flask import Response, jsonify, request
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import select

from app.config import current_settings
from app.core.database import db
from app.participants.identity import Checks
from app.participants.models import Contact
from app.responses.identifying import Tried, identify
from app.responses.models import Mode
from app.responses.opening import Opening
from app.schedule.models import Assessment
from app.web.language import gettext
from app.web.patient.doubts import page_of_draft
from app.web.patient.form import SentForm
from app.web.patient.page import page, sent
from app.web.patient.visit import Frame

LASTS = timedelta(hours=2)


def ask(checks: Checks, frame: Frame, form: SentForm | None = None, sentence: str = "") -> Response:
    """The page that asks, carrying what was being sent when the signed value had run out."""
    carried = {name: value for name, value in form.fields.items() if value} if form else {}
    if form and form.mode is Mode.HELPED:
        carried["_mode"] = "helped"
    title = gettext("Before you begin") if checks.birth_year else gettext("Your PIN, please")
    shown = {"frame": frame, "checks": checks, "sentence": sentence, "carried": carried, "title": title}
    return sent(page("identity.html", shown), frame.language)


def passed(opened: Opening, frame: Frame, form: SentForm, now: datetime) -> Response | None:
    """Nothing if this form may be acted on, else the answer to give instead."""
    if not opened.checks:
        return None
    assessment = opened.assessment
    contact = db.session.scalars(select(Contact).filter_by(participant_id=assessment.participant_id)).one()
    if _opens(form, assessment, contact):
        return None
    if form.act != "open":
        return _refused(opened.checks, frame, form)
    return _tried(opened, contact, frame, form, now)


def _tried(opened: Opening, contact: Contact, frame: Frame, form: SentForm, now: datetime) -> Response:
    pin, year = form.controls.get("_pin", ""), form.controls.get("_birth_year", "")
    match identify(opened.assessment, contact, opened.checks, pin, year, now):
        case Tried.LOCKED:
            return ask(opened.checks, frame, None, _locked(opened.checks))
        case Tried.WRONG:
            return ask(opened.checks, frame, form, _wrong(opened.checks))
    key = _signer().dumps(_of(opened.assessment, contact))
    drawn = page_of_draft(opened, frame, form.fields, key=key, helped=form.mode is Mode.HELPED)
    return sent(drawn, frame.language)


def _wrong(checks: Checks) -> str:
    if not checks.birth_year:
        return gettext("That was not your PIN. Try again, or call us.")
    if checks.pin:
        return gettext("Not all of this was right. Try again, or call us.")
    return gettext(
        "That is not the year that we have noted. If the text was not for you, close this page and delete the text. "
        "Otherwise try again, or call us."
    )


def _locked(checks: Checks) -> str:
    if checks.birth_year:
        return gettext("This page is closed for now. We call you, or you can call us.")
    return gettext("The PIN is locked. We call you, or you can call us.")


def _refused(checks: Checks, frame: Frame, form: SentForm) -> Response:
    """The signed value is missing or has run out: programs get a status, people get the question again."""
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) != "application/json":
        return ask(checks, frame, form)
    answer = jsonify(detail="Open the link again, and say first who you are.")
    answer.status_code = 403
    return answer


def _opens(form: SentForm, assessment: Assessment, contact: Contact) -> bool:
    try:
        held = _signer().loads(form.controls.get("_key", ""), max_age=int(LASTS.total_seconds()))
    except BadData:
        return False
    return bool(held == _of(assessment, contact))


def _of(assessment: Assessment, contact: Contact) -> list[int]:
    return [assessment.id, assessment.link_version, contact.id, contact.version, contact.check_version]


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_settings().signing_secrets, salt="patient identity")
