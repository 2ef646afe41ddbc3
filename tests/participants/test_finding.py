"""A telephone number finds who has it at one's own sites, by the query itself: row-level security stands behind it."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.participants.finding import find_by_phone
from app.participants.models import LookUp, Participant
from app.studies.access import Scope
from app.studies.models import Site, Study, StudyState
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
    assert find_by_phone(scope, "406 55 513", "user:7", NOW) == []
    looked_up = session.scalars(select(LookUp).order_by(LookUp.id)).all()
    pseudonyms = {person.id: person.code for person in session.scalars(select(Participant).order_by(Participant.id))}
    codes = [pseudonyms.get(row.participant_id or 0, "nobody") for row in looked_up]
    assert codes == [*(people or ["nobody"]), "nobody"]
    assert {(row.study_id, row.looked_up_by, row.looked_up_at) for row in looked_up} == {
        (protocol.study_id, "user:7", NOW)
    }


@pytest.mark.parametrize(
    ("site", "study", "seen"), [("01", "backtobasic", 1), ("02", "backtobasic", 1), ("01", "other", 0)]
)
def test_a_search_that_found_nobody_is_seen_in_its_own_study_alone(
    session: Session, site: str, study: str, seen: int
) -> None:
    backtobasic(StudyState.SETUP, "other")
    protocol = backtobasic()
    ids = session.scalars(select(Site.id).where(Site.study_id == protocol.study_id, Site.code == "01")).all()
    find_by_phone(Scope(protocol.study, tuple(ids), frozenset(), whole=False), "406 55 513", "user:7", NOW)
    (at,) = session.scalars(select(Site.id).join(Site.study).where(Study.code == study, Site.code == site)).all()
    session.execute(text("SELECT set_config('svar.sites', :sites, true)"), {"sites": f"{{{at}}}"})
    assert len(session.scalars(select(LookUp)).all()) == seen


def test_a_search_belongs_to_somebody_or_to_a_study(session: Session) -> None:
    session.add(LookUp(looked_up_by="user:7", looked_up_at=NOW))
    with pytest.raises(IntegrityError, match="ck_look_ups_somewhere"):
        session.flush()
