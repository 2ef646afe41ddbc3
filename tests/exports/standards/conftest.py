"""A study in which each rule of the standards has something to hold."""

from datetime import timedelta
from functools import cache

import pytest
from sqlalchemy.orm import Session

from app.exports.dataset import dataset
from app.exports.standards.domains import Domain
from app.exports.standards.night import domains
from app.exports.standards.trial import StandardTrial
from app.studies.models import Study
from tests.exports.builders import INFUSED_AT, answered, take_part, visit
from tests.exports.conftest import NOW

PAIN = {"now": 7, "worst": 8, "usual": None}


@cache
def made() -> list[StandardTrial]:
    """What the first test of a process read: values that no test changes."""
    return []


@pytest.fixture
def trial(request: pytest.FixtureRequest) -> StandardTrial:
    """The study of the exports, with somebody with pain of back and leg, and one without day 0."""
    if not made():
        made().append(read(request.getfixturevalue("study"), request.getfixturevalue("session")))
    return made()[0]


def read(study: Study, session: Session) -> StandardTrial:
    """The study with two more people, as it leaves."""
    more = take_part(study, "044")
    answered(visit(more, "d0"), INFUSED_AT - timedelta(days=1), PAIN, "nrs_lbp")
    answered(visit(more, "d7"), INFUSED_AT + timedelta(days=7), {**PAIN, "usual": 5}, "nrs_lbp_week")
    answered(visit(more, "d28"), INFUSED_AT + timedelta(days=28), {"leg": 3}, "nrs_leg")
    waiting = take_part(study, "045", infused_at=None)
    answered(visit(waiting, "d0"), INFUSED_AT - timedelta(days=1), {"rmdq01": 1, "rmdq02": 0}, "rmdq")
    session.commit()
    return StandardTrial(dataset(study, NOW))


@pytest.fixture
def every(trial: StandardTrial) -> dict[str, Domain]:
    """The data sets by name."""
    return {domain.name: domain for domain in domains(trial)}
