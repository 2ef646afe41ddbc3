"""Checks of visits: one on a day and in order, each with a window and questionnaires that there are."""

from __future__ import annotations

from collections.abc import Iterator

from app.request_size import is_too_large
from app.studies.protocol.codes import same_codes
from app.studies.protocol.fields import LAST_DAY
from app.studies.protocol.known import Known
from app.studies.protocol.suggestions import meant
from app.studies.protocol.window_checks import closing_event
from app.yaml_files import Document, Mistake, Path


def visit_errors(document: Document, known: Known) -> Iterator[Mistake]:
    """Visits that clash, or that name an anchor, a window or an instrument that is not there."""
    visits = document.children("visits")
    yield from _anchor_errors(document)
    yield from primary_error(document, [code for visit in visits if (code := document.text(*visit, "code"))])
    yield from same_codes(document, [(*visit, "code") for visit in visits])
    yield from _day_errors(document, visits)
    for visit in visits:
        yield from _window_errors(document, visit)
        yield from instrument_errors(document, visit, known)
    yield from safety_errors(document, known)


def _anchor_errors(document: Document) -> Iterator[Mistake]:
    anchor, events = document.text("anchor"), document.get("events")
    if anchor and isinstance(events, dict) and anchor not in events:
        yield document.error(("anchor",), f"`{anchor}` is not one of the events", meant(anchor, events))


def primary_error(document: Document, codes: list[str]) -> Iterator[Mistake]:
    """The primary visit, where it is none of these."""
    primary = document.text("primary_visit")
    if primary and primary not in codes:
        yield document.error(("primary_visit",), f"there is no visit `{primary}`", meant(primary, codes))


def _day_errors(document: Document, visits: list[Path]) -> Iterator[Mistake]:
    seen: dict[int, int] = {}
    for visit in visits:
        path = (*visit, "day")
        if (day := document.whole(*path)) is None or not 0 <= day <= LAST_DAY:
            continue
        if day in seen:
            remedy = "Put their questionnaires together; a day has one visit, one message, one link"
            yield document.error(path, f"day {day} has a visit already, on line {seen[day]}", remedy)
        elif seen and day < max(seen):
            remedy = "Put the visits in the order of their days"
            yield document.error(path, f"day {day} comes after day {max(seen)}", remedy)
        seen.setdefault(day, document.line(path))


def _window_errors(document: Document, visit: Path) -> Iterator[Mistake]:
    path = (*visit, "window")
    name, windows, day = document.text(*path), document.get("windows"), document.whole(*visit, "day")
    if name is None or not isinstance(windows, dict):
        return
    if name not in windows:
        yield document.error(path, f"there is no window `{name}`", meant(name, windows))
    elif day and closing_event(document, ("windows", name)):
        message = f"the window `{name}` closes with the anchor event, which is on day 0"
        yield document.error(path, message, "Use such a window for the visit on day 0 only")


def instrument_errors(document: Document, visit: Path, known: Known) -> Iterator[Mistake]:
    """Questionnaires that there are not, or that stand twice in a visit."""
    seen: set[str] = set()
    for path, code in document.texts(*visit, "instruments"):
        if code not in known.instruments:
            yield document.error(path, f"there is no instrument `{code}`", meant(code, known.instruments))
        if code in seen:
            yield document.error(path, f"`{code}` stands twice in one visit", "Write each questionnaire once")
        seen.add(code)
    questionnaires = [known.of(code, document.text("instruments", code, "version")) for code in sorted(seen)]
    if is_too_large(each.size for each in questionnaires if each):
        message = "its questionnaires have more questions, or longer answers, than one form can hold"
        yield document.error((*visit, "instruments"), message, "Ask some of them in another visit")


def safety_errors(document: Document, known: Known) -> Iterator[Mistake]:
    """One `safety` serves all questionnaires that need it: the protocol's, or one at each site."""
    sites = document.children("sites")
    if document.get("safety") is not None or (sites and all(document.get(*site, "safety") for site in sites)):
        return
    for visit in document.children("visits"):
        for path, code in document.texts(*visit, "instruments"):
            questionnaire = known.of(code, document.text("instruments", code, "version"))
            if questionnaire and questionnaire.safety:
                message = f"`{code}` asks about danger to life, and the protocol does not say who answers"
                yield document.error(path, message, "Add `safety:` with `answered_by`, `within_hours` and `help`")
                return
