"""How far each questionnaire was answered: by visit and site, of the windows that are past their grace.

A visit may be answered and one of its questionnaires not: of a partial visit those in which a question that was
asked was left open are counted apart.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, select

from app.core.database import db
from app.exports.incoming import expected_here
from app.participants.models import Participant
from app.responses.checking import NotAnswered
from app.responses.models import Answer, Response
from app.schedule.asked import asking
from app.schedule.models import ANSWERED, Assessment, State, base_visit, state_at
from app.studies.access import Scope
from app.studies.models import Site


class InstrumentCount(NamedTuple):
    """Of the windows at a site in which one visit asked a questionnaire: answered whole, with gaps, or not at all."""

    instrument: str
    visit: str
    site: str
    expected: int
    whole: int
    gaps: int

    @property
    def missing(self) -> int:
        return self.expected - self.whole - self.gaps

    @property
    def share(self) -> float | None:
        """Answered whole of expected; nothing where nothing was expected."""
        return self.whole / self.expected if self.expected else None


def instrument_counts(scope: Scope, now: datetime) -> list[InstrumentCount]:
    """Each questionnaire by visit and site, in the order in which they are asked."""
    expected, answered, gaps = _visits(scope, now), _answered(scope, now), _gaps(scope, now)
    return list(_counts(scope, expected, answered, gaps))


def by_instrument(counts: Iterable[InstrumentCount]) -> list[InstrumentCount]:
    """The sums over visits and sites."""
    sums: dict[str, InstrumentCount] = {}
    for count in counts:
        before = sums.get(count.instrument, InstrumentCount(count.instrument, "", "", 0, 0, 0))
        sums[count.instrument] = before._replace(
            expected=before.expected + count.expected, whole=before.whole + count.whole, gaps=before.gaps + count.gaps
        )
    return list(sums.values())


def _counts(
    scope: Scope, expected: Counter[Hashable], answered: Counter[Hashable], gaps: Counter[Hashable]
) -> Iterator[InstrumentCount]:
    """One line for a visit and site, whatever versions of the protocol asked it there."""
    site_codes = select(Site.code).where(Site.id.in_(scope.site_ids)).order_by(Site.code)
    places = list(db.session.scalars(site_codes))
    for instrument, visits in asking(scope.study).items():
        for visit in dict.fromkeys(code for _, code in sorted(visits)):
            versions = [version for version, code in visits if code == visit]
            for site in places:
                due = sum(expected[version, visit, site] for version in versions)
                given = sum(answered[version, visit, site] for version in versions)
                open_left = sum(gaps[instrument, version, visit, site] for version in versions)
                if due:
                    yield InstrumentCount(instrument, visit, site, due, given - open_left, open_left)


def _visits(scope: Scope, now: datetime, *states: State) -> Counter[Hashable]:
    by = (Assessment.protocol_id, base_visit(), Site.code)
    query = select(*by, func.count()).join(Assessment.participant).join(Participant.site)
    query = query.where(*expected_here(scope, now)).group_by(*by)
    if states:
        query = query.where(state_at(now).in_([state.value for state in states]))
    return Counter({tuple(place): number for *place, number in db.session.execute(query)})


def _answered(scope: Scope, now: datetime) -> Counter[Hashable]:
    return _visits(scope, now, *ANSWERED)


def _gaps(scope: Scope, now: datetime) -> Counter[Hashable]:
    """Of partial visits, the questionnaires in which something that was asked was left open."""
    by = (Answer.instrument, Assessment.protocol_id, base_visit(), Site.code)
    query = (
        select(*by, func.count(Assessment.id.distinct()))
        .join(Response, Response.id == Answer.response_id)
        .join(Assessment, Assessment.id == Response.assessment_id)
        .join(Assessment.participant)
        .join(Participant.site)
        .where(*expected_here(scope, now), *_left_open())
        .group_by(*by)
    )
    return Counter({tuple(place): number for *place, number in db.session.execute(query)})


def has_gaps(scope: Scope, instrument: str | None, now: datetime) -> ColumnElement[bool]:
    """That a visit, joined with its participant, is one that `InstrumentCount.gaps` counts: of one questionnaire, or
    of any."""
    skipped = select(Answer.id).join(Response, Response.id == Answer.response_id)
    skipped = skipped.where(Response.assessment_id == Assessment.id, *_left_open()).correlate(Assessment)
    if instrument is not None:
        skipped = skipped.where(Answer.instrument == instrument)
    return and_(*expected_here(scope, now), skipped.exists())


def _left_open() -> tuple[ColumnElement[bool], ...]:
    """Of a partial visit that counts, an answer that was asked for and left open."""
    return Assessment.partial.is_(True), Assessment.voided_at.is_(None), Answer.missing_reason == NotAnswered.SKIPPED
