"""How the desk tells days and reasons in the reader's language: "Mon 7 Dec", "closes in 11 days", "day 56 is open"."""

from datetime import date, datetime, timedelta
from re import compile as pattern
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask import Flask

from app.participants.models import Task
from app.responses.calling import CallReason, fields_of
from app.schedule.calendar import local_day
from app.studies.protocol.definition import Protocol
from app.studies.protocol.spans import Unit
from app.web.desk.asked_words import questions_of
from app.web.desk.refusals import reworded
from app.web.language import gettext, ngettext, spoken

PATTERNS = {"en": "EEE d MMM"}
WHEN = pattern(
    r"(?:day (?P<day>-?\d+)|(?P<count>-?\d+)(?P<unit>[hm]))(?:, (?P<earliest>\d\d:\d\d)(?: to (?P<latest>\d\d:\d\d))?)?"
    r"(?: after (?P<event>.+?))?(?P<number> \(\d+\))?"
)
"""How a visit without a title is called (`VisitPlan.when`)."""


def on_day(day: date) -> str:
    """A day without its year: `Mon 7 Dec`."""
    return format_date(day, PATTERNS.get(spoken(), "EEE d. MMM"), locale=spoken())


def told(at: datetime, zone: str) -> str:
    """`Mon 7 Dec, 09:00` on the clocks of `zone`."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{on_day(local.date())}, {local:%H:%M}"


def closing(until: datetime, at: datetime, zone: str) -> str:
    """How long a visit can still be answered, by the days of whoever is asked; or how long ago its last day was."""
    last = local_day(until - timedelta(microseconds=1), ZoneInfo(zone))
    days = (last - local_day(at, ZoneInfo(zone))).days
    if until <= at:
        return gettext("last day %(day)s", day=on_day(last))
    if days == 0:
        return gettext("closes today")
    if days == 1:
        return gettext("closes tomorrow")
    return gettext("closes in %(days)s days", days=days)


def why(reason: CallReason) -> str:
    """The reason as a sentence."""
    in_language = {"visit": visit_words, "reason": in_words}
    parts = {name: in_language.get(name, str)(words) for name, words in reason.parts.items()}
    if reason.task is not None and reason.fields:
        parts["where"] = questions_of(reason.task)
    return gettext(reason.because, **parts) if parts else gettext(reason.because) if reason.because else ""


def when(reason: CallReason, at: datetime, zone: str) -> str:
    """By when it wants a call: a task by its hour, a visit until it closes, or before it opens."""
    if reason.until is None:
        return ""
    if reason.task is not None:
        return gettext("by %(moment)s", moment=told(reason.until, zone))
    if reason.term == "opens":
        return gettext("opens %(day)s", day=on_day(reason.until.astimezone(ZoneInfo(zone)).date()))
    return closing(reason.until, at, zone)


def titled(plan: Protocol, visit: str) -> str:
    """What the reader calls a visit of this protocol."""
    return visit_words(plan.visit_title(visit, spoken()))


def visit_words(title: str) -> str:
    """A visit's title in the reader's language where it says when: `day 56`, `3m, 08:00 after Surgery (2)`."""
    said = WHEN.fullmatch(title)
    if said is None:
        return title
    words = gettext("day %(day)s", day=said["day"]) if said["day"] else _distance(int(said["count"]), said["unit"])
    if said["earliest"]:
        words += f", {said['earliest']}" + (f"–{said['latest']}" if said["latest"] else "")
    if said["event"]:
        words = gettext("%(when)s after %(event)s", when=words, event=said["event"])
    return words + (said["number"] or "")


def _distance(count: int, unit: str) -> str:
    """Some hours or months, before or after what they are counted from."""
    far = abs(count)
    match unit == Unit.HOURS, count < 0:
        case True, False:
            return ngettext("one hour", "%(num)s hours", far)
        case True, True:
            return ngettext("one hour before", "%(num)s hours before", far)
        case False, False:
            return ngettext("one month", "%(num)s months", far)
        case _:
            return ngettext("one month before", "%(num)s months before", far)


def in_words(sentence: str) -> str:
    """A sentence of ours that is not written in the page, as of a problem, in the reader's language."""
    if not sentence:
        return ""
    said = gettext(sentence)
    return reworded(sentence) if said == sentence else said


def about(task: Task) -> str:
    """What a task is about, in a line: the questions that it names, or its note."""
    return questions_of(task) if fields_of(task) else in_words(task.note or "")


def init_app(app: Flask) -> None:
    """Give the templates these words."""
    filters = (told, closing, when, why, on_day, titled, in_words, visit_words, about)
    app.jinja_env.filters.update({function.__name__: function for function in filters})
