"""Questionnaires for who works on the study: as patients see them, their scores tried, and a bench for new ones.

Nothing here is kept: what is tried on these pages is no answer, and what is written at the bench is not installed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request
from sqlalchemy import select

from app.accounts.roles import Permission
from app.core.database import db
from app.core.problems import NotFound
from app.instruments import ComputedScore, Instrument, UnknownInstrument, check_answers
from app.instruments.folders import Folder
from app.instruments.problems import BadFolder
from app.instruments.scores import score_checked
from app.permitting import current_scope
from app.responses.earlier import choices_of
from app.responses.fields import understood
from app.responses.going_live import shown_by
from app.responses.wordings import in_installed_words, newest
from app.studies.installing import current_protocol
from app.studies.questionnaires import newest_folder
from app.web.answer_errors import field_errors
from app.web.language import gettext, spoken
from app.web.patient.page import sent
from app.web.patient.proof import WIDTHS, proof
from app.web.previewing.bench import begun_with
from app.web.previewing.bench import sent as sent_to_bench
from app.web.questions import Section, section
from app.web.staff.access import requires

blueprint = Blueprint("preview", __name__, url_prefix="/desk/<study>/questionnaires")
STARTS_FROM = "nrs_leg"
"""The questionnaire that stands at the bench before anything is written."""


@dataclass(frozen=True)
class TriedQuestionnaire:
    """A questionnaire with answers tried upon it: what is wrong with them, or what they score."""

    section: Section
    values: Mapping[str, str]
    errors: Mapping[str, str]
    scores: tuple[ComputedScore, ...]
    is_tried: bool


@blueprint.get("/")
@requires(Permission.VIEW_COMPLIANCE)
def listed() -> str:
    """What the study asks, in which words, and whether patients may be shown them."""
    scope = current_scope()
    plan = current_protocol(scope.study).plan
    return render_template("desk/questionnaires.html", questionnaires=shown_by(scope.study, plan), plan=plan)


@blueprint.route("/<instrument>", methods=["GET", "POST"])
@requires(Permission.VIEW_COMPLIANCE)
def show(instrument: str) -> str:
    """One questionnaire at three widths, its licence, and its scores to be tried."""
    questionnaire, language = _found(instrument), request.args.get("language", "")
    spoken_first = (language, spoken(), *questionnaire.languages)
    language = next(each for each in spoken_first if each in questionnaire.languages)
    trial = _tried(questionnaire, language, request.form if request.method == "POST" else None)
    return render_template(
        "desk/questionnaire.html", questionnaire=questionnaire, language=language, trial=trial, widths=WIDTHS
    )


@blueprint.get("/<instrument>/page/<language>")
@requires(Permission.VIEW_COMPLIANCE)
def page(instrument: str, language: str) -> Response:
    """The patient's page that asks this questionnaire alone; it may stand inside a page of ours, and sends nothing."""
    questionnaire = _found(instrument)
    if language not in questionnaire.languages:
        raise NotFound(f"There are no words in {language}.")
    answer = sent(proof([questionnaire], language), language)
    policy = answer.headers["Content-Security-Policy"]
    answer.headers["Content-Security-Policy"] = policy.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
    return answer


@blueprint.route("/bench", methods=["GET", "POST"])
@requires(Permission.VIEW_COMPLIANCE)
def bench() -> str:
    """Write a questionnaire at the left, from `begin` if it is named, answer it at the right; nothing is installed."""
    folder = begun_with(_folder(request.args.get("begin") or STARTS_FROM).files, request.args.get("language", "en"))
    is_sent = request.method == "POST"
    if is_sent:
        folder = sent_to_bench(request.form, request.files.getlist("pictures"), folder)
    problems: tuple[str, ...] = ()
    trial = None
    try:
        questionnaire = folder.read()
        trial = _tried(questionnaire, questionnaire.languages[0], request.form if is_sent else None)
    except BadFolder as bad:
        problems = tuple(map(str, bad.problems))
    return render_template("desk/bench.html", folder=folder, problems=problems, trial=trial)


def _folder(code: str) -> Folder:
    """The newest folder of this questionnaire, the site's own before ours."""
    try:
        return newest_folder(code)
    except UnknownInstrument as unknown:
        raise NotFound(unknown.message) from None


def _found(code: str) -> Instrument:
    """The questionnaire of the study's protocol, else the newest that there is."""
    scope = current_scope()
    asked_now = {each.code: each for each in shown_by(scope.study, current_protocol(scope.study).plan)}
    if code in asked_now:
        return asked_now[code]
    return in_installed_words(_folder(code).instrument, db.session.scalar(select(newest())))


def _tried(questionnaire: Instrument, language: str, form: Mapping[str, str] | None) -> TriedQuestionnaire:
    """What these answers come to."""
    drawn = section(questionnaire, language)
    if form is None:
        return TriedQuestionnaire(drawn, {}, {}, (), is_tried=False)
    values = {name: value for name, value in form.items() if name.startswith(f"{questionnaire.code}.") and value}
    checked = check_answers(questionnaire, understood(values, [questionnaire])[questionnaire.code])
    errors = field_errors([(questionnaire.code, problem) for problem in checked.problems], language)
    if errors:
        return TriedQuestionnaire(drawn, values, errors, (), is_tried=True)
    settings = choices_of(current_protocol(current_scope().study).plan, questionnaire.code)
    return TriedQuestionnaire(
        drawn, values, {}, score_checked(questionnaire, checked.scorable, settings), is_tried=True
    )


def licence_state(questionnaire: Instrument, language: str) -> str:
    """Whether a live study may show these words."""
    words = questionnaire.wording(language)
    if not questionnaire.ready_for_patients(language):
        return gettext("demonstration words: a live study does not show them")
    return gettext("demonstration words, free to be shown") if words.demonstration else gettext("may be shown")


blueprint.add_app_template_global(licence_state)
