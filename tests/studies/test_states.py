"""What a study may do in each of its states, and which state may follow."""

import pytest

from app.studies.guarding import NotInThisState, allow
from app.studies.models import Study
from app.studies.states import (
    MAY,
    MEANING,
    NEXT,
    PRACTICE,
    REAL,
    Act,
    StudyState,
    may,
    may_text,
    refusal,
    states_that,
    states_without,
)
from docs import states

SETUP, DEMO, LIVE, STOPPED, CLOSED, LOCKED, ARCHIVED = StudyState

# state: enrol, text, answer, record, correct, amend, leave, export, archive, forget, delete
ALLOWED = [
    (SETUP, "yes yes yes yes yes yes yes yes no no yes"),
    (DEMO, "yes yes yes yes yes yes yes yes no no yes"),
    (LIVE, "yes yes yes yes yes yes yes yes no no no"),
    (STOPPED, "no yes yes yes yes yes yes yes no no no"),
    (CLOSED, "no no no yes yes no yes yes no yes no"),
    (LOCKED, "no no no no no no yes yes yes yes no"),
    (ARCHIVED, "no no no no no no no no yes yes yes"),
]

# state: may text real telephones, of staff for a test, through the sandbox
MAY_TEXT = [
    (SETUP, False, True, True),
    (DEMO, False, False, True),
    (LIVE, True, True, True),
    (STOPPED, True, True, True),
    (CLOSED, False, False, False),
    (LOCKED, False, False, False),
    (ARCHIVED, False, False, False),
]

MAY_FOLLOW = [
    (SETUP, {LIVE, DEMO, CLOSED}),
    (DEMO, {SETUP, LIVE, CLOSED}),
    (LIVE, {STOPPED, CLOSED}),
    (STOPPED, {LIVE, CLOSED}),
    (CLOSED, {LIVE, STOPPED, LOCKED}),
    (LOCKED, {CLOSED, ARCHIVED}),
    (ARCHIVED, set()),
]


@pytest.mark.parametrize(("state", "allowed"), ALLOWED)
def test_each_state_allows_these_acts_and_no_other(state: StudyState, allowed: str) -> None:
    assert [may(state, act) for act in Act] == [word == "yes" for word in allowed.split()]


def is_refused(state: StudyState, act: Act) -> bool:
    try:
        allow(Study(code="knee", state=state), act)
    except NotInThisState:
        return True
    return False


@pytest.mark.parametrize(("state", "act"), [(state, act) for state in StudyState for act in Act if may(state, act)])
def test_what_is_allowed_is_not_refused(state: StudyState, act: Act) -> None:
    assert not is_refused(state, act)


@pytest.mark.parametrize(("state", "act"), [(state, act) for state in StudyState for act in Act if not may(state, act)])
def test_what_is_not_allowed_is_refused_in_a_sentence_that_says_when_it_is(state: StudyState, act: Act) -> None:
    with pytest.raises(NotInThisState) as caught:
        allow(Study(code="knee", state=state), act)
    assert caught.value.detail.startswith(f"knee is {MEANING[state]}. It cannot {act}; that needs a study that is ")
    assert caught.value.status == 409


def test_the_sentence_names_every_state_that_would_do_but_the_demonstration() -> None:
    assert refusal("knee", CLOSED, Act.ENROL) == (
        "knee is closed: nobody is enrolled, texted or asked. It cannot enrol people; that needs a study that is "
        "setup or live."
    )
    assert "that is setup, live or recruiting stopped." in refusal("knee", CLOSED, Act.ANSWER)


@pytest.mark.parametrize("act", Act)
def test_the_states_that_may_and_those_that_may_not_are_all_there_are(act: Act) -> None:
    assert {*states_that(act), *states_without(act)} == set(StudyState)
    assert not set(states_that(act)) & set(states_without(act))
    assert set(states_that(act)) == {state for state in StudyState if act in MAY[state]}


@pytest.mark.parametrize(("state", "telephones", "staff", "sandbox"), MAY_TEXT)
def test_whose_telephones_ring_in_each_state(state: StudyState, telephones: bool, staff: bool, sandbox: bool) -> None:
    assert may_text(state, real=True) is telephones
    assert may_text(state, real=True, own_test=True) is staff
    assert may_text(state, real=False) is sandbox


@pytest.mark.parametrize(("state", "following"), MAY_FOLLOW)
def test_which_state_may_follow(state: StudyState, following: set[StudyState]) -> None:
    assert set(NEXT[state]) == following


def test_every_state_is_in_each_table() -> None:
    every = set(StudyState)
    assert {row[0] for row in ALLOWED} == {row[0] for row in MAY_TEXT} == {row[0] for row in MAY_FOLLOW} == every
    assert set(MAY) == set(NEXT) == set(MEANING) == every


def test_practice_and_patients_are_never_in_one_state() -> None:
    assert not PRACTICE & REAL
    assert {state for state in StudyState if may_text(state, real=True)} == REAL
    assert {*PRACTICE, *REAL} == set(states_that(Act.ANSWER))


def test_no_way_leads_from_a_trial_that_has_begun_back_to_practice() -> None:
    reached, waiting = set(), [LIVE]
    while waiting:
        state = waiting.pop()
        if state not in reached:
            reached.add(state)
            waiting.extend(NEXT[state])
    assert reached == {LIVE, STOPPED, CLOSED, LOCKED, ARCHIVED}


def test_the_page_about_the_states_is_what_the_table_says() -> None:
    assert states.PAGE.read_text("utf-8") == states.page(), "run: python -m docs.states"
