"""The rules of SDTM, ADaM and their definition over the other example studies: own questionnaires, diaries, no arms."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.exports.dataset import dataset
from app.exports.standards.night import standard_files
from app.instruments import Instrument, instruments
from app.instruments.folders import read_folder
from app.participants.enrolment import withdraw
from app.participants.events import plan_event, record_event
from app.participants.models import Participant
from app.rehearsal.own.folder import read_study_folder
from app.rehearsal.own.rehearsing import _begin
from app.responses.answering import submit
from app.schedule.models import Assessment
from app.schedule.planning import plan
from app.studies.installing import current_protocol
from app.studies.models import Study
from tests.exports.standards import conforming, defining
from tests.factories import participant
from tests.responses.visits import answer_to

EXAMPLES = Path(__file__).parents[3] / "examples"
HOUR = timedelta(hours=1)
ASKED = {
    "knee": ("start", "morning-1", "evening-1", "week-6", "week-12", "flare.1"),
    "registry": ("before", "quarter-1"),
}
"""Visits that are answered."""


def people(study: Study, day_0: datetime) -> tuple[Participant, ...]:
    """Two who answer, of whom one leaves, and one whose day 0 never came."""
    protocol, early = current_protocol(study), day_0 - timedelta(days=5)
    first, second, waiting = (participant(protocol, now=early, abroad=True) for _ in range(3))
    for someone in (first, second):
        plan_event(someone, protocol.plan.anchor, day_0.date(), day_0, early)
        record_event(someone, protocol.plan.anchor, day_0, day_0)
        if "flare" in protocol.plan.events:
            record_event(someone, "flare", day_0 + timedelta(days=60), day_0 + timedelta(days=60))
        plan(someone, day_0 + timedelta(days=61))
    plan(waiting, early)
    return first, second


def answer(visits: Iterable[Assessment], questionnaires: Mapping[str, Instrument], choose: int) -> None:
    for visit in visits:
        at = visit.opens_at + HOUR
        visit.opened_at = at
        codes = visit.protocol.plan.visit(visit.visit).instruments
        answers = {code: {item.code: answer_to(item, choose) for item in questionnaires[code].items} for code in codes}
        submit(visit, answers, at, language="en")


@pytest.mark.parametrize("name", sorted(ASKED))
def test_the_rules_hold_over_another_trial(name: str, session: Session, tmp_path: Path) -> None:
    source = read_study_folder(EXAMPLES / name)
    own = (read_folder(path).instrument for path in source.instruments)
    questionnaires = {each.code: each for each in (*instruments(), *own)}
    study, _ = _begin(replace(source, simulation=replace(source.simulation, effects={})), None)
    day_0 = datetime(2026, 11, 30, 8, tzinfo=UTC)
    for someone, choose in zip(people(study, day_0), (0, 2), strict=True):
        mine = select(Assessment).where(Assessment.participant == someone, Assessment.visit.in_(ASKED[name]))
        answer(session.scalars(mine.order_by(Assessment.id)).all(), questionnaires, choose)
    now = day_0 + timedelta(days=130)
    withdraw(someone, "Moved.", now - timedelta(days=1))
    session.commit()
    assert dict(standard_files(dataset(study, now), tmp_path))
    night = defining.night_of(tmp_path)
    assert [name for name, rows in night.data.items() if not rows] == []
    assert conforming.broken(night.data) == {}
    assert defining.broken(night) == {}
