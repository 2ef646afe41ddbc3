"""What a patient may send: answers, a draft of them, that she begins, that she is not able today."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime

from flask import Response, g, jsonify, redirect
from werkzeug.wrappers import Response as AnyResponse

from app.core.problems import Problem
from app.responses.answering import begin, check, submit, submit_alone
from app.responses.attention import call_me, not_able_today, safety_fields
from app.responses.drafts import keep_written, kept_draft, save_draft, save_from_phone
from app.responses.fields import not_asked_here, understood
from app.responses.gaps import asked_about
from app.responses.late_attempts import note_attempt
from app.responses.opening import Opening
from app.responses.other_answers import newest_answers
from app.responses.problems import (
    AlreadyAnswered,
    AnsweredOtherwise,
    Closed,
    Left,
    NothingAnswered,
    NotOpenYet,
    StudyOver,
    Unanswered,
    WrongAnswers,
)
from app.responses.questionnaire import questionnaire
from app.responses.refused_sends import tell_of_early, tell_of_refused
from app.responses.second_answers import keep_others, keep_second
from app.responses.two_phones import NO_DRAFT
from app.schedule.links import earlier
from app.schedule.models import Assessment
from app.web.answer_errors import field_errors
from app.web.edge import keep_although_refused, wants_json
from app.web.language import clock_time
from app.web.patient.doubts import doubt_sentences
from app.web.patient.form import SentForm
from app.web.patient.page import sent
from app.web.patient.visit import Frame, address, visit_page

REFUSED = (NotOpenYet, Closed, StudyOver, Left)
"""Why answers to a visit that nobody answered are not taken."""


@contextmanager
def second_ones_kept(opened: Opening, form: SentForm, now: datetime) -> Iterator[None]:
    """Answers that come after the first are refused; what differs in them is kept for a person to look at."""
    try:
        yield
    except AlreadyAnswered as first:
        sent = form.sound if form.act in ("submit", "draft") else {}
        if sent and keep_second(opened.assessment, sent, form.says, opened.wordings, now):
            keep_although_refused()
            raise AnsweredOtherwise() from first
        raise


@contextmanager
def refused_ones_told(opened: Opening, form: SentForm, now: datetime) -> Iterator[None]:
    """Answers that come at another time are refused. That they came is kept where they are late, and a person is told
    of a Send that she must judge; of drafts she is not, for what was never sent may be thrown away."""
    try:
        yield
    except REFUSED:
        if form.act in ("submit", "draft") and any(value.strip() for value in form.fields.values()):
            note_attempt(opened.assessment, form.mode, now)
            sent = form.sound if form.act == "submit" else {}
            g.kept_for_staff = tell_of_refused(opened.assessment, sent, form.says, opened.wordings, now)
            keep_although_refused()
        raise


def act(opened: Opening, frame: Frame, form: SentForm, now: datetime) -> AnyResponse:
    """Do what the form asks, for a visit that is held."""
    with second_ones_kept(opened, form, now), refused_ones_told(opened, form, now):
        return _act(opened, frame, form, now)


def _act(opened: Opening, frame: Frame, form: SentForm, now: datetime) -> AnyResponse:
    assessment = opened.assessment
    match form.act:
        case "start":
            begin(assessment, now)
            return jsonify(opened=True)
        case "links":
            return jsonify(links=earlier(assessment))
        case "draft":
            return _drafted(opened, frame, form, now)
        case "not_able" if assessment.submitted_at is not None:
            return redirect(address("received"), 303)
        case "not_able":
            keep_written(assessment, form.sound, form.says, now, holding=opened.held)
            not_able_today(assessment, now)
            return redirect(address("noted", kind="not-able"), 303)
        case "call_me":
            keep_written(assessment, form.sound, form.says, now, holding=opened.held)
            call_me(assessment, now)
            return redirect(address("noted", kind="call-me"), 303)
        case "open":
            return redirect(address("show"), 303)
    return _answers(opened, frame, form, now)


def answer_at_once(opened: Opening, frame: Frame, form: SentForm, now: datetime) -> AnyResponse | None:
    """Take whole answers to a visit that is not held; nothing if that takes more than one statement, or is refused."""
    assessment = opened.assessment
    questionnaires = questionnaire(assessment, opened.wordings)
    if form.act != "submit" or opened.checks or form.problems or not_asked_here(form.sound, questionnaires):
        return None
    newest = newest_answers(opened.draft, form.sound, form.says, now, assessment.opens_at)
    if newest.need_a_person:
        return None
    checked = check(assessment, understood(newest.fields, questionnaires), now)
    with suppress(*REFUSED):
        taken = submit_alone(
            assessment, checked, now, mode=form.mode, language=frame.language, presentation=form.presentation,
            seen=opened.held, row_version=opened.row_version,
        )  # fmt: skip
        return _received() if taken else None
    return None


def _received(help_: str | None = None) -> AnyResponse:
    """To the receipt; the page's script goes there itself, and follows no redirect, for that may be a stranger's."""
    receipt = address("received", help=help_)
    return jsonify(received=receipt) if wants_json() else redirect(receipt, 303)


def _drafted(opened: Opening, frame: Frame, form: SentForm, now: datetime) -> Response:
    """When it was saved, each field that needs another look, and what was answered later on another phone."""
    assessment = opened.assessment
    saved = save_from_phone(assessment, form.sound, form.says, now, holding=opened.held)
    result: dict[str, object] = {"saved": clock_time(now, assessment.participant.zone)}
    instruments = questionnaire(assessment, opened.wordings)
    errors = doubt_sentences(saved.content, saved.doubts, instruments, frame.language)
    if errors := errors | field_errors((*form.problems, *saved.problems), frame.language):
        result["errors"] = errors
    if form.says is not None:
        result["came"] = saved.content.came
    if saved.newer:
        result["newer"] = saved.newer
    return jsonify(result)


def _answers(opened: Opening, frame: Frame, form: SentForm, now: datetime) -> AnyResponse:
    assessment, holding = opened.assessment, opened.held
    questionnaires = questionnaire(assessment, opened.wordings)
    unreadable = (*form.problems, *not_asked_here(form.sound, questionnaires))
    draft = kept_draft(assessment.id) if holding.submitted_at is None else NO_DRAFT
    newest = newest_answers(draft, form.sound, form.says, now, assessment.opens_at)
    checked = check(assessment, understood(newest.fields, questionnaires), now, unreadable)
    if not form.asked and (empty := asked_about(assessment, checked, now)):
        save_draft(assessment, newest.fields, now, holding=holding)
        return again(assessment, opened.wordings, frame, form, newest.fields, empty=empty)
    language, shown = frame.language, form.presentation
    try:
        submit(assessment, checked, now, mode=form.mode, language=language, presentation=shown, holding=holding)
    except (WrongAnswers, Unanswered, NothingAnswered) as wrong:
        save_draft(assessment, newest.fields, now, holding=holding)
        keep_although_refused()
        if wants_json():
            raise
        return again(assessment, opened.wordings, frame, form, newest.fields, wrong)
    keep_others(assessment, newest.others, now)
    tell_of_early(assessment, newest.early, now)
    return _received("1" if safety_fields(questionnaires, checked.said) else None)


def again(
    assessment: Assessment,
    wordings: str | None,
    frame: Frame,
    form: SentForm,
    newest: Mapping[str, str],
    wrong: Problem | None = None,
    empty: tuple[tuple[str, str], ...] = (),
) -> Response:
    """The page once more with her answers in it, and what needs another look."""
    errors = field_errors(wrong.problems, frame.language) if isinstance(wrong, WrongAnswers) else {}
    must = isinstance(wrong, Unanswered)
    fields = tuple(f"{code}.{item}" for code, item in (wrong.missing if isinstance(wrong, Unanswered) else empty))
    more: dict[str, object] = {"empty": fields, "must": must, "nothing": isinstance(wrong, NothingAnswered)}
    helped = form.controls.get("_mode") == "helped"
    more |= {"helped": helped, "key": form.controls.get("_key"), "came": kept_draft(assessment.id).came}
    typed = {**newest, **{name: value for name, value in form.fields.items() if name not in form.sound}}
    drawn = visit_page(assessment, wordings, frame, typed, errors, **more)
    return sent(drawn, frame.language, wrong.status if wrong else 200)
