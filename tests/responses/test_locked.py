"""A lock stops a study's time: its states, its figures and its exported tables stay as they were signed."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.core.database import db
from app.exports.dataset import dataset
from app.responses.locked import data_at
from app.responses.models import LockSignature
from app.schedule.compliance import compliance
from app.schedule.states import State
from app.studies.models import Study
from tests.exports.builders import make_study, take_part
from tests.factories import user

LOCKED = datetime(2026, 4, 7, 9, 0, tzinfo=UTC)
"""Day 36: visits of the trial are open."""
DAY = timedelta(days=1)
ROLES = (Role.DATA_MANAGER, Role.INVESTIGATOR)


@pytest.fixture
def study(session: Session) -> Study:
    made = make_study(datetime(2026, 1, 15, tzinfo=UTC))
    take_part(made, "010")
    session.commit()
    return made


def sign(study: Study, *signed_at: datetime, ended_at: datetime | None = None) -> None:
    """Signatures under the lock, each of the next role."""
    for role, at in zip(ROLES, signed_at, strict=False):
        end = {"ended_at": ended_at, "end_reason": "A slip" if ended_at else None}
        signer = user(study, role)
        words = {"signer_name": "Kari", "meaning": "I lock them.", "contents_sha256": "0" * 64, "sha256": "0" * 64}
        db.session.add(LockSignature(study=study, role=role, signed_by_id=signer.id, signed_at=at, **words, **end))
    db.session.commit()


@pytest.mark.parametrize(
    ("signed", "ended", "now", "instant"),
    [
        ([], None, LOCKED, LOCKED),
        ([LOCKED - DAY], None, LOCKED, LOCKED),
        ([LOCKED - DAY, LOCKED], None, LOCKED - DAY, LOCKED - DAY),
        ([LOCKED - DAY, LOCKED], None, LOCKED, LOCKED),
        ([LOCKED - DAY, LOCKED], None, LOCKED + 90 * DAY, LOCKED),
        ([LOCKED - DAY, LOCKED], LOCKED + 9 * DAY, LOCKED + 8 * DAY, LOCKED),
        ([LOCKED - DAY, LOCKED], LOCKED + 9 * DAY, LOCKED + 9 * DAY, LOCKED + 9 * DAY),
    ],
    ids=["open", "signed by one", "before the second", "at the lock", "long after", "before its end", "unlocked"],
)
def test_the_instant_of_the_data_is_that_of_the_lock_while_it_holds(
    study: Study, signed: list[datetime], ended: datetime | None, now: datetime, instant: datetime
) -> None:
    sign(study, *signed, ended_at=ended)
    assert data_at(study, now) == instant


def test_what_was_open_at_the_lock_is_not_missed_in_any_table_afterwards(study: Study) -> None:
    nights = [LOCKED, LOCKED + 90 * DAY]
    open_then = [dataset(study, night).tables for night in nights]
    assert open_then[0] != open_then[1]
    sign(study, LOCKED - DAY, LOCKED)
    assert dataset(study, nights[0]).tables == dataset(study, nights[1]).tables == open_then[0]


def test_compliance_of_a_locked_study_counts_what_was_open_as_open(study: Study) -> None:
    later = LOCKED + 90 * DAY
    before, missed = (compliance(study, at).total().states[State.OPEN] for at in (LOCKED, later))
    assert before > missed
    sign(study, LOCKED - DAY, LOCKED)
    assert compliance(study, data_at(study, later)).total().states[State.OPEN] == before
