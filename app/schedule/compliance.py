"""Who has answered and who has not, by visit and site, with true denominators."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Integer, Select, case, cast, func, literal_column, select
from sqlalchemy.orm import contains_eager

from app.core.database import db
from app.participants.models import Participant
from app.schedule.models import ANSWERED, Assessment, State, state_at
from app.schedule.states import MISSING
from app.studies.models import Site, Study

LAST_DAY_COUNTED = 30
"""What was answered later after the text stands with this day."""


@dataclass(frozen=True)
class Cell:
    """Some visits by their state. What is counted for or against anybody are the windows that are past their grace.

    `expected` leaves out what can still be answered, was called off, or was ended by withdrawal before it closed; a
    voided answer was expected, and is none.
    """

    states: Counter[State]
    running: Counter[State] = field(default_factory=Counter)
    """Of these, those whose window is not past its grace: answered already or not."""
    on_time: int = 0
    """Of those that are past, how many were answered before they closed."""
    after: Counter[int] = field(default_factory=Counter)
    """Of those that are past and answered, how many came so many days after the text."""

    @property
    def planned(self) -> int:
        return self.states.total()

    @property
    def answered(self) -> int:
        return self._past(*ANSWERED)

    @property
    def missed(self) -> int:
        return self._past(*MISSING)

    @property
    def expected(self) -> int:
        return self.answered + self.missed

    @property
    def answered_so_far(self) -> int:
        """Answered, of the windows that can still be answered (`asked_so_far`)."""
        return sum(self.running[state] for state in ANSWERED)

    @property
    def asked_so_far(self) -> int:
        return self.answered_so_far + self.running[State.OPEN] + self.running[State.VOIDED]

    @property
    def share(self) -> float | None:
        """Answered of expected; nothing where nothing was expected yet."""
        return self.answered / self.expected if self.expected else None

    @property
    def share_on_time(self) -> float | None:
        """Answered before the window closed, of expected."""
        return self.on_time / self.expected if self.expected else None

    def __add__(self, other: "Cell") -> "Cell":
        return Cell(
            self.states + other.states,
            self.running + other.running,
            self.on_time + other.on_time,
            self.after + other.after,
        )

    def _past(self, *states: State) -> int:
        return sum(self.states[state] - self.running[state] for state in states)


@dataclass(frozen=True)
class Compliance:
    """Cells by (visit, site code), with the visits in the order of their days."""

    visits: tuple[str, ...]
    sites: tuple[str, ...]
    cells: dict[tuple[str, str], Cell]

    def total(self, visit: str | None = None, site: str | None = None) -> Cell:
        """The sum over everything, one visit, or one site."""
        chosen = (cell for (v, s), cell in self.cells.items() if visit in (None, v) and site in (None, s))
        return sum(chosen, Cell(Counter()))


def assessments(study: Study, sites: Iterable[int] | None = None) -> list[Assessment]:
    """Every assessment of the study (at `sites`), with participant and site at hand, by participant and day."""
    query = (
        select(Assessment)
        .join(Assessment.participant)
        .join(Participant.site)
        .where(Participant.study_id == study.id)
        .options(contains_eager(Assessment.participant).contains_eager(Participant.site))
        .order_by(Participant.code, Assessment.day, Assessment.id)
    )
    if sites is not None:
        query = query.where(Participant.site_id.in_(list(sites)))
    return list(db.session.scalars(query))


def compliance(study: Study, now: datetime, sites: Iterable[int] | None = None) -> Compliance:
    """Counts of each state by visit and site at `now`, and of answers by the days after the text."""
    query = select(Site.id, Site.code).where(Site.study_id == study.id).order_by(Site.code)
    counting = _counting(now).where(Participant.study_id == study.id)
    if sites is not None:
        chosen = list(sites)
        query, counting = query.where(Site.id.in_(chosen)), counting.where(Participant.site_id.in_(chosen))
    codes = dict(db.session.execute(query).all())
    tallies: defaultdict[tuple[str, int], _Tally] = defaultdict(_Tally)
    days: dict[str, int] = {}
    for visit, site_id, day, state, running, after, number, on_time in db.session.execute(counting):
        tallies[visit, site_id].add(State(state), running, after, number, on_time)
        days[visit] = min(day, days.get(visit, day))
    cells = {(visit, codes[site_id]): tally.cell() for (visit, site_id), tally in tallies.items()}
    visits = sorted((day, visit) for visit, day in days.items())
    return Compliance(tuple(visit for _, visit in visits), tuple(codes.values()), cells)


class _Tally:
    """What a cell is summed up in."""

    def __init__(self) -> None:
        self.states, self.running, self.after = Counter[State](), Counter[State](), Counter[int]()
        self.on_time = 0

    def add(self, state: State, running: bool, after: int | None, number: int, on_time: int) -> None:
        self.states[state] += number
        self.on_time += on_time
        if running:
            self.running[state] += number
        if after is not None:
            self.after[after] += number

    def cell(self) -> Cell:
        return Cell(self.states, self.running, self.on_time, self.after)


def _counting(now: datetime) -> Select[str, int, int, str, bool, int | None, int, int]:
    """One pass over the visits: whatever is counted of them stands in its groups, which are few and need no sorting."""
    running = Assessment.grace_until > now
    answered = Assessment.submitted_at.is_not(None) & Assessment.voided_at.is_(None)
    after = case((answered & ~running, _days_after_text()))
    by = (state_at(now), running, after)
    in_time = func.count().filter(~running & answered & (Assessment.submitted_at < Assessment.closes_at))
    query = select(Assessment.visit, Participant.site_id, func.min(Assessment.day), *by, func.count(), in_time)
    return query.join(Assessment.participant).group_by(Assessment.visit, Participant.site_id, *by)


def _days_after_text() -> ColumnElement[int]:
    days = cast(func.date_part("day", Assessment.submitted_at - Assessment.send_at), Integer)
    return func.least(func.greatest(days, literal_column("0")), literal_column(str(LAST_DAY_COUNTED)))
