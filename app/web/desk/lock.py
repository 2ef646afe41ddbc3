"""The lock of a study: signed by two people of two roles, who confirm that it is they; unlocked with a reason."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.accounts.roles import Permission
from app.core.audit import start_acting
from app.core.problems import Problem
from app.core.time import now
from app.participants.models import Participant
from app.permitting import current_scope
from app.responses.final_words import (
    LOCKS,
    SIGNED_OFF,
    SignedContents,
    holds,
    lock_signatures,
    of_participant,
    of_study,
    sign_lock,
    sign_off,
    sign_offs,
    unlock,
)
from app.responses.going_live import SIGNATURES, missing
from app.responses.still_open import still_open
from app.studies.models import StudyState
from app.web.desk.as_shown import HIDDEN, Facts, hold_as_shown, marked
from app.web.desk.changing import Answer, to_page
from app.web.desk.finding import participant
from app.web.language import gettext
from app.web.staff.access import actor, confirmed, member, requires
from app.web.staff.resuming import refuse_resumed

blueprint = Blueprint("desk_lock", __name__, url_prefix="/desk/<study>")


@blueprint.get("/study/lock")
@requires(Permission.LOCK, whole_study=True)
@confirmed
def form() -> str:
    """What the lock still asks for, who has signed, and what a signature will say."""
    return _page({})


@blueprint.post("/study/lock")
@requires(Permission.LOCK, whole_study=True)
@confirmed
def sign() -> Answer:
    """Sign the lock; with the second signature the study is locked."""
    sent, study = request.form, current_scope().study
    start_acting(actor(), "the lock is signed")
    try:
        keep = url_for("desk_lock.form", study=study.code)
        hold_as_shown((), lambda: _facts(of_study(study)), keep=keep, zone="UTC")
        locked = sign_lock(study, member(), now())
    except Problem as problem:
        return _page(sent, problem), problem.status
    flash(gettext("Signed. The study is locked.") if locked else gettext("Signed. The other role signs now."))
    return _to_study()


@blueprint.post("/study/unlock")
@requires(Permission.LOCK, whole_study=True)
@confirmed
def undo() -> Answer:
    """End the lock, and say why."""
    sent, reason = request.form, request.form.get("reason", "")
    start_acting(actor(), reason)
    try:
        refuse_resumed()
        unlock(current_scope().study, member(), reason, now())
    except Problem as problem:
        return _page(sent, problem), problem.status
    flash(gettext("The study is closed, and no longer locked. Both roles sign anew to lock it."))
    return _to_study()


@blueprint.get("/participants/<code>/sign-off")
@requires(Permission.APPROVE)
@confirmed
def sign_off_form(code: str) -> str:
    """What is signed about a participant, and what the signature will say."""
    return _sign_off(participant(code))


@blueprint.post("/participants/<code>/sign-off")
@requires(Permission.APPROVE)
@confirmed
def sign_her_off(code: str) -> Answer:
    """Her data are complete and correct."""
    person = participant(code)
    start_acting(actor(), SIGNED_OFF)
    try:
        keep = url_for("desk_participants.show", study=person.study.code, code=code)
        hold_as_shown((), lambda: _facts(of_participant(person)), keep=keep, zone=person.zone)
        sign_off(person, member(), now())
    except Problem as problem:
        return _sign_off(person, problem), problem.status
    flash(gettext("Signed."))
    return to_page(person)


def _page(sent: Mapping[str, str], problem: Problem | None = None) -> str:
    study = current_scope().study
    state = StudyState.LOCKED
    lacking = {name: words for name, words in missing(study, state).items() if name != SIGNATURES}
    contents, signatures = of_study(study), lock_signatures(study, ended=True)
    standing = [each for each in signatures if each.ended_at is None and each.contents_sha256 == contents.sha256]
    return render_template(
        "desk/lock.html",
        lacking=lacking if study.state is StudyState.CLOSED else {},
        closed=study.state is StudyState.CLOSED,
        locked=study.state is StudyState.LOCKED,
        signatures=signatures,
        signed_by_me=any(each.signed_by_id == member().id for each in standing),
        meanings=LOCKS,
        problem=problem,
        seen=marked(_facts(contents), problem),
        sent=sent,
    )


def _sign_off(of: Participant, problem: Problem | None = None) -> str:
    signed = sign_offs(of)
    return render_template(
        "desk/sign_off.html",
        participant=of,
        standing=signed[-1] if signed and holds(signed[-1]) else None,
        meaning=SIGNED_OFF,
        problem=problem,
        seen=marked(_facts(of_participant(of)), problem),
        unfinished=still_open(of, now()),
    )


def _facts(contents: SignedContents) -> Facts:
    """Who signs has reviewed these data; others that came since her page was opened she has not."""
    counts: Facts = {"Answered visits": [contents.responses], "Corrections": [contents.corrections]}
    return {**counts, "What is signed": [HIDDEN + contents.sha256]}


def _to_study() -> Response:
    return redirect(url_for("desk_study.show", study=current_scope().study.code), 303)
