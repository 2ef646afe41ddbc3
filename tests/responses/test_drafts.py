"""A draft is kept as it is given, opens only with the keys, and ends with its visit."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.crypto import WrongKey
from app.messages.outlook.calling_off import take_back
from app.participants.enrolment import withdraw
from app.participants.events import plan_event
from app.responses.answering import response_to, submit
from app.responses.drafts import expire_drafts, opened, save_draft
from app.responses.models import Draft
from app.responses.opening import opening
from app.responses.problems import AlreadyAnswered, Closed, NotOpenYet
from app.schedule.links import token
from app.schedule.models import State
from app.schedule.planning import plan
from tests.responses.visits import INFUSION, answers_to, participant, visit

D154 = INFUSION + timedelta(days=154)
SECOND = timedelta(seconds=1)
KEEP = {"drafts: discard": "drafts: keep"}


def test_fields_are_kept_beside_those_before_and_emptied_by_an_empty_one(session: Session) -> None:
    assessment = visit(participant(), "d154")
    save_draft(assessment, {"odi.lifting": "3", "odi.walking": "1"}, D154)
    save_draft(assessment, {"odi.lifting": "4"}, D154 + SECOND)
    save_draft(assessment, {"odi.walking": ""}, D154 + SECOND)
    save_draft(assessment, {"odi.walking": ""}, D154 + SECOND)
    assert opening(token(assessment, 1)).fields == {"odi.lifting": "4"}
    assert assessment.opened_at == D154


def test_a_draft_is_closed_and_bound_to_its_visit(session: Session) -> None:
    assessment = visit(participant(), "d154")
    save_draft(assessment, {"medication.other_text": "Noe helt privat"}, D154)
    draft = session.scalars(select(Draft)).one()
    assert b"privat" not in draft.answers_sealed
    with pytest.raises(WrongKey):
        opened(assessment.id + 1, draft.answers_sealed)


def test_a_draft_is_refused_where_an_answer_would_be(session: Session) -> None:
    assessment = visit(participant(), "d154")
    with pytest.raises(NotOpenYet):
        save_draft(assessment, {"odi.lifting": "3"}, assessment.opens_at - SECOND)
    with pytest.raises(Closed):
        save_draft(assessment, {"odi.lifting": "3"}, assessment.grace_until)
    submit(assessment, answers_to(assessment), D154, language="nb")
    with pytest.raises(AlreadyAnswered):
        save_draft(assessment, {"odi.lifting": "3"}, D154 + SECOND)


def test_a_field_that_is_not_asked_is_named_and_the_others_are_kept(session: Session) -> None:
    assessment = visit(participant(), "d154")
    ((code, problem),) = save_draft(assessment, {"odi.shoes": "3", "odi.lifting": "2"}, D154)
    assert (code, problem.item, problem.fault) == ("odi", "shoes", "unknown_item")
    assert opening(token(assessment, 1)).fields == {"odi.lifting": "2"}
    assert save_draft(assessment, {"odi.lifting": "4"}, D154) == ()


@pytest.mark.parametrize(
    ("written", "fault"), [("0020-08-03", "too_early"), ("2026-08-04", "too_late"), ("3/8", "not_a_date")]
)
def test_a_date_that_cannot_be_is_named_and_kept_for_her_to_mend(session: Session, written: str, fault: str) -> None:
    assessment = visit(participant(), "d154")
    ((code, problem),) = save_draft(assessment, {"sick_leave.since": written, "odi.lifting": "2"}, D154)
    assert (code, problem.item, problem.fault) == ("sick_leave", "since", fault)
    assert opening(token(assessment, 1)).fields == {"sick_leave.since": written, "odi.lifting": "2"}
    assert save_draft(assessment, {"sick_leave.since": "2026-08-03"}, D154) == ()


def test_a_draft_that_is_kept_is_held_to_the_day_on_which_it_was_saved(session: Session) -> None:
    assessment = visit(participant(changes=KEEP), "d154")
    save_draft(assessment, {"odi.lifting": "3", "sick_leave.since": "2026-08-04"}, D154)
    expire_drafts(assessment.grace_until)
    kept = response_to(assessment)
    assert kept is not None
    assert '"lifting":3' in kept.content
    assert '"since":null' in kept.content


def test_submitting_drops_the_draft(session: Session) -> None:
    assessment = visit(participant(), "d154")
    save_draft(assessment, {"odi.lifting": "3"}, D154)
    submit(assessment, answers_to(assessment), D154 + SECOND, language="nb")
    assert session.scalar(select(func.count(Draft.id))) == 0


def test_a_draft_never_sent_is_thrown_away_when_the_visit_is_over(session: Session) -> None:
    assessment = visit(participant(), "d154")
    save_draft(assessment, {"odi.lifting": "3"}, D154)
    assert expire_drafts(assessment.grace_until - SECOND) == 0
    assert expire_drafts(assessment.grace_until) == 1
    assert expire_drafts(assessment.grace_until) == 0
    assert assessment.draft_existed
    assert assessment.state(assessment.grace_until) is State.MISSED
    assert response_to(assessment) is None


def test_a_protocol_may_keep_what_was_begun_as_partial(session: Session) -> None:
    assessment = visit(participant(changes=KEEP), "d154")
    save_draft(assessment, {"odi.lifting": "3", "sick_leave.days": "mange"}, D154)
    assert expire_drafts(assessment.grace_until) == 1
    kept = response_to(assessment)
    assert kept is not None
    assert (kept.submitted_at, kept.instruments["odi"]["presentation"]) == (D154, "draft")
    assert '"lifting":3' in kept.content
    assert assessment.state(assessment.grace_until) is State.PARTIAL


def test_a_draft_of_day_0_is_kept_although_the_infusion_and_with_it_the_window_moved(session: Session) -> None:
    person = participant(given=False, changes=KEEP)
    assessment = visit(person, "d0")
    saved, later = assessment.opens_at, INFUSION + timedelta(days=21)
    save_draft(assessment, {"odi.lifting": "3"}, saved)
    plan_event(person, "first_infusion", later.date(), later, saved)
    plan(person, saved)
    assessment = visit(person, "d0")
    assert assessment.opens_at > saved
    assert expire_drafts(assessment.grace_until) == 1
    assert assessment.state(assessment.grace_until) is State.PARTIAL


def test_what_was_begun_for_a_day_that_was_called_off_is_no_answer(session: Session) -> None:
    assessment = visit(participant(changes=KEEP), "d154")
    save_draft(assessment, {"odi.lifting": "3"}, D154)
    take_back(assessment.participant_id, ["d154"], D154 + SECOND)
    assert expire_drafts(D154 + SECOND) == 1
    assert response_to(assessment) is None
    assert (assessment.draft_existed, assessment.state(D154 + SECOND)) == (True, State.CANCELLED)


def test_a_full_draft_never_sent_is_partial_too(session: Session) -> None:
    assessment = visit(participant(changes=KEEP), "d14")
    save_draft(assessment, {f"nrs_lbp_week.{item}": "3" for item in ("now", "worst", "usual")}, assessment.opens_at)
    expire_drafts(assessment.grace_until)
    assert assessment.partial is True


def test_a_kept_draft_in_which_nothing_can_be_used_is_no_answer(session: Session) -> None:
    assessment = visit(participant(changes=KEEP), "d154")
    save_draft(assessment, {"sick_leave.days": "mange"}, D154)
    assert expire_drafts(assessment.grace_until) == 1
    assert response_to(assessment) is None


def test_who_left_leaves_no_draft(session: Session) -> None:
    person = participant(changes=KEEP)
    assessment = visit(person, "d154")
    save_draft(assessment, {"odi.lifting": "3"}, D154)
    withdraw(person, "no reason given", D154 + SECOND)
    assert expire_drafts(D154 + 2 * SECOND) == 1
    assert response_to(assessment) is None
