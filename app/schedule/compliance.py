"""Who has answered and who has not, by visit and site, with true denominators."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from app.core.database import db
from app.participants.models import Participant
from app.schedule.models import ANSWERED, Assessment, State
from app.studies.models import Site, Study


@dataclass(frozen=True)
class Cell:
    """One visit at one site. `expected` leaves out what is not due, still open, called off, or withdrawn before it
    closed."""

    states: Counter[State]

    @property
    def planned(self) -> int:
        return self.states.total()

    @property
    def answered(self) -> int:
        return sum(self.states[state] for state in ANSWERED)

    @property
    def expected(self) -> int:
        return self.answered + self.states[State.MISSED]

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
    rows = assessments(study, chosen)
    cells: dict[tuple[str, str], Cell] = {}
    for row in rows:
        cells.setdefault((row.visit, row.participant.site.code), Cell(Counter())).states[row.state(now)] += 1
    visits = sorted({(row.day, row.visit) for row in rows})
    query = select(Site.code).where(Site.study_id == study.id).order_by(Site.code)
    codes = db.session.scalars(query if chosen is None else query.where(Site.id.in_(chosen)))
    return Compliance(tuple(visit for _, visit in visits), tuple(codes), cells)
