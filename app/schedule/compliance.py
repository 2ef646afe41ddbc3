"""Who has answered and who has not, by visit and site, with true denominators."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import contains_eager

from app.core.database import db
from app.participants.models import Participant
from app.schedule.models import ANSWERED, Assessment, State, state_at
from app.studies.models import Site, Study


@dataclass(frozen=True)
class Cell:
    """One visit at one site. `expected` leaves out what is not due, still open, called off, or withdrawn before it
    closed; a voided answer was expected, and is none."""

    states: Counter[State]

    @property
    def planned(self) -> int:
        return self.states.total()

    @property
    def answered(self) -> int:
        return sum(self.states[state] for state in ANSWERED)

    @property
    def expected(self) -> int:
        return self.answered + self.states[State.MISSED] + self.states[State.VOIDED]

    @property
    def share(self) -> float | None:
        """Answered of expected; nothing where nothing was expected yet."""
        return self.answered / self.expected if self.expected else None


@dataclass(frozen=True)
class Compliance:
    """Cells by (visit, site code), with the visits in the order of their days."""

    visits: tuple[str, ...]
    sites: tuple[str, ...]
    cells: dict[tuple[str, str], Cell]

    def total(self, visit: str | None = None, site: str | None = None) -> Cell:
        """The sum over everything, one visit, or one site."""
        chosen = (cell.states for (v, s), cell in self.cells.items() if visit in (None, v) and site in (None, s))
        return Cell(sum(chosen, Counter[State]()))


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
    counting = select(Assessment.visit, Site.code, state_at(now), func.count(), func.min(Assessment.day))
    counting = counting.join(Assessment.participant).join(Participant.site).where(Participant.study_id == study.id)
    if chosen is not None:
        counting = counting.where(Participant.site_id.in_(chosen))
    cells: dict[tuple[str, str], Cell] = {}
    days: dict[str, int] = {}
    for visit, at_site, state, number, day in db.session.execute(counting.group_by(*counting.selected_columns[:3])):
        cells.setdefault((visit, at_site), Cell(Counter())).states[State(state)] = number
        days[visit] = min(day, days.get(visit, day))
    visits = sorted((day, visit) for visit, day in days.items())
    query = select(Site.code).where(Site.study_id == study.id).order_by(Site.code)
    codes = db.session.scalars(query if chosen is None else query.where(Site.id.in_(chosen)))
    return Compliance(tuple(visit for _, visit in visits), tuple(codes), cells)
