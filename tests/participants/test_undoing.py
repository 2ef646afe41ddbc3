"""Who may undo an act, until when, and why not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.participants.undoing import CHANGED_SINCE, LEFT_SINCE, NOT_HERS, TOO_LATE, ActDone, UndoableAct, why_not
from tests.factories import NOW

DONE = ActDone(UndoableAct.LEAVING, "user:1", NOW, stands=True, left_house=False)
TEN_MINUTES = timedelta(minutes=10)
INSTANT = timedelta(microseconds=1)
CASES = {
    "at once": (DONE, "user:1", timedelta(0), ""),
    "at the last instant": (DONE, "user:1", TEN_MINUTES - INSTANT, ""),
    "after ten minutes": (DONE, "user:1", TEN_MINUTES, TOO_LATE),
    "the next day": (DONE, "user:1", timedelta(days=1), TOO_LATE),
    "by another": (DONE, "user:11", timedelta(0), NOT_HERS),
    "by the clock": (DONE, "clock", timedelta(0), NOT_HERS),
    "changed since": (replace(DONE, stands=False), "user:1", timedelta(0), CHANGED_SINCE),
    "left the house": (replace(DONE, left_house=True), "user:1", timedelta(0), LEFT_SINCE),
    "by another, too late": (DONE, "user:2", TEN_MINUTES, NOT_HERS),
    "changed and left the house": (replace(DONE, stands=False, left_house=True), "user:1", INSTANT, CHANGED_SINCE),
    "not done, at once": (replace(DONE, act=UndoableAct.NOT_DONE), "user:1", INSTANT, ""),
}


@pytest.mark.parametrize("case", CASES)
def test_an_act_is_undone_by_who_did_it_for_ten_minutes_where_it_stands_and_nothing_left(case: str) -> None:
    done, by, later, sentence = CASES[case]
    assert why_not(done, by, NOW + later) == sentence
