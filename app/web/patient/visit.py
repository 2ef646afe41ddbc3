"""A visit as its patient sees it: the page of questions, empty or with what she answered, and its frame."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import phonenumbers
from babel import Locale
from flask import request, url_for
from flask_babel import force_locale

from app.core.time import now
from app.instruments import Instrument
from app.instruments.model import ItemType
from app.responses.answering import answered_on
from app.responses.questionnaire import questionnaire, refuse_demonstration
from app.schedule.models import Assessment
from app.studies.installing import running_plans
from app.studies.protocol.conduct import AnswerRules
from app.studies.states import PRACTICE
from app.web.language import gettext, wished
from app.web.patient.page import READY_PAGES, Page, page
from app.web.questions import Section, section

SHORTER = {"nb": "Norsk", "nn": "Nynorsk"}
"""What people call their language where Unicode's own name of it is longer."""


@dataclass(frozen=True)
class Frame:
    """What surrounds every page of one patient: who asks, in which language, whom to call."""

    language: str
    languages: tuple[tuple[str, str], ...]
    sender: str
    phone: str
    urgent_help: str
    demonstration: bool


@dataclass(frozen=True)
class VisitContent:
    """The whole content of a visit's page without answers; equal for all patients of a visit, site and language."""

    frame: Frame
    minutes: int
    rules: AnswerRules
    safety_help: str
    instruments: tuple[str, ...]
    wordings: tuple[str, ...]
    on: date | None = None
    """The day where the patient lives, if the visit asks for dates."""


def language_of(assessment: Assessment, wanted: str | None) -> str:
    """The language asked for if the protocol has it, else the participant's, else the protocol's first."""
    return assessment.protocol.plan.language_for(wanted, assessment.participant.language)


def frame_of(assessment: Assessment, language: str) -> Frame:
    """Sender, telephone, urgent help, other languages."""
    plan, site = assessment.protocol.plan, assessment.participant.site
    senders = {planned.code: planned.sender for planned in plan.sites}
    sender = senders.get(site.code, {}).get(language, "")
    others = tuple((code, own_name(code)) for code in plan.languages if code != language)
    demonstration = assessment.participant.study.state in PRACTICE
    help_, phone = plan.urgent_help_in(language, site.code), _as_read_aloud(site.phone)
    return Frame(language, others, sender, phone, help_, demonstration)


@cache
def own_name(language: str) -> str:
    """What a language calls itself: "Polski"."""
    name = Locale.parse(language).get_display_name(language) or language
    return SHORTER.get(language) or name[:1].upper() + name[1:]


@cache
def _as_read_aloud(phone: str) -> str:
    """`+47 21 23 45 61`, in the groups in which its country says it."""
    number = phonenumbers.parse(phone, None)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def without_link() -> str:
    """The language of a page that belongs to no visit: the browser's, if a study here speaks it, else the one that all
    the studies here speak first."""
    plans = running_plans()
    first = {plan.default_language for plan in plans}
    everybodys = min(first) if len(first) == 1 else "en"
    return wished({language for plan in plans for language in plan.languages} or None, everybodys)


def everybodys_urgent_help(language: str) -> str:
    """What a page says that belongs to no visit: the line of the studies here, where they all say the same."""
    lines = {plan.urgent_help_in(language, site.code) for plan in running_plans() for site in plan.sites}
    return lines.pop() if len(lines) == 1 else ""


def asked_of(assessment: Assessment, instruments: tuple[Instrument, ...], frame: Frame) -> VisitContent:
    """What the visit's page holds."""
    plan = assessment.protocol.plan
    visit = plan.visit(assessment.visit)
    hashes = tuple(each.wording(frame.language).sha256 for each in instruments)
    codes = tuple(f"{each.code} {each.structure_sha256}" for each in instruments)
    dates = any(item.type is ItemType.DATE for each in instruments for item in each.items)
    on = answered_on(assessment, now()) if dates else None
    return VisitContent(frame, visit.minutes, plan.answers, safety_help(assessment, frame), codes, hashes, on)


def address(endpoint: str, *, of: str | None = None, **parts: str | None) -> str:
    """Another page of the same link, or of that of a visit beside it, in the language that was asked for."""
    token = of or (request.view_args or {})["token"]
    return url_for(f"patient.{endpoint}", token=token, lang=request.args.get("lang"), **parts)  # type: ignore[arg-type]


def safety_help(assessment: Assessment, frame: Frame) -> str:
    """What the protocol says to somebody who may be in danger, if it has safety items."""
    return assessment.protocol.plan.safety_help_in(frame.language, assessment.participant.site.code)


def visit_page(
    assessment: Assessment,
    wordings: str | None,
    frame: Frame,
    values: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    **more: Any,
) -> Page:
    """The visit's page; without answers it is drawn once and kept."""
    instruments = questionnaire(assessment, wordings)
    refuse_demonstration(assessment, instruments, frame.language)
    content = asked_of(assessment, instruments, frame)
    if not (values or errors or any(more.values())):
        return _blank(content, instruments)
    return draw(content, instruments, values=values or {}, errors=errors or {}, **more)


def _blank(content: VisitContent, instruments: tuple[Instrument, ...]) -> Page:
    """The page without answers, ready since it was first asked for."""
    if content not in _ready:
        if len(_ready) >= READY_PAGES:
            _ready.clear()
        _ready[content] = draw(content, instruments, 9, values={}, errors={})
    return _ready[content]


_ready: dict[VisitContent, Page] = {}


def draw(content: VisitContent, instruments: tuple[Instrument, ...], level: int = 6, **values: Any) -> Page:
    """The page with these answers, errors and notes."""
    with force_locale(content.frame.language):
        drawn = [section(each, content.frame.language, content.on) for each in instruments]
        title = gettext("Some questions for you")
        rich = any(question.is_rich for each in drawn for question in each.questions)
        more = {"title": title, "focus": _first(drawn, values), "rich": rich, **values}
        return page("visit.html", {"frame": content.frame, "content": content, "sections": drawn, **more}, level)


def _first(drawn: list[Section], values: Mapping[str, Any]) -> str:
    """The first question that needs another look."""
    wanted = {*values["errors"], *values.get("empty", ())}
    questions = (question for section in drawn for question in section.questions)
    return next((question.field for question in questions if wanted.intersection(question.fields)), "")
