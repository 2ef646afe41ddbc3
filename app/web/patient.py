"""The patient's pages. The link is the capability: no cookie, no session, and a GET changes nothing, ever."""

from flask import Blueprint, Response, g, jsonify, redirect, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from app.core.audit import start_acting
from app.core.problems import BadInput, Problem
from app.core.time import now
from app.responses.admission import admit
from app.responses.answering import begin, submit
from app.responses.checking import check_visit
from app.responses.problems import NothingAnswered, Unanswered, WrongAnswers
from app.responses.questionnaire import questionnaire
from app.schedule.links import resolve
from app.schedule.models import Assessment
from app.web.edge import render_problem, wants_json
from app.web.language import as_said, gettext, speak
from app.web.patient_errors import field_errors, told
from app.web.patient_form import Sent, read_form, understood
from app.web.patient_page import page, sent
from app.web.patient_visit import Frame, frame_of, language_of, visit_page

blueprint = Blueprint("patient", __name__, url_prefix="/a")


@blueprint.get("/<token>")
def show(token: str) -> AnyResponse:
    """The whole visit in one document, or why it cannot be answered now."""
    assessment, frame = _found(token)
    if assessment.submitted_at is not None:
        return redirect(_address("received", token))
    admit(assessment, now())
    return sent(visit_page(assessment, frame), frame.language)


@blueprint.post("/<token>")
def answer(token: str) -> AnyResponse:
    """What the patient sent: answers, or that she begins, or that she is not able today."""
    assessment, frame = _found(token)
    start_acting(f"participant:{assessment.participant.code}")
    form = read_form(request)
    if form.act == "start":
        begin(assessment, now())
        return jsonify(opened=True)
    return _submitted(token, assessment, frame, form)


@blueprint.get("/<token>/received")
def received(token: str) -> AnyResponse:
    """Thanks, and when it was received; nothing of the answers."""
    assessment, frame = _found(token)
    if assessment.submitted_at is None:
        return redirect(_address("show", token))
    at = as_said(assessment.submitted_at, assessment.participant.zone, frame.language)
    return sent(page("received.html", frame=frame, at=at, title=gettext("Thank you")), frame.language)


@blueprint.errorhandler(Problem)
def problem(error: Problem) -> AnyResponse | tuple[Response | str, int]:
    """Why not, in the patient's language, and whom to call."""
    if wants_json():
        return render_problem(error)
    frame: Frame | None = g.get("frame")
    language = frame.language if frame else request.accept_languages.best_match(("nb", "nn", "en"), "nb")
    speak(language)
    title, sentence = told(error)
    drawn = page("problem.html", frame=frame, language=language, title=title, sentence=sentence)
    return sent(drawn, language, error.status)


@blueprint.errorhandler(RequestEntityTooLarge)
def too_large(_: RequestEntityTooLarge) -> AnyResponse | tuple[Response | str, int]:
    """A body that no questionnaire makes."""
    refused = BadInput("What was sent is too large.")
    refused.status = 413
    return problem(refused)


def _found(token: str) -> tuple[Assessment, Frame]:
    assessment = resolve(token)
    g.frame = frame_of(assessment, language_of(assessment, request.args.get("lang")))
    speak(g.frame.language)
    return assessment, g.frame


def _address(endpoint: str, token: str) -> str:
    return url_for(f"patient.{endpoint}", token=token, lang=request.args.get("lang"))


def _submitted(token: str, assessment: Assessment, frame: Frame, form: Sent) -> AnyResponse:
    answers = understood(form.fields, questionnaire(assessment))
    asked_once = assessment.protocol.plan.answers.skipping == "asked_once"
    if assessment.submitted_at is None and asked_once and not form.asked:
        admit(assessment, now())
        codes = assessment.protocol.plan.visit(assessment.visit).instruments
        checked = check_visit(assessment.visit, codes, answers)
        if checked.missing and not checked.problems and not checked.empty:
            begin(assessment, now())
            return _again(assessment, frame, form, empty=checked.missing)
    try:
        submit(assessment, answers, now(), mode=form.mode, language=frame.language, presentation=form.presentation)
    except WrongAnswers as wrong:
        return _again(assessment, frame, form, status=400, errors=field_errors(wrong.problems))
    except Unanswered as wrong:
        return _again(assessment, frame, form, status=400, empty=wrong.missing, must=True)
    except NothingAnswered:
        return _again(assessment, frame, form, status=400, nothing=True)
    return redirect(_address("received", token), 303)


def _again(
    assessment: Assessment,
    frame: Frame,
    form: Sent,
    *,
    status: int = 200,
    errors: dict[str, str] | None = None,
    empty: tuple[tuple[str, str], ...] = (),
    must: bool = False,
    nothing: bool = False,
) -> AnyResponse:
    """The page once more with her answers in it, and what needs another look."""
    fields = tuple(f"{code}.{item}" for code, item in empty)
    more = {"empty": fields, "must": must, "nothing": nothing, "helped": form.mode.value != "page"}
    drawn = visit_page(assessment, frame, dict(form.fields), errors, **more)
    return sent(drawn, frame.language, status)
