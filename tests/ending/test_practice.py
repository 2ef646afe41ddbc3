"""Practice is put aside before patients come: nothing of it is lost, and nothing of it meets theirs."""

import json

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.problems import Conflict
from app.ending.practice import people_of, set_practice_aside
from app.exports.models import Snapshot
from app.exports.nightly import export_snapshot
from app.exports.places import folder_of
from app.messages.models import Message, MessageState
from app.participants.models import Participant
from app.responses.answering import submit
from app.responses.going_live import NotReadyToGoLive, change_state, missing
from app.responses.models import Response
from app.schedule.compliance import compliance
from app.schedule.models import Assessment
from app.studies.models import Site, Study, StudyState
from tests.factories import NOW, backtobasic, infused, message, participant, visit
from tests.responses.visits import answers_to

pytestmark = pytest.mark.usefixtures("tables_only")


@pytest.fixture
def study(session: Session) -> Study:
    """A study that is being set up, in which somebody made up was texted and has answered."""
    protocol = backtobasic(StudyState.SETUP)
    person = participant(protocol, now=NOW.replace(year=2025))
    infused(person, NOW.replace(month=2, day=23))
    assessment = visit(person, "d7")
    message(assessment, MessageState.DELIVERED, NOW)
    submit(assessment, answers_to(assessment), NOW, language="nb")
    session.commit()
    return protocol.study


@pytest.mark.parametrize(
    ("state", "practice"), [(StudyState.SETUP, True), (StudyState.DEMO, True), (StudyState.LIVE, False)]
)
def test_who_is_enrolled_before_a_study_is_live_is_marked(session: Session, state: StudyState, practice: bool) -> None:
    assert participant(backtobasic(state)).practice is practice


def test_nothing_of_it_stays_and_nothing_of_it_is_lost(session: Session, study: Study) -> None:
    tables = (Participant, Assessment, Message, Response)
    before = [session.scalar(select(func.count(table.id))) for table in tables]
    aside = set_practice_aside(study, NOW)
    session.commit()
    assert (aside.code, aside.state, people_of(aside), people_of(study)) == ("backtobasic-practice", "closed", 1, 0)
    assert [session.scalar(select(func.count(table.id))) for table in tables] == before
    person = session.scalars(select(Participant)).one()
    assert {person.site.study_id, person.protocol.study_id, person.study_id} == {aside.id}
    rows = session.scalars(select(Assessment).filter_by(participant_id=person.id).order_by(Assessment.id)).all()
    assert {row.protocol.study_id for row in rows} == {aside.id}
    assert set(session.scalars(select(Message.study_id))) == {aside.id}
    assert set(session.scalars(select(Site.active).filter_by(study_id=aside.id))) == {False}
    assert not compliance(study, NOW, tuple(session.scalars(select(Site.id).order_by(Site.id)))).cells
    assert person.code == "01-001"


def test_the_first_patient_then_has_the_first_pseudonym(session: Session, study: Study) -> None:
    set_practice_aside(study, NOW)
    study.state = StudyState.LIVE
    patient = participant(backtobasic(StudyState.LIVE))
    assert (patient.code, patient.practice, patient.study_id) == ("01-001", False, study.id)


def test_with_made_up_people_in_it_a_study_does_not_go_live(session: Session, study: Study) -> None:
    with pytest.raises(NotReadyToGoLive) as caught:
        change_state(study, StudyState.LIVE)
    assert caught.value.errors["practice"].endswith("flask study set-aside backtobasic")
    set_practice_aside(study, NOW)
    assert "practice" not in missing(study, StudyState.LIVE)


def test_what_was_put_aside_never_goes_live_itself(session: Session, study: Study) -> None:
    aside = set_practice_aside(study, NOW)
    assert "practice" in missing(aside, StudyState.LIVE)
    with pytest.raises(Conflict, match="Practice is put aside before a study goes live"):
        set_practice_aside(aside, NOW)


def test_practice_is_put_aside_as_often_as_somebody_practises(session: Session, study: Study) -> None:
    with pytest.raises(Conflict, match="nothing to put aside"):
        set_practice_aside(backtobasic(StudyState.SETUP, "other").study, NOW)
    codes = [set_practice_aside(study, NOW).code]
    for _ in range(2):
        participant(backtobasic(StudyState.SETUP))
        codes.append(set_practice_aside(study, NOW).code)
    assert codes == ["backtobasic-practice", "backtobasic-practice-2", "backtobasic-practice-3"]


def test_its_exports_lie_apart_are_marked_and_go_with_it(session: Session, study: Study) -> None:
    snapshot = export_snapshot(study, NOW)
    folder = folder_of(snapshot)
    assert folder.parent.name == "backtobasic-practice"
    assert json.loads((folder / "manifest.json").read_text("utf-8"))["practice"] is True
    aside = set_practice_aside(study, NOW)
    session.commit()
    assert session.scalars(select(Snapshot)).one().study_id == aside.id
    study.state = StudyState.LIVE
    session.commit()
    real = export_snapshot(study, NOW)
    assert folder_of(real).parent.name == "backtobasic"
    assert json.loads((folder_of(real) / "manifest.json").read_text("utf-8"))["practice"] is False
    assert folder.is_dir()
