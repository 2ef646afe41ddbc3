"""The patient's pages. The link is the capability: no cookie, no session, and a GET changes nothing, ever."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import NoReturn, TypeVar

from flask import Blueprint, Response, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import InternalError, OperationalError, SQLAlchemyError, TimeoutError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from app.core.audit import start_acting
from app.core.crypto import WrongKey
from app.core.database import db
from app.core.problems import BadInput, Gone, NotFound, Problem, Unavailable
from app.core.time import now
from app.responses.admission import admit, takes_answers_until
from app.responses.opening import Opening, opening
from app.responses.refused_sends import tell_of_old_link
from app.schedule.links import TOKEN, behind, resolve, token_within
from app.schedule.models import Assessment
from app.web.edge import keep_although_refused, render_problem, sent_again, unavailable, unopened, wants_json
from app.web.error_words import refused_with
from app.web.language import as_said, gettext, speak, wished
from app.web.patient.doubts import page_of_draft
from app.web.patient.errors import worded
from app.web.patient.form import read_form, wanted
from app.web.patient.identity import ask, passed
from app.web.patient.limits import slow_down_guessing
from app.web.patient.next_visit import open_beside, what_comes, when_next
from app.web.patient.page import STATIC, page, sent
from app.web.patient.sending import act, answer_at_once
from app.web.patient.summary import drawn_courses
from app.web.patient.visit import (
    Frame,
    address,
    everybodys_urgent_help,
    frame_of,
    language_of,
    safety_help,
    visit_page,
    without_link,
)

Behind = TypeVar("Behind")

blueprint = Blueprint("patient", __name__, url_prefix="/a")


@blueprint.before_request
def _without_its_tail() -> AnyResponse | None:
    """To the link itself, where a messenger glued something on: a full stop, a bracket, the next word."""
    if request.method not in ("GET", "HEAD") or request.endpoint not in ("patient.show", "patient.mistyped"):
        return None
    token = token_within("".join((request.view_args or {}).values()))
    return None if token is None else redirect(url_for("patient.show", token=token))


@blueprint.before_request
def _only_look() -> None:
    """A GET needs no transaction."""
    if request.method in ("GET", "HEAD"):
        db.only_look()


@blueprint.after_request
def _ours(response: AnyResponse) -> AnyResponse:
    """Say by the link's first signs (key, version, visit) whose answer this is: the phone takes and keeps no other."""
    token = (request.view_args or {}).get("token", "")
    if TOKEN.fullmatch(token):
        response.headers["Svar"] = f"svar:{token[:12]}"
    return response


@blueprint.get("/<token>")
def show(token: str) -> AnyResponse:
    """The whole visit in one document, with what she answered before, or why it cannot be answered now."""
    opened = _opened(partial(opening, alone=True), token)
    assessment, frame = opened.assessment, _framed(opened.assessment)
    if assessment.submitted_at is not None:
        return redirect(address("received"))
    if takes_answers_until(assessment, now()) is None and (beside := open_beside(assessment, now())):
        return redirect(address("show", of=beside))
    admit(assessment, now())
    if opened.checks:
        return ask(opened.checks, frame)
    if "blank" in request.args:
        return sent(visit_page(assessment, opened.wordings, frame), frame.language)
    return sent(page_of_draft(opened, frame), frame.language)


@blueprint.post("/<token>")
def answer(token: str) -> AnyResponse:
    """What the patient sent: whole answers are taken at once, for all else her visit is held."""
    if wanted(request) == "submit":
        opened, frame = _begun(partial(opening, alone=True), token)
        taken = answer_at_once(opened, frame, read_form(request), now())
        if taken is not None:
            return taken
    opened, frame = _begun(partial(opening, hold=True), token)
    form = read_form(request)
    refused = passed(opened, frame, form, now())
    return refused if refused is not None else act(opened, frame, form, now())


def _begun(ask: Callable[[str], Opening], token: str) -> tuple[Opening, Frame]:
    try:
        opened = _opened(ask, token)
    except Gone:
        _told_of_old_link(token)
        raise
    start_acting(f"participant:{opened.assessment.participant.code}")
    return opened, _framed(opened.assessment)


def _told_of_old_link(token: str) -> None:
    """Answers that were sent under a link that was replaced lie on a phone, whose owner may believe them received."""
    with suppress(BadInput):
        form = read_form(request)
        if form.act == "submit" and any(value.strip() for value in form.fields.values()):
            assessment = behind(token)
            start_acting(f"participant:{assessment.participant.code}")
            tell_of_old_link(assessment, now())
            keep_although_refused()


@blueprint.get("/<token>/received")
def received(token: str) -> AnyResponse:
    """Thanks, when it was received, and when the next one comes; nothing of the answers."""
    assessment = _opened(partial(resolve, alone=True), token)
    frame = _framed(assessment)
    if assessment.submitted_at is None:
        return redirect(address("show"))
    at = as_said(assessment.submitted_at, assessment.participant.zone, frame.language)
    courses = [] if "help" in request.args else drawn_courses(assessment, frame.language)
    help_now = safety_help(assessment, frame) if "help" in request.args else ""
    shown = {"frame": frame, "title": gettext("Thank you"), "at": at, "help": help_now, "courses": courses}
    beside = open_beside(assessment, now())
    shown["beside"] = address("show", of=beside) if beside else None
    shown["coming"] = None if beside else when_next(assessment, frame, now())
    return sent(page("received.html", shown), frame.language)


@blueprint.get("/<token>/noted/<any('not-able', 'call-me'):kind>")
def noted(token: str, kind: str) -> AnyResponse:
    """She is not able today, or wants a call: what happens now."""
    assessment = _opened(resolve, token)
    frame = _framed(assessment)
    if assessment.paused_until is None:
        return redirect(address("show"))
    title = gettext("We call you") if kind == "call-me" else gettext("That is all right")
    shown = {"frame": frame, "title": title, "kind": kind, "back": address("show")}
    return sent(page("noted.html", shown | what_comes(assessment, frame, now())), frame.language)


@blueprint.get("/", defaults={"rest": ""})
@blueprint.get("/<path:rest>")
def mistyped(rest: str) -> NoReturn:
    """A link that lost its end on the way, or grew: she is told what to do, as with any other wrong link."""
    slow_down_guessing(request)
    raise NotFound(f"{len(rest)} characters are no link of ours.")


@blueprint.get("/worker.js")
def worker() -> Response:
    """The service worker, which opens pages where there is no network."""
    answer = current_app.response_class((STATIC / "patient_worker.js").read_bytes(), mimetype="text/javascript")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@blueprint.errorhandler(Problem)
def problem(error: Problem) -> ResponseReturnValue:
    """Why not, in the patient's language, and whom to call."""
    if wants_json():
        return render_problem(error)
    frame: Frame | None = g.get("frame")
    language = frame.language if frame else _language_of_nobody(error)
    speak(language)
    title, sentence = worded(error)
    shown = {"frame": frame, "language": language, "title": title, "sentence": sentence}
    shown["kept"] = g.get("kept_for_staff", False)
    if isinstance(error, Unavailable):
        shown["again"] = sent_again()
    if isinstance(error, NotFound):
        with suppress(OperationalError):
            shown["urgent"] = everybodys_urgent_help(language)
    answer = sent(page("problem.html", shown), language, error.status)
    if error.retry_after is not None:
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def _language_of_nobody(error: Problem) -> str:
    """Of a page behind no link of ours; where the database may be out of reach, the browser's alone."""
    if isinstance(error, NotFound):
        with suppress(SQLAlchemyError):
            return without_link()
    return wished()


@blueprint.errorhandler(OperationalError)
@blueprint.errorhandler(InternalError)
@blueprint.errorhandler(TimeoutError)
def away(error: SQLAlchemyError) -> ResponseReturnValue:
    """The database is out of reach or busy: to try again soon, in her language, with what she wrote."""
    return problem(unavailable(error))


@blueprint.errorhandler(WrongKey)
def shut(error: WrongKey) -> ResponseReturnValue:
    """A value of hers that our keys do not open: to try again soon, with what she wrote."""
    return problem(unopened(error))


@blueprint.errorhandler(HTTPException)
def refused_by_http(error: HTTPException) -> ResponseReturnValue:
    """What the web server's rules refuse: too large, not that way."""
    if (status := refused_with(error)) is None:
        return error.get_response()
    token = (request.view_args or {}).get("token")
    if token and "frame" not in g:  # refused before the view was asked: a real link still tells whom to call
        with suppress(Problem, SQLAlchemyError):
            _framed(behind(token))
    refused = Problem(error.description or "")
    refused.status = status
    return problem(refused)


def _opened(ask: Callable[[str], Behind], token: str) -> Behind:
    """What is behind the link; who guesses links is slowed down."""
    try:
        return ask(token)
    except NotFound:
        slow_down_guessing(request)
        raise
    except Gone:
        _framed(behind(token))  # an old link of hers: she is told whom to call
        raise


def _framed(assessment: Assessment) -> Frame:
    """What surrounds the page; errors from here on are told in it."""
    frame = frame_of(assessment, language_of(assessment, request.args.get("lang")))
    g.frame = frame
    speak(frame.language)
    return frame
