"""Who is due when: assessments derived from protocol and anchor. Planning twice changes nothing.

A moved anchor re-plans what nobody has opened; what was opened or answered keeps its window; what was sent stays sent.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date, datetime
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Executable, String, bindparam, select, update
from sqlalchemy.dialects.postgresql import Insert, insert

from app.core import zone_rules
from app.core.batches import Batch, among, table
from app.core.database import alone, db
from app.core.statements import run
from app.core.time import UTCDateTime
from app.participants.events import note_enrolment
from app.participants.models import Event, EventState, Participant
from app.schedule.calendar import Planned
from app.schedule.dating import Anchored, Dated, Due, chance_of, event_of, is_hers, planned, visits_of
from app.schedule.models import Assessment
from app.studies.guarding import goes_on
from app.studies.models import Protocol, Site, Study
from app.studies.protocol import ENROLMENT
from app.studies.protocol import Protocol as ProtocolFile
from app.studies.protocol.spans import in_hours

PLANNED_TOGETHER = 2000
"""People whose visits are written in one statement."""


class Placed(NamedTuple):
    """One visit of one participant: the window at this place of the other batch."""

    participant_id: int
    protocol_id: int
    place: int


class PlannedWindow(NamedTuple):
    """When a visit is asked, for everybody whose day 0 is the same; its fields are the assessment's."""

    anchor_on: date
    opens_at: datetime
    send_at: datetime
    due_at: datetime
    closes_at: datetime
    grace_until: datetime
    day: int


class PlacedWindow(NamedTuple):
    """A visit's window, at the place by which people refer to it."""

    anchor_on: date
    opens_at: datetime
    send_at: datetime
    due_at: datetime
    closes_at: datetime
    grace_until: datetime
    day: int
    place: int
    visit: str


class Shared(NamedTuple):
    """All that a visit's window depends on."""

    protocol_id: int
    visit: str
    on: date
    zone: str
    hour: datetime | None
    chance: str | None


PLANNED_VISITS, WINDOWS = Batch(Placed, "visits"), Batch(PlacedWindow, "windows")


def plan(
    participant: Participant, now: datetime, *, corrected: bool = False, answered: Collection[str] = ()
) -> list[Assessment]:
    """The participant's assessments, planned or re-planned; none while day 0 has no date.

    Of the visits that rest on earlier answers, those are new whose condition is known to hold: `answered`. Where day 0
    was recorded wrongly and is now `corrected`, a visit that was opened in the wrong window follows too.
    """
    note_enrolment(participant, now)
    person = anchored(participant)
    if person.events:
        _replan(person, participant.protocol.plan, corrected=corrected)
        _insert([person], now, answered)
    query = select(Assessment).where(Assessment.participant_id == participant.id)
    query = query.order_by(Assessment.day, Assessment.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def unfounded(participant: Participant) -> list[str]:
    """Her unanswered visits whose event was called off, or whose condition does not hold any more, by code."""
    person, own = anchored(participant), participant.protocol
    waiting = [
        column.is_(None) for column in (Assessment.submitted_at, Assessment.cancelled_at, Assessment.not_done_at)
    ]
    query = select(Assessment).where(Assessment.participant_id == participant.id, *waiting).order_by(Assessment.id)
    codes = []
    for assessment in db.session.scalars(query):
        protocol = own if assessment.protocol_id == own.id else assessment.protocol
        is_staffs = protocol.plan.visit(assessment.visit).opened_by is not None
        if not is_staffs and _due(person, protocol.plan, assessment.visit) is None:
            codes.append(assessment.visit)
    return codes


def plan_all(now: datetime, faults: list[Exception] | None = None) -> int:
    """Plan everybody who has an anchor and is still without a plan of it; returns how many people.

    They are planned together; where one of them cannot be, each by herself, and only she stays without.
    """
    ids = list(run(_unplanned()).scalars())
    for start in range(0, len(ids), PLANNED_TOGETHER):
        _all_or_each(ids[start : start + PLANNED_TOGETHER], lambda hers: _insert(_anchored(hers), now), faults)
    return len(ids)


def _all_or_each(ids: Sequence[int], work: Callable[[Sequence[int]], None], faults: list[Exception] | None) -> None:
    """All of them together; where that cannot be for one of them, each by herself, and only she stays behind."""
    of_these: list[Exception] = []
    with alone(None if faults is None else of_these):
        work(ids)
    for id_ in ids if of_these else ():
        with alone(faults):
            work([id_])


def anchored(participant: Participant) -> Anchored:
    """The participant, with what her visits follow from."""
    db.session.flush()
    return _anchored([participant.id])[0]


def _anchored(ids: Sequence[int]) -> list[Anchored]:
    """These people. An event that was called off keeps its number, and dates nothing."""
    columns = (Event.participant_id, Event.kind, Event.state, Event.on, Event.at)
    query = select(*columns).where(Event.participant_id.in_(ids)).order_by(Event.participant_id, Event.id)
    events: dict[int, list[Dated]] = {}
    numbers: Counter[tuple[int, str]] = Counter()
    for participant_id, kind, state, on, at in db.session.execute(query):
        numbers[participant_id, kind] += 1
        if state is not EventState.CANCELLED:
            dated = Dated(kind, numbers[participant_id, kind], on, at, state is EventState.HAPPENED)
            events.setdefault(participant_id, []).append(dated)
    people = select(Participant.id, Participant.protocol_id, Participant.code, Site.code, Participant.zone)
    people = people.join(Participant.site).where(Participant.id.in_(ids)).order_by(Participant.id)
    return [Anchored(*row, tuple(events.get(row.id, ()))) for row in db.session.execute(people)]


def follow_rules(now: datetime, faults: list[Exception] | None = None) -> int:
    """Derive anew, as for a moved day 0, the windows that are not over and follow older rules of time zones than ours.

    A reminder's hour is worked out when it is asked for: by the same rules as the window, or they would disagree.
    Returns for how many people. Newer rules than ours, of another machine, are left alone.
    """
    older = _by_older_rules(now)
    whose = select(Assessment.participant_id).join(Assessment.participant).join(Participant.study)
    whose = whose.where(*older, goes_on()).distinct().order_by(Assessment.participant_id)
    ids = list(db.session.scalars(whose.limit(PLANNED_TOGETHER)))
    _all_or_each(ids, lambda hers: _follow(hers, now), faults)
    return len(ids)


def _by_older_rules(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Of a visit, that its window is not over and follows older rules than ours."""
    older = Assessment.zone_rules.collate("C") < zone_rules.release()
    return older, Assessment.submitted_at.is_(None), Assessment.grace_until > now


def _follow(ids: Sequence[int], now: datetime) -> None:
    """Derive the windows of these people anew."""
    if not ids:
        return
    dated = select(Event, Participant.zone).join(Event.participant).where(Event.at.is_not(None))
    for event, zone in db.session.execute(dated.where(Participant.id.in_(ids)).order_by(Event.id)).all():
        event.on = (event.at or now).astimezone(ZoneInfo(zone)).date()
    db.session.flush()
    for person in _anchored(ids):
        _replan(person, db.session.get_one(Protocol, person.protocol_id).plan, not_over_at=now)
    hers = update(Assessment).where(Assessment.participant_id.in_(ids), *_by_older_rules(now))
    followed = hers.values(zone_rules=zone_rules.release())
    db.session.execute(followed, execution_options={"synchronize_session": False})
    db.session.expire_all()


@cache
def _unplanned() -> Executable:
    dates = (Event.is_anchor | (Event.kind == ENROLMENT), Event.state != EventState.CANCELLED)
    planned = select(Assessment.id).where(Assessment.participant_id == Participant.id).exists()
    query = select(Participant.id).join(Event, Event.participant_id == Participant.id)
    query = query.join(Study, Study.id == Participant.study_id).where(goes_on())
    return query.where(*dates, Participant.withdrawn_at.is_(None), ~planned).distinct().order_by(Participant.id)


def _insert(people: Sequence[Anchored], now: datetime, answered: Collection[str] = ()) -> None:
    """The visits that are not planned yet. People whose day 0 is the same day share its windows, worked out once."""
    windows: dict[Shared, PlacedWindow] = {}
    visits: list[Placed] = []
    protocols: dict[int, ProtocolFile] = {}
    for person in people:
        if person.protocol_id not in protocols:
            protocols[person.protocol_id] = db.session.get_one(Protocol, person.protocol_id).plan
        for due, shared in _visits(person, protocols[person.protocol_id], answered):
            if shared not in windows:
                when = planned(person, due, protocols[person.protocol_id])
                windows[shared] = PlacedWindow(*_window(when), place=len(windows), visit=due.code)
            visits.append(Placed(person.participant_id, person.protocol_id, windows[shared].place))
    said = {"now": now, "rules": zone_rules.release()}
    run(_inserting(), {**PLANNED_VISITS.values(visits), **WINDOWS.values(list(windows.values())), **said})


def _visits(person: Anchored, protocol: ProtocolFile, answered: Collection[str]) -> Iterator[tuple[Due, Shared]]:
    for due in visits_of(person, protocol, answered):
        visit, event = due.visit, due.event
        hour = event.at if visit.window.closes_at_anchor or in_hours(visit.distance) else None
        chance = chance_of(person, due, protocol) if visit.random else None
        yield due, Shared(person.protocol_id, due.code, event.on, person.zone, hour, chance)


def _window(planned: Planned) -> PlannedWindow:
    return PlannedWindow(*(getattr(planned, name) for name in PlannedWindow._fields))


@cache
def _inserting() -> Insert:
    """One statement for a whole batch: who, joined with the windows. What another clock planned meanwhile stays."""
    visit, window = PLANNED_VISITS.table, WINDOWS.table
    chosen = {"participant_id": visit.c.participant_id, "protocol_id": visit.c.protocol_id}
    chosen |= {name: window.c[name] for name in WINDOWS.columns if name != "place"}
    chosen["planned_at"] = bindparam("now", type_=UTCDateTime())
    chosen["zone_rules"] = bindparam("rules", type_=String())
    rows = select(*chosen.values()).join_from(visit, window, visit.c.place == window.c.place)
    rows = rows.order_by(visit.c.participant_id, visit.c.place)
    return insert(table(Assessment)).from_select(list(chosen), rows).on_conflict_do_nothing()


def _replan(
    person: Anchored, protocol: ProtocolFile, *, corrected: bool = False, not_over_at: datetime | None = None
) -> None:
    """Move the windows that change and may still change, each by the version of the protocol that it follows."""
    query = select(Assessment).where(Assessment.participant_id == person.participant_id).order_by(Assessment.id)
    if not_over_at is not None:
        query = query.where(Assessment.grace_until > not_over_at)
    moved, begun_anew = [], []
    for assessment in db.session.scalars(query):
        own = protocol if assessment.protocol_id == person.protocol_id else assessment.protocol.plan
        due = _due(person, own, assessment.visit)
        if due is None:
            continue
        window = _window(planned(person, due, own))
        if _moves(assessment, window, corrected=corrected):
            new = {"id": assessment.id, "cancelled_at": None, "zone_rules": zone_rules.release()}
            moved.append(new | window._asdict())
            if corrected or assessment.cancelled_at is not None:
                begun_anew.append(assessment.id)
    if moved:
        db.session.execute(update(Assessment), moved)
    if begun_anew:
        run(_begun_before(), {"ids": begun_anew})


def _due(person: Anchored, protocol: ProtocolFile, code: str) -> Due | None:
    """The visit as it is planned by what is known now; nothing where it is not, or was opened by staff."""
    visit = protocol.visit(code)
    event = event_of(person, protocol, code)
    return Due(code, visit, event) if event and visit.opened_by is None and is_hers(visit, person) else None


@cache
def _begun_before() -> Executable:
    """Of a visit whose day was wrong or called off, what was begun before the window that holds now is none of it."""
    early = (Assessment.submitted_at.is_(None), Assessment.opened_at < Assessment.opens_at)
    return update(Assessment).where(among(table(Assessment).c.id), *early).values(opened_at=None, draft_existed=False)


def _moves(assessment: Assessment, window: PlannedWindow, *, corrected: bool) -> bool:
    """Whether the window changes and may still change: not of what is answered, nor of what is opened.

    Day 0 also follows its event's hour once that is known. What was called off, or asked for a wrong day, has no
    window to keep. What is noted as not done keeps the window that ended then.
    """
    if assessment.submitted_at is not None or assessment.not_done_at is not None:
        return False
    if assessment.cancelled_at is not None:
        return True
    if assessment.opened_at is not None and assessment.day != 0 and not corrected:
        return False
    return any(getattr(assessment, name) != value for name, value in window._asdict().items())
