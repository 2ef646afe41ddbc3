"""The words of one message: the protocol's text of its kind in the participant's language, filled in.

Questions by SMS are ours, neutral, and the same for every study: they tell nobody what is asked about.
"""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from app.messages.reading import Ready
from app.messages.short_visits import Asked, by_sms
from app.schedule.links import token
from app.studies.protocol import Protocol
from app.studies.texts import render, segments

QUESTION = {
    "nb": "{sender}: Spørsmål {n} av {of}: svar med et tall fra {lowest} til {highest}.",
    "nn": "{sender}: Spørsmål {n} av {of}: svar med eit tal frå {lowest} til {highest}.",
    "en": "{sender}: Question {n} of {of}: reply with a number from {lowest} to {highest}.",
}
FIRST = {
    "nb": "{sender}: {of} spørsmål. Nr. 1: svar {lowest} til {highest}, eller alle her: {link}",
    "nn": "{sender}: {of} spørsmål. Nr. 1: svar {lowest} til {highest}, eller alle her: {link}",
    "en": "{sender}: {of} questions. No. 1: reply {lowest} to {highest}, or answer here: {link}",
}
RECEIVED = {"nb": "Mottatt {at}.", "nn": "Motteke {at}.", "en": "Received {at}."}


def compose(row: Ready, plan: Protocol, base: str) -> str:
    """The text to send. The link is derived, so composing it again gives the same one."""
    site = plan.site(row.site)
    parts = {"sender": site.sender.get(row.language, site.sender[plan.default_language]), "phone": site.phone}
    if row.assessment_id is not None:
        parts["link"] = f"{base}/a/{token(row.assessment_id, row.link_version)}"
    if row.kind.startswith("question-"):
        return _question(row, plan, parts)
    text = render(plan.template(row.kind, row.language), **parts)
    if row.kind == "invitation" and row.sms_answers and (asked := by_sms(plan, row.visit)):
        return _short(_asking(FIRST, asked, 1, row.language, parts), text)
    if row.kind == "thanks":
        return _short(f"{text} {_in(RECEIVED, row.language).format(at=_clock(row.owed_at, row.zone))}", text)
    return text


def _question(row: Ready, plan: Protocol, parts: dict[str, str]) -> str:
    number = int(row.kind.removeprefix("question-"))
    return _asking(QUESTION, by_sms(plan, row.visit), number, row.language, parts)


def _asking(
    texts: Mapping[str, str], asked: tuple[Asked, ...], number: int, language: str, parts: dict[str, str]
) -> str:
    one = asked[number - 1]
    figures = {"n": number, "of": len(asked), "lowest": one.lowest, "highest": one.highest}
    return _in(texts, language).format(**figures, **parts)


def _short(wanted: str, otherwise: str) -> str:
    """The longer text where it still is one SMS."""
    return wanted if segments(wanted).count == 1 else otherwise


def _in(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language, texts["en"])


def _clock(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).strftime("%H:%M")
