"""The export of a day, and the one that takes its place."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.exports.models import Snapshot
from app.exports.nightly import export_snapshot
from app.studies.models import Study
from tests.exports.conftest import NOW
from tests.exports.nights import answer_one_more

HOUR = timedelta(hours=1)
MUCH_LATER = NOW + timedelta(hours=9)


@pytest.fixture
def first(study: Study, session: Session) -> Snapshot:
    made = export_snapshot(study, NOW)
    session.commit()
    return made


def exported_anew(session: Session, at: datetime = NOW + HOUR) -> Snapshot:
    """The export of a day on which an answer more came in since the last."""
    answer_one_more(session)
    made = export_snapshot(session.scalars(select(Study)).one(), at)
    session.commit()
    return made
