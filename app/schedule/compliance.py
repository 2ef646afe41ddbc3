"""Who has answered and who has not, by visit and site, with true denominators."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import contains_eager

from app.core.database import db
from app.participants.models import Participant
from app.schedule.models import ANSWERED, Assessment, State, state_at
from app.schedule.states import MISSING
from app.studies.models import Site, Study


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
        return Cell(self.states + other.states, self.running + other.running, self.on_time + other.on_time)

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
    """Counts of each state by visit and site at `now`."""
    chosen = list(sites) if sites is not None else None
    past = Assessment.grace_until <= now
    by = (Assessment.visit, Site.code, state_at(now))
    counting = (
        select(
            *by,
            func.min(Assessment.day),
            func.count(),
            func.count().filter(~past),
            func.count().filter(
                past & (Assessment.submitted_at < Assessment.closes_at) & Assessment.voided_at.is_(None)
            ),
        )
        .join(Assessment.participant)
        .join(Participant.site)
        .where(Participant.study_id == study.id)
    )
    if chosen is not None:
        counting = counting.where(Participant.site_id.in_(chosen))
    cells: dict[tuple[str, str], Cell] = {}
    days: dict[str, int] = {}
    for visit, at_site, state, day, number, running, on_time in db.session.execute(counting.group_by(*by)):
        part = Cell(Counter({State(state): number}), Counter({State(state): running}), on_time)
        cells[visit, at_site] = cells.get((visit, at_site), Cell(Counter())) + part
        days[visit] = min(day, days.get(visit, day))
    visits = sorted((day, visit) for visit, day in days.items())
    query = select(Site.code).where(Site.study_id == study.id).order_by(Site.code)
    codes = db.session.scalars(query if chosen is None else query.where(Site.id.in_(chosen)))
    return Compliance(tuple(visit for _, visit in visits), tuple(codes), cells)
