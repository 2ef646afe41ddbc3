"""Queries about answers: asked, closed, and signed by the site's investigator, who confirms that it is she."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answered

from app.accounts.roles import Permission
from app.core.audit import start_acting
from app.core.problems import BadInput, Problem
from app.core.time import now
from app.permitting import current_scope
from app.responses.correction_reading import questions, responses_of
from app.responses.corrections import (
    Query,
    approve,
    ask,
    ask_to_void,
    close,
    corrections_at,
    find_correction,
    find_response,
    refuse,
)
from app.responses.models import Correction, CorrectionOutcome, Response
from app.responses.signatures import SIGNED_MEANINGS
from app.web.desk.finding import participant
from app.web.desk.forms import Fields
from app.web.language import gettext
from app.web.staff.access import actor, confirmed, member, requires
from app.web.staff.resuming import refuse_resumed

blueprint = Blueprint("desk_corrections", __name__, url_prefix="/desk/<study>/corrections")
Page = str | Answered | tuple[str, int]
DECISIONS = {"approve": CorrectionOutcome.APPROVED, "refuse": CorrectionOutcome.REFUSED}


@blueprint.get("/")
@requires(Permission.CORRECT)
def listing() -> str:
    """The queries at her sites, and the visits of a participant of whom one may be asked."""
    code = request.args.get("participant", "").strip()
    responses = responses_of(participant(code)) if code else []
    return render_template(
        "desk/corrections.html", corrections=corrections_at(current_scope()), code=code, responses=responses
    )


@blueprint.get("/responses/<int:response_id>")
@requires(Permission.CORRECT)
def answers(response_id: int) -> str:
    """The answers of a visit as they hold, and what can be asked about them."""
    return _answers(find_response(current_scope(), response_id))


@blueprint.post("/responses/<int:response_id>")
@requires(Permission.CORRECT)
def ask_about(response_id: int) -> Page:
    """Ask that an answer have another value, or that none of them count."""
    response, form = find_response(current_scope(), response_id), Fields(request.form)
    try:
        refuse_resumed()
        correction = _asked(response, form)
    except Problem as problem:
        return _answers(response, problem), problem.status
    flash(gettext("The query is asked. An investigator of the site decides it."))
    return _to("show", correction)


@blueprint.get("/<int:correction_id>")
@requires(Permission.CORRECT)
def show(correction_id: int) -> str:
    """A query, and what became of it."""
    return _page(find_correction(current_scope(), correction_id))


@blueprint.post("/<int:correction_id>/closing")
@requires(Permission.CORRECT)
def closing(correction_id: int) -> Page:
    """It needs no decision any more, and why."""
    correction, reason = find_correction(current_scope(), correction_id), Fields(request.form).text("reason")
    start_acting(actor(), reason)
    try:
        refuse_resumed()
        close(correction, member(), reason, now())
    except Problem as problem:
        return _page(correction, problem), problem.status
    flash(gettext("The query is closed. Nothing was changed."))
    return _to("show", correction)


@blueprint.get("/<int:correction_id>/signing")
@requires(Permission.APPROVE)
@confirmed
def signing(correction_id: int) -> str:
    """What is signed, and what the signature will say."""
    return _page(find_correction(current_scope(), correction_id), signs=True)


@blueprint.post("/<int:correction_id>/signing")
@requires(Permission.APPROVE)
@confirmed
def sign(correction_id: int) -> Page:
    """Approve or refuse it, by name."""
    correction, form = find_correction(current_scope(), correction_id), Fields(request.form)
    try:
        refuse_resumed()
        _decide(correction, form)
    except Problem as problem:
        return _page(correction, problem, signs=True), problem.status
    flash(gettext("Signed."))
    return _to("show", correction)


def _asked(response: Response, form: Fields) -> Correction:
    reason, source = form.text("reason"), form.text("source")
    start_acting(actor(), reason)
    if form.ticked("void"):
        return ask_to_void(response, reason, source, member(), now())
    instrument, _, item = form.text("item").partition(".")
    return ask(response, Query(instrument, item, form.text("proposed"), reason, source), member(), now())


def _decide(correction: Correction, form: Fields) -> None:
    decision = DECISIONS.get(form.text("decision"))
    if decision is None:
        raise BadInput("Choose whether you approve or refuse it.")
    reason = form.text("reason")
    start_acting(actor(), reason or SIGNED_MEANINGS[decision])
    if decision is CorrectionOutcome.APPROVED:
        approve(correction, member(), now())
    else:
        refuse(correction, member(), reason, now())


def _answers(response: Response, problem: Problem | None = None) -> str:
    return render_template(
        "desk/answers.html", response=response, questions=questions(response), problem=problem, sent=request.form
    )


def _page(correction: Correction, problem: Problem | None = None, *, signs: bool = False) -> str:
    return render_template(
        "desk/correction.html",
        correction=correction,
        problem=problem,
        sent=request.form,
        signs=signs,
        meanings={outcome.value: words for outcome, words in SIGNED_MEANINGS.items()},
        own=correction.asked_by_id == member().id,
    )


def _to(view: str, correction: Correction) -> Answered:
    address = url_for(f"desk_corrections.{view}", study=current_scope().study.code, correction_id=correction.id)
    return redirect(address, 303)
