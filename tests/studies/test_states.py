"""What a study may do in each of its states."""

import pytest

from app.studies.states import StudyState, may_text

# state: may text real telephones, of staff for a test, through the sandbox
MAY_TEXT = [
    (StudyState.SETUP, False, True, True),
    (StudyState.DEMO, False, False, True),
    (StudyState.LIVE, True, True, True),
    (StudyState.CLOSED, False, False, False),
]


@pytest.mark.parametrize(("state", "telephones", "staff", "sandbox"), MAY_TEXT)
def test_whose_telephones_ring_in_each_state(state: StudyState, telephones: bool, staff: bool, sandbox: bool) -> None:
    assert may_text(state, real=True) is telephones
    assert may_text(state, real=True, own_test=True) is staff
    assert may_text(state, real=False) is sandbox


def test_every_state_is_in_the_table() -> None:
    assert {row[0] for row in MAY_TEXT} == set(StudyState)
