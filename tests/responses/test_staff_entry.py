"""What the staff type for a visit: the same questions and checks as on the patient's page, of the day of answering."""

from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.audit import AuditEntry
from app.core.problems import BadInput, Conflict
from app.participants.enrolment import withdraw
from app.participants.models import Task, TaskKind
from app.responses.answering import response_to, submit
from app.responses.models import Answerer, Draft, Mode, Score
from app.responses.problems import NothingAnswered, NotReady, Unanswered, WrongAnswers
from app.responses.staff_entry import (
    enter,
    entries,
    typed_fields,
)
from app.schedule.models import NotDone
from app.schedule.not_done import note_not_done
from app.schedule.states import State
from app.studies.guarding import NotInThisState
from app.studies.states import StudyState
from tests.factories import oslo
from tests.responses.typed import D154, DAY, TYPED, Desk, desk_of, fields_of
from tests.responses.typed import desk as desk
from tests.responses.visits import INFUSION, answers_to, participant, visit


@pytest.mark.parametrize("mode", [Mode.TELEPHONE, Mode.PAPER])
def test_what_is_typed_makes_the_one_response_with_scores_and_mode(desk: Desk, session: Session, mode: Mode) -> None:
    assert desk.enter(fields_of(desk.visit), mode=mode) is True
    assert (desk.response.mode, desk.response.language) == (mode, "nb")
    online = submit(visit(participant(phone="+4790000001"), "d154"), answers_to(desk.visit), oslo(D154), language="nb")
    assert desk.response.content == online.content
    scored = select(func.count()).select_from(Score)
    counts = [session.scalar(scored.filter_by(response_id=each.id)) for each in (desk.response, online)]
    assert counts[0] == counts[1]
    assert {shown["presentation"] for shown in desk.response.instruments.values()} == {"typed by staff"}


def test_a_paper_that_was_filled_in_time_is_in_time_however_late_it_is_typed(desk: Desk, session: Session) -> None:
    desk.enter(fields_of(desk.visit))
    session.expire_all()
    assert desk.visit.state(TYPED) is State.COMPLETED
    assert desk.response.submitted_at == oslo(D154, 12)
    assert {score.scored_at for score in desk.response.scores} == {TYPED}


def test_who_answered_who_typed_when_and_where_the_paper_is_are_kept(desk: Desk) -> None:
    desk.enter(fields_of(desk.visit), answered_by=Answerer.PROXY)
    (entry,) = entries(desk.visit)
    assert (entry.answered_by, entry.typed_by_id, entry.typed_at) == (Answerer.PROXY, desk.first.id, TYPED)
    assert (entry.scan, entry.answered_at) == ("binder 3", oslo(D154, 12))


def test_no_answer_that_was_typed_stands_in_the_audit_trail(desk: Desk, session: Session) -> None:
    desk.enter(fields_of(desk.visit, medication__other_text="Kanarifugl"), twice=True)
    session.commit()
    entry = session.scalars(select(AuditEntry).filter_by(table_name="public.staff_entries")).one()
    assert "Kanarifugl" not in str(entry.new)
    assert typed_fields(entries(desk.visit)[0])["medication.other_text"] == "Kanarifugl"


@pytest.mark.parametrize(
    ("on", "at", "now", "answered_at"),
    [
        (D154, None, oslo(D154, 9), oslo(D154, 9)),
        (D154, time(7, 30), oslo(D154, 9), oslo(D154, 7, 30)),
        (D154, None, TYPED, oslo(D154, 12)),
        (D154, time(20), TYPED, oslo(D154, 20)),
        (date(2026, 8, 2), None, oslo(D154, 9), oslo(date(2026, 8, 2), 12)),
    ],
)
def test_the_day_of_answering_is_the_papers(
    desk: Desk, on: date, at: time | None, now: datetime, answered_at: datetime
) -> None:
    desk.enter(fields_of(desk.visit), now=now, answered_on=on, answered_time=at)
    assert desk.response.submitted_at == answered_at


def test_a_paper_of_the_day_of_the_infusion_without_its_hour_was_filled_before_it(session: Session) -> None:
    desk = desk_of("d0")
    enter(desk.visit, desk.about(answered_on=INFUSION.date()), fields_of(desk.visit), desk.first, INFUSION + 9 * DAY)
    assert desk.response.submitted_at == INFUSION - timedelta(seconds=1)


@pytest.mark.parametrize(
    ("on", "at", "now", "sentence"),
    [
        (date(2026, 9, 23), None, TYPED, "has not come yet"),
        (D154, time(11), oslo(D154, 9), "has not come yet"),
        (date(2026, 6, 1), None, TYPED, "This visit opened on"),
        (date(2026, 9, 20), None, TYPED, "the visit was closed"),
    ],
)
def test_a_day_on_which_she_cannot_have_answered_is_refused(
    desk: Desk, on: date, at: time | None, now: datetime, sentence: str
) -> None:
    with pytest.raises(BadInput, match=sentence) as caught:
        desk.enter(fields_of(desk.visit), now=now, answered_on=on, answered_time=at)
    assert list(caught.value.errors) == ["answered_on"]
    assert entries(desk.visit) == []


def test_what_she_filled_in_before_she_left_is_taken_and_what_is_of_later_is_not(desk: Desk) -> None:
    withdraw(desk.visit.participant, "No reason given", oslo(D154, 15))
    with pytest.raises(BadInput, match="took part no longer"):
        desk.enter(fields_of(desk.visit), answered_time=time(16))
    assert desk.enter(fields_of(desk.visit), answered_time=time(14)) is True


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"odi__lifting": "9"}, WrongAnswers),
        ({"nrs_leg__leg": "11"}, WrongAnswers),
        ({"odi__nothing": "1"}, WrongAnswers),
        ({"elsewhere__item": "1"}, WrongAnswers),
    ],
)
@pytest.mark.parametrize("mode", [Mode.TELEPHONE, Mode.PAPER])
def test_the_checks_are_those_of_the_patients_page(
    desk: Desk, mode: Mode, changes: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        desk.enter(fields_of(desk.visit, **changes), mode=mode)
    assert (entries(desk.visit), response_to(desk.visit)) == ([], None)


def test_an_empty_paper_is_no_answer(desk: Desk) -> None:
    with pytest.raises(NothingAnswered):
        desk.enter({})


REFUSED = {"skipping: asked_once": "skipping: refused"}


@pytest.mark.parametrize(
    ("mode", "rule", "taken"),
    [
        (Mode.PAPER, None, True),
        (Mode.PAPER, REFUSED, True),
        (Mode.TELEPHONE, None, True),
        (Mode.TELEPHONE, REFUSED, False),
    ],
)
def test_a_gap_on_paper_stays_a_gap_and_one_on_the_telephone_follows_the_protocol(
    session: Session, mode: Mode, rule: dict[str, str] | None, taken: bool
) -> None:
    desk = desk_of("d154", rule)
    gap = fields_of(desk.visit, odi__lifting=None)
    if not taken:
        with pytest.raises(Unanswered):
            desk.enter(gap, mode=mode)
        return
    desk.enter(gap, mode=mode)
    assert desk.visit.partial is True


def test_a_safety_answer_on_paper_reaches_a_person_from_the_hour_of_typing(session: Session) -> None:
    desk = desk_of("d0")
    now = INFUSION + 9 * DAY
    fields = fields_of(desk.visit, hscl25__ending_life="4")
    enter(desk.visit, desk.about(answered_on=date(2026, 2, 27)), fields, desk.first, now)
    task = session.scalars(select(Task).filter_by(kind=TaskKind.SAFETY)).one()
    assert (task.created_at, task.due_at) == (now, now + DAY)


def test_what_is_answered_already_is_corrected_and_not_typed_over(desk: Desk) -> None:
    submit(desk.visit, answers_to(desk.visit), oslo(D154), language="nb")
    with pytest.raises(Conflict, match="corrected by a query"):
        desk.enter(fields_of(desk.visit))


def test_what_is_noted_as_not_done_is_taken_back_first(desk: Desk) -> None:
    note_not_done(desk.visit, NotDone.TOO_ILL, "", "user:1", oslo(D154, 9))
    with pytest.raises(Conflict, match="Take that back first"):
        desk.enter(fields_of(desk.visit))


def test_her_draft_goes_with_what_is_typed(desk: Desk, session: Session) -> None:
    from app.responses.drafts import save_draft

    save_draft(desk.visit, {"odi.lifting": "1"}, oslo(D154, 8))
    desk.enter(fields_of(desk.visit), answered_time=time(9))
    assert session.scalars(select(Draft).order_by(Draft.id)).all() == []


@pytest.mark.parametrize("mode", [Mode.PAGE, Mode.HELPED, Mode.SMS, Mode.STAFF])
def test_nothing_else_is_typed_by_staff(desk: Desk, mode: Mode) -> None:
    with pytest.raises(BadInput, match="how she answered"):
        desk.enter(fields_of(desk.visit), mode=mode)


@pytest.mark.parametrize("length", [120, 121])
def test_a_reference_has_a_length(desk: Desk, length: int) -> None:
    if length > 120:
        with pytest.raises(BadInput, match="too long"):
            desk.enter(fields_of(desk.visit), scan="x" * length)
    else:
        assert desk.enter(fields_of(desk.visit), scan="x" * length) is True


@pytest.mark.parametrize("state", list(StudyState))
def test_a_paper_is_typed_while_the_study_records_and_not_when_its_data_are_final(
    desk: Desk, state: StudyState
) -> None:
    desk.visit.participant.study.state = state
    if state in (StudyState.LOCKED, StudyState.ARCHIVED):
        with pytest.raises(NotInThisState):
            desk.enter(fields_of(desk.visit))
        with pytest.raises(NotInThisState):
            note_not_done(desk.visit, NotDone.TOO_ILL, "", "user:1", oslo(D154))
    elif state in (StudyState.LIVE, StudyState.RECRUITING_STOPPED):
        with pytest.raises(NotReady):  # its patients may read the licence holder's words alone
            desk.enter(fields_of(desk.visit))
    else:
        assert desk.enter(fields_of(desk.visit)) is True
