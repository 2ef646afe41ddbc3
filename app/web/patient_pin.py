"""The optional PIN: asked by POST; what it gives is a signed value in the form that lasts a while. Still no cookie."""

from datetime import datetime, timedelta

from flask import Response, current_app, jsonify, request
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import select

from app.core.database import db
from app.participants.models import Contact, TaskKind
from app.participants.pin import PinLocked, check_pin
from app.responses.attention import needs_a_person
from app.responses.opening import Opening
from app.schedule.models import Assessment
from app.web.language import gettext
from app.web.patient_form import Sent
from app.web.patient_page import page, sent
from app.web.patient_visit import Frame, visit_page

LASTS = timedelta(hours=2)


def ask_pin(frame: Frame, form: Sent | None = None, sentence: str = "") -> Response:
    """The page that asks for it, carrying what was being sent when the signed value had run out."""
    carried = {name: value for name, value in form.fields.items() if value} if form else {}
    shown = {"frame": frame, "sentence": sentence, "carried": carried, "title": gettext("Your PIN, please")}
    return sent(page("pin.html", shown), frame.language)


def passed(known: Opening, frame: Frame, form: Sent, now: datetime) -> Response | None:
    """Nothing if this form may be acted on, else the answer to give instead."""
    if not known.pin:
        return None
    assessment = known.assessment
    contact = db.session.scalars(select(Contact).filter_by(participant_id=assessment.participant_id)).one()
    if _opens(form, assessment, contact):
        return None
    if form.act != "pin":
        return _refused(frame, form)
    return _tried(known, contact, frame, form, now)


def _tried(known: Opening, contact: Contact, frame: Frame, form: Sent, now: datetime) -> Response:
    assessment = known.assessment
    try:
        right = check_pin(contact, form.controls.get("_pin", ""), now)
    except PinLocked:
        return ask_pin(frame, None, gettext("The PIN is locked. We call you, or you can call us."))
    if right:
        drawn = visit_page(
            assessment,
            known.wordings,
            frame,
            form.fields or known.fields,
            key=_signer().dumps(_of(assessment, contact)),
        )
        return sent(drawn, frame.language)
    if contact.pin_locked_at is not None:
        needs_a_person(assessment, TaskKind.PIN_LOCKED, now)
        return ask_pin(frame, None, gettext("The PIN is locked. We call you, or you can call us."))
    return ask_pin(frame, form, gettext("That was not your PIN. Try again, or call us."))


def _refused(frame: Frame, form: Sent) -> Response:
    """The signed value is missing or has run out: programs get a status, people get the question again."""
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) != "application/json":
        return ask_pin(frame, form)
    answer = jsonify(detail="The PIN is needed.")
    answer.status_code = 403
    return answer


def _opens(form: Sent, assessment: Assessment, contact: Contact) -> bool:
    try:
        held = _signer().loads(form.controls.get("_key", ""), max_age=int(LASTS.total_seconds()))
    except BadData:
        return False
    return bool(held == _of(assessment, contact))


def _of(assessment: Assessment, contact: Contact) -> list[int]:
    return [assessment.id, assessment.link_version, contact.id, contact.version]


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="patient pin")
