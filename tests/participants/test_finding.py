"""A telephone number finds who has it at one's own sites, by the query itself: row-level security stands behind it."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.participants.finding import find_by_phone
from app.participants.models import LookUp
from app.studies.access import Scope
from app.studies.models import Site, StudyState
from tests.factories import backtobasic, participant

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PHONE = "+4740655512"


@pytest.mark.parametrize(
    ("sites", "people"),
    [(("01",), ["01-001"]), (("02",), ["02-001"]), (("01", "02"), ["01-001", "02-001"]), (("03",), []), ((), [])],
)
def test_a_number_finds_who_has_it_at_her_sites_alone(
    session: Session, sites: tuple[str, ...], people: list[str]
) -> None:
    """Two who share a telephone, at two sites; a third has it in another study."""
    protocol = backtobasic()
    for site in ("01", "02"):
        participant(protocol, site, phone=PHONE)
    participant(backtobasic(StudyState.SETUP, "other"), "01", phone=PHONE)
    session.flush()
    assert session.scalar(text("SELECT current_setting('svar.sites')")) == "*", "the rows of every site are seen"
    where = Site.study_id == protocol.study_id
    ids = session.scalars(select(Site.id).where(where, Site.code.in_(sites)).order_by(Site.id))
    scope = Scope(protocol.study, tuple(ids), frozenset(), whole=False)
    assert [person.code for person in find_by_phone(scope, "406 55 512", "user:7", NOW)] == people
    looked_up = session.scalars(select(LookUp).order_by(LookUp.id)).all()
    assert [(row.participant.code, row.looked_up_by, row.looked_up_at) for row in looked_up] == [
        (code, "user:7", NOW) for code in people
    ]
    assert find_by_phone(scope, "406 55 513", "user:7", NOW) == []
