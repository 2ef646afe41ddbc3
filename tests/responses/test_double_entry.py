"""A paper that two people type: what differs is settled, and before that there is no response."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.problems import Conflict, Forbidden
from app.responses.answering import response_to
from app.responses.models import Mode, StaffEntry
from app.responses.staff_entry import (
    begin_again,
    differences,
    enter,
    enter_again,
    entries,
    settle,
)
from tests.factories import oslo
from tests.responses.typed import D154, DAY, TYPED, Desk, fields_of
from tests.responses.typed import desk as desk


def twice(desk: Desk, first: dict[str, str], second: dict[str, str]) -> bool:
    desk.enter(first, twice=True)
    return enter_again(desk.visit, second, desk.other, TYPED + DAY)


def test_two_who_type_alike_make_the_response_and_before_that_there_is_none(desk: Desk) -> None:
    assert desk.enter(fields_of(desk.visit), twice=True) is False
    assert response_to(desk.visit) is None
    assert enter_again(desk.visit, fields_of(desk.visit), desk.other, TYPED + DAY) is True
    assert desk.response.submitted_at == oslo(D154, 12)
    assert [entry.typed_by_id for entry in entries(desk.visit)] == [desk.first.id, desk.other.id]


@pytest.mark.parametrize(
    ("first", "second", "different"),
    [
        ({"odi__lifting": "1"}, {"odi__lifting": "2"}, {"odi.lifting": ("1", "2")}),
        ({"odi__lifting": None}, {"odi__lifting": "2"}, {"odi.lifting": ("", "2")}),
        ({"odi__lifting": "2"}, {"odi__lifting": None}, {"odi.lifting": ("2", "")}),
        ({"eq5d5l__vas": "70"}, {"eq5d5l__vas": " 070"}, {}),
        ({"medication__other_text": "Ibux"}, {"medication__other_text": "Ibux "}, {}),
        (
            {"medication__other_text": "Ibux"},
            {"medication__other_text": "Ibuks"},
            {"medication.other_text": ("Ibux", "Ibuks")},
        ),
    ],
)
def test_two_entries_differ_where_the_answers_do(
    desk: Desk,
    first: dict[str, str | None],
    second: dict[str, str | None],
    different: dict[str, tuple[str, str]],
) -> None:
    agreed = twice(desk, fields_of(desk.visit, **first), fields_of(desk.visit, **second))
    assert (agreed, differences(desk.visit)) == (not different, different)
    assert (response_to(desk.visit) is not None) is agreed


def test_what_differs_is_settled_by_who_typed_second(desk: Desk) -> None:
    twice(desk, fields_of(desk.visit, odi__lifting="1"), fields_of(desk.visit, odi__lifting="2"))
    settled = fields_of(desk.visit, odi__lifting="1")
    with pytest.raises(Forbidden, match="You typed the first entry"):
        settle(desk.visit, settled, desk.first, TYPED + DAY)
    settle(desk.visit, settled, desk.other, TYPED + DAY)
    answers = {(answer.instrument, answer.item): answer.value for answer in desk.response.answers}
    assert answers["odi", "lifting"] == "1"


def test_nobody_types_both_entries(desk: Desk) -> None:
    desk.enter(fields_of(desk.visit), twice=True)
    with pytest.raises(Forbidden, match="You typed the first entry"):
        enter_again(desk.visit, fields_of(desk.visit), desk.first, TYPED + DAY)
    with pytest.raises(Conflict, match="Type it as the second"):
        enter(desk.visit, desk.about(), fields_of(desk.visit), desk.other, TYPED + DAY)


def test_nothing_is_second_or_settled_before_its_turn(desk: Desk) -> None:
    with pytest.raises(Conflict, match="first entry is not typed yet"):
        enter_again(desk.visit, fields_of(desk.visit), desk.other, TYPED)
    desk.enter(fields_of(desk.visit), twice=True)
    with pytest.raises(Conflict, match="second entry is not typed yet"):
        settle(desk.visit, fields_of(desk.visit), desk.other, TYPED)
    twice_there = enter_again(desk.visit, fields_of(desk.visit, odi__lifting="3"), desk.other, TYPED)
    assert twice_there is False
    with pytest.raises(Conflict, match="is to be settled"):
        enter_again(desk.visit, fields_of(desk.visit), desk.other, TYPED)


def test_who_waits_for_the_second_entry_is_not_reminded(desk: Desk) -> None:
    desk.enter(fields_of(desk.visit), now=oslo(D154, 9), twice=True)
    assert desk.visit.paused_until == desk.visit.grace_until
    begin_again(desk.visit)
    assert desk.visit.paused_until is None
    assert entries(desk.visit) == []
    with pytest.raises(Conflict, match="Nothing is typed"):
        begin_again(desk.visit)


def test_an_interview_is_never_typed_twice(desk: Desk, session: Session) -> None:
    assert desk.enter(fields_of(desk.visit), mode=Mode.TELEPHONE, twice=True) is True
    assert session.scalars(select(StaffEntry.twice)).one() is False
