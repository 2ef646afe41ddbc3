"""Checks of the visits of format 2: what they follow, when they come, and that each has a code of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import time
from re import fullmatch

from app.studies.protocol.codes import same_codes
from app.studies.protocol.fields import HOUR
from app.studies.protocol.known import Known
from app.studies.protocol.known_events import ENROLMENT
from app.studies.protocol.spans import Offset, about, added, in_hours, offset
from app.studies.protocol.suggestions import meant
from app.studies.protocol.visit_checks import instrument_errors, primary_error, safety_errors
from app.studies.protocol.visits import DayStretch, OpenedBy, VisitPlan, VisitRule, Window, days_of, planned_by
from app.yaml_files import Document, Mistake, Path

LONGEST_CODE = 28
"""Of a visit that follows an event which recurs: `.999` comes behind it."""
MOST_VISITS = 3000
WHEN = ("after", "day", "every", "days", "at", "random", "only_if")
NO_WINDOW = Window("", 0, 0, 0, None, 0, ())


def rule_errors(document: Document, known: Known) -> Iterator[Mistake]:
    """Visits that follow nothing, come never, or could be taken for one another."""
    visits = document.children("visits")
    yield from _anchor_errors(document)
    for visit in visits:
        yield from _name_errors(document, visit)
        when = _opening_errors if document.get(*visit, "opened_by") is not None else _when_errors
        yield from when(document, visit)
        yield from instrument_errors(document, visit, known)
    yield from _code_errors(document, visits, known)
    yield from safety_errors(document, known)


def events_of(document: Document) -> list[str]:
    """The names of the events that there are, enrolment among them."""
    return [ENROLMENT, *(str(path[-1]) for path in document.children("events") if path[-1] != ENROLMENT)]


def recurs(document: Document, event: str) -> bool:
    """Whether an event may happen more than once."""
    return document.get("events", event, "recurs") is True


def anchors_of(document: Document, visit: Path) -> list[str]:
    """The events that a visit follows: its own, or that of the study."""
    alone = document.text(*visit, "after")
    own = [alone] if alone else [name for _, name in document.texts(*visit, "after")]
    return own or [document.text("anchor") or ENROLMENT]


def _anchor_errors(document: Document) -> Iterator[Mistake]:
    events, anchor = events_of(document), document.text("anchor")
    if anchor and anchor not in events:
        yield document.error(("anchor",), f"`{anchor}` is not one of the events", meant(anchor, events))
    for kind in (anchor, ENROLMENT):
        if kind and recurs(document, kind):
            remedy = "Leave out `recurs`; visits may follow another event each time with `after:`"
            yield document.error(("events", kind, "recurs"), f"day 0 comes once, so `{kind}` cannot recur", remedy)


def _name_errors(document: Document, visit: Path) -> Iterator[Mistake]:
    """Names that a visit uses and that are not there."""
    events = events_of(document)
    named = [((*visit, "after"), name) for name in anchors_of(document, visit) if document.get(*visit, "after")]
    conditions = [(*visit, "only_if", key) for key in ("happened", "not_happened")]
    named += [(path, name) for path in conditions if (name := document.text(*path))]
    for path, name in named:
        if name not in events:
            yield document.error(path, f"there is no event `{name}`", meant(name, events))
    window, windows = document.text(*visit, "window"), [str(path[-1]) for path in document.children("windows")]
    if window and window not in windows:
        yield document.error((*visit, "window"), f"there is no window `{window}`", meant(window, windows))
    sites = [code for site in document.children("sites") if (code := document.text(*site, "code"))]
    for path, site in document.texts(*visit, "sites"):
        if site not in sites:
            yield document.error(path, f"there is no site `{site}`", meant(site, sites))


def _when_errors(document: Document, visit: Path) -> Iterator[Mistake]:
    yield from _series_errors(document, visit)
    yield from _hour_errors(document, visit)


def _series_errors(document: Document, visit: Path) -> Iterator[Mistake]:
    every, until, day = (document.get(*visit, name) for name in ("every", "until", "day"))
    if (every is None) != (until is None):
        there, missing = ("every", "until") if until is None else ("until", "every")
        example = "until: 5y" if missing == "until" else "every: 3m"
        remedy = f"Write, for example, `{example}` beside it"
        yield document.error((*visit, there), f"`{there}` stands without `{missing}`", remedy)
    other = next((name for name in ("every", "day") if document.get(*visit, name) is not None), None)
    if document.get(*visit, "days") is not None and other is not None:
        remedy = f"Keep one of the two; `days: 1-14` is a visit a day, `{other}` is the other way to say when"
        yield document.error((*visit, "days"), f"stands beside `{other}`", remedy)
    step, end, start = offset(every), offset(until), offset(0 if day is None else day)
    if step is None or end is None or start is None:
        return
    if about(step) <= 0 or about(end) < about(added(start, step) or step):
        yield document.error((*visit, "until"), "ends before the second visit of the series", "Write a later end")
    elif added(start, step) is None:
        remedy = "Count both in days and weeks, or both in months and years"
        yield document.error((*visit, "every"), "cannot be counted on from `day`, which is in another unit", remedy)


def _opening_errors(document: Document, visit: Path) -> Iterator[Mistake]:
    """What staff open comes when they say so."""
    name = next((name for name in WHEN if document.get(*visit, name) is not None), None)
    if name:
        yield document.error((*visit, name), "says when, of a visit that staff open", f"Leave out `{name}`")


def _hour_errors(document: Document, visit: Path) -> Iterator[Mistake]:
    at, random = document.get(*visit, "at"), document.get(*visit, "random")
    if at is not None and random is not None:
        remedy = "Keep `at` for fixed hours, or `random` for hours by chance"
        yield document.error((*visit, "random"), "stands beside `at`", remedy)
    day = offset(document.get(*visit, "day"))
    if (day is not None and in_hours(day)) or random is not None:
        yield from _reminder_errors(document, visit)
    if day is not None and in_hours(day):
        if at is not None or random is not None:
            remedy = "Count its `day` in days, or leave out the hour"
            yield document.error((*visit, "day"), "has an hour of its own beside `at` or `random`", remedy)
        if ENROLMENT in anchors_of(document, visit):
            remedy = "Count it in days, or let it follow an event that is noted with its hour"
            yield document.error((*visit, "day"), "counts hours from enrolment, of which only the day is noted", remedy)
    elif at is None and random is None and (place := _counts_hours(document, visit)):
        remedy = 'Say from which: `at: "07:30"` at the visit'
        yield document.error(place, "counts hours, and the visit has no hour of its own", remedy)


def _reminder_errors(document: Document, visit: Path) -> Iterator[Mistake]:
    """A visit that comes at any hour reminds so many hours later: a day's hour could come before it."""
    name = document.text(*visit, "window")
    for path in document.children(*(("windows", name) if name else visit), "reminders"):
        if document.get(*path, "at") is not None:
            message = "comes at a day's hour, and the visit at any"
            place = (*visit, "window") if name else (*path, "at")
            yield document.error(place, f"a reminder {message}", "Remind by hours after opening, `{day: 2h}`")
            return


def _counts_hours(document: Document, visit: Path) -> Path | None:
    """Where the window of a visit counts hours."""
    name = document.text(*visit, "window")
    for key in ("opens", "due", "closes"):
        place = ("windows", name, key) if name else (*visit, key)
        distance = offset(document.get(*place))
        if distance is not None and in_hours(distance):
            return (*visit, "window") if name else place
    return None


def _code_errors(document: Document, visits: list[Path], known: Known) -> Iterator[Mistake]:
    seen: dict[str, Path] = {}
    codes: list[str] = []
    plans: dict[str, VisitPlan] = {}
    yield from same_codes(document, [(*visit, "code") for visit in visits])
    for visit in visits:
        rule, path = rough_rule(document, visit), (*visit, "code")
        if rule is None:
            continue
        single = {plan.code: plan for plan in planned_by(rule)}
        own = list(single)
        if not own:
            continue
        codes += own
        plans |= single
        if len(codes) > MOST_VISITS:
            message = f"there are more than {MOST_VISITS} visits with those for which it stands"
            yield document.error(path, message, "Ask less often, or end the series sooner")
            return
        follows = any(recurs(document, anchor) for anchor in anchors_of(document, visit)) or rule.opened_by
        longest, room = max(own, key=len), LONGEST_CODE if follows else LONGEST_CODE + 4
        if len(longest) > room:
            message = f"with its numbers it is `{longest}`, of {len(longest)} characters"
            yield document.error(path, message, f"Shorten it, so that these are at most {room}")
        yield from _taken(document, path, own, seen)
    yield from primary_error(document, codes)
    yield from _baseline_errors(document, plans)
    yield from _condition_errors(document, codes, known)


def _condition_errors(document: Document, codes: list[str], known: Known) -> Iterator[Mistake]:
    """Conditions on answers that nobody gives."""
    for visit in document.children("visits"):
        place = (*visit, "only_if")
        of = document.text(*place, "visit")
        if of and of not in codes:
            yield document.error((*place, "visit"), f"there is no visit `{of}`", meant(of, codes))
        for key in ("score", "answer"):
            if measure := document.text(*place, key):
                yield from _measure_errors(document, (*place, key), measure, known)
                if any(recurs(document, anchor) for anchor in anchors_of(document, visit)):
                    remedy = "Let the visit follow an event that happens once"
                    yield document.error((*place, key), "cannot be asked anew for each event that recurs", remedy)


def _measure_errors(document: Document, path: Path, measure: str, known: Known) -> Iterator[Mistake]:
    code, _, name = measure.partition(".")
    codes_asked = {code for visit in document.children("visits") for _, code in document.texts(*visit, "instruments")}
    questionnaire = known.of(code, document.text("instruments", code, "version"))
    if code not in codes_asked:
        yield document.error(path, f"the questionnaire `{code}` is asked at no visit", meant(code, codes_asked))
    elif questionnaire:
        names = questionnaire.scores if path[-1] == "score" else questionnaire.items
        if names is not None and name not in names:
            yield document.error(path, f"`{code}` has no {path[-1]} `{name}`", meant(name, names))


def _baseline_errors(document: Document, plans: Mapping[str, VisitPlan]) -> Iterator[Mistake]:
    """A baseline that is no visit of everybody's, or before an event that there is not."""
    event = document.text("baseline", "last_before")
    yield from _base_errors(document, ("baseline", "visit"), plans)
    if event and event not in (events := events_of(document)):
        yield document.error(("baseline", "last_before"), f"there is no event `{event}`", meant(event, events))
    yield from _period_errors(document, plans)


def _base_errors(document: Document, path: Path, plans: Mapping[str, VisitPlan]) -> Iterator[Mistake]:
    """A baseline that is no visit, or one that may come more than once."""
    visit = document.text(*path)
    if visit and visit not in plans:
        yield document.error(path, f"there is no visit `{visit}`", meant(visit, plans))
    elif visit and (plans[visit].opened_by or recurs(document, _counted_from(document, plans[visit]))):
        remedy = "Name a visit that everybody has once"
        yield document.error(path, f"`{visit}` may come more than once, so it is nobody's baseline", remedy)


def _period_errors(document: Document, plans: Mapping[str, VisitPlan]) -> Iterator[Mistake]:
    """Periods that no event begins or no visit is counted from, and baselines that belong to another of them."""
    periods, seen = document.children("baseline", "periods"), dict[str, Path]()
    names, events = [str(path[-1]) for path in periods], events_of(document)
    counted = {_counted_from(document, plan) for plan in plans.values()}
    for path in periods:
        name, of = str(path[-1]), (*path, "visit")
        if name not in events:
            yield document.error(path, f"there is no event `{name}`", meant(name, events))
        elif recurs(document, name):
            remedy = "Name an event that happens once"
            yield document.error(path, f"`{name}` may happen more than once, so it begins no period", remedy)
        elif name not in counted:
            remedy = f"Let visits follow it with `after: {name}`, or leave it out"
            yield document.error(path, f"no visit is counted from `{name}`", remedy)
        yield from _base_errors(document, of, plans)
        visit = document.text(*of)
        if not visit or visit not in plans:
            continue
        begun_from = _counted_from(document, plans[visit])
        if (there := seen.setdefault(visit, of)) != of:
            message = f"`{visit}` is the baseline of another period too, in line {document.line(there)}"
            yield document.error(of, message, "Name a visit for each period")
        elif begun_from != name and begun_from in names:
            remedy = f"Name a visit that is counted from `{name}`, or from an event that is no period"
            yield document.error(of, f"`{visit}` is counted from `{begun_from}`, another period", remedy)


def _counted_from(document: Document, plan: VisitPlan) -> str:
    """The event from which a visit's days are counted: its own, or that of the study."""
    return plan.anchor or document.text("anchor") or ENROLMENT


def _taken(document: Document, path: Path, codes: list[str], seen: dict[str, Path]) -> Iterator[Mistake]:
    """The first of the codes for which a rule stands that another rule has; equal rules were told already."""
    for code in codes:
        there = seen.setdefault(code, path)
        if there != path and document.text(*there) != document.text(*path):
            message = f"one of its visits is `{code}`, which is also that of line {document.line(there)}"
            yield document.error(path, message, "Give each a code of its own")
            return


def rough_rule(document: Document, visit: Path) -> VisitRule | None:
    """As much of a rule as its codes follow from; nothing where that is written wrongly."""
    code, days = document.text(*visit, "code"), document.text(*visit, "days")
    said: dict[str, Offset | None] = {key: offset(document.get(*visit, key)) for key in ("day", "every", "until")}
    if code is None or any(document.get(*visit, key) is not None and said[key] is None for key in said):
        return None
    if document.get(*visit, "days") is not None and (days is None or days_of(days) is None):
        return None
    hours = [document.text(*path) for path in document.children(*visit, "at")]
    at = tuple(time.fromisoformat(hour) for hour in hours if hour and fullmatch(HOUR, hour))
    parts = document.whole(*visit, "random", "times") or 1
    random = DayStretch(time(6), time(20), min(parts, 12)) if document.get(*visit, "random") else None
    after = tuple(anchors_of(document, visit)) if document.get(*visit, "after") else ()
    opened_by = document.text(*visit, "opened_by")
    return VisitRule(
        code, said["day"] or 0, NO_WINDOW, 1, (), after=after, every=said["every"], until=said["until"], days=days,
        at=at, random=random, opened_by=OpenedBy.STAFF if opened_by else None,
    )  # fmt: skip
