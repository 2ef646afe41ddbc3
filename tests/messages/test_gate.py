"""The gate: each reason not to send, each pause and budget, with its boundary."""

from datetime import timedelta

import pytest

from app.messages.gate import Decision, Send, Suppress, Wait, decide
from app.messages.kinds import ASKING, MessageKind, Reason
from app.studies.states import StudyState
from tests.messages.gate_facts import ANSWERING, DAY, EVENING, HOUR, MIDNIGHT, MOMENT, MORNING, NOON, RINGS, facts
from tests.some import some

# For each reason: what must hold (with its boundary), and what is nearly the same and lets the text pass.
REASONS: list[tuple[Reason, dict[str, object], dict[str, object]]] = [
    (Reason.STUDY_CLOSED, {"study_state": StudyState.CLOSED}, {"study_state": StudyState.RECRUITING_STOPPED}),
    (Reason.STUDY_CLOSED, {"study_state": StudyState.LOCKED}, {"study_state": StudyState.LIVE}),
    (Reason.STUDY_CLOSED, {"study_state": StudyState.ARCHIVED}, {"study_state": StudyState.LIVE}),
    (Reason.DEMONSTRATION, {"study_state": StudyState.DEMO}, {"study_state": StudyState.LIVE}),
    (
        Reason.DEMONSTRATION,
        {"study_state": StudyState.DEMO, "kind": MessageKind.TEST, "to_staff": True},
        {"study_state": StudyState.SETUP, "kind": MessageKind.TEST, "to_staff": True},
    ),
    (Reason.NOT_LIVE, {"study_state": StudyState.SETUP}, {"study_state": StudyState.LIVE}),
    (
        Reason.NOT_LIVE,
        {"study_state": StudyState.SETUP, "real_gateway": True},
        {"study_state": StudyState.SETUP, "real_gateway": False},
    ),
    (
        Reason.NOT_LIVE,
        {"study_state": StudyState.SETUP, "kind": MessageKind.TEST},
        {"study_state": StudyState.SETUP, "kind": MessageKind.TEST, "to_staff": True},
    ),
    (
        Reason.NOT_LIVE,
        {"study_state": StudyState.SETUP, "kind": MessageKind.INVITATION, "to_staff": True},
        {"study_state": StudyState.LIVE, "kind": MessageKind.INVITATION, "to_staff": True},
    ),
    (
        Reason.DEMONSTRATION,
        {"study_state": StudyState.DEMO, "real_gateway": True},
        {"study_state": StudyState.DEMO, "real_gateway": False},
    ),
    (Reason.WITHDRAWN, {"withdrawn_at": NOON}, {"withdrawn_at": NOON + MOMENT}),
    (Reason.WITHDRAWN, {"withdrawn_at": NOON - MOMENT}, {"withdrawn_at": None}),
    (Reason.NO_TEXTS, {"texts_ended_at": NOON}, {"texts_ended_at": NOON + MOMENT}),
    (Reason.NO_TEXTS, {"texts_ended_at": NOON, "kind": MessageKind.STOP}, {"kind": MessageKind.STOP}),
    (Reason.ANSWERED, {"answered": True}, {"answered": False}),
    (Reason.MOVED, {"opens_at": NOON - 3 * HOUR + MOMENT}, {"opens_at": NOON - 3 * HOUR}),
    (Reason.MOVED, {"opens_at": NOON + DAY}, {"opens_at": None}),
    (
        Reason.PAUSED,
        {"closes_at": NOON, "texts_paused_until": NOON},
        {"closes_at": NOON + timedelta(minutes=1), "texts_paused_until": NOON},
    ),
    (Reason.PAUSED, {"closes_at": NOON - DAY, "texts_paused_until": NOON + DAY}, {"texts_paused_until": NOON}),
    (Reason.CLOSED, {"closes_at": NOON, "texts_paused_until": NOON - MOMENT}, {"texts_paused_until": NOON - MOMENT}),
    (Reason.CLOSED, {"closes_at": NOON}, {"closes_at": NOON + timedelta(minutes=1)}),
    (Reason.CLOSED, {"closes_at": NOON + timedelta(minutes=1) - MOMENT}, {"closes_at": NOON + timedelta(minutes=2)}),
    (Reason.CLOSED, {"closes_at": NOON - DAY}, {"closes_at": None}),
    (
        Reason.STALE,
        {"kind": MessageKind.HELP, "owed_at": NOON - 24 * HOUR - MOMENT},
        {"kind": MessageKind.HELP, "owed_at": NOON - 24 * HOUR},
    ),
    (Reason.OPTED_OUT, {"opted_out_at": NOON}, {"opted_out_at": None}),
    (
        Reason.OPTED_OUT,
        {"kind": MessageKind.START, "opted_out_at": NOON},
        {"kind": MessageKind.STOP, "opted_out_at": NOON},
    ),
    (Reason.NO_NUMBER, {"has_number": False}, {"has_number": True}),
    (Reason.COUNTRY, {"country_allowed": False}, {"country_allowed": True}),
    (Reason.SITE_INACTIVE, {"site_active": False}, {"site_active": True}),
]


@pytest.mark.parametrize(("reason", "holds", "nearly"), REASONS)
def test_each_reason_holds_a_text_back_and_what_is_nearly_the_same_does_not(
    reason: Reason, holds: dict[str, object], nearly: dict[str, object]
) -> None:
    assert decide(facts(**holds), NOON) == Suppress(reason)
    assert decide(facts(**nearly), NOON) == Send()


PAUSES: list[tuple[str, dict[str, object], Decision]] = [
    ("ended this moment", {"texts_paused_until": NOON}, Send()),
    ("for a moment more", {"texts_paused_until": NOON + MOMENT}, Wait(NOON + MOMENT, "paused")),
    ("into the night", {"texts_paused_until": EVENING + HOUR}, Wait(RINGS, "paused")),
    ("from midnight on", {"texts_paused_until": MIDNIGHT}, Wait(RINGS, "paused")),
    ("beyond the patient's own", {"texts_paused_until": NOON + 2 * HOUR, "paused_until": NOON + HOUR},
     Wait(NOON + 2 * HOUR, "paused")),
    ("before the patient's own ends", {"texts_paused_until": NOON + HOUR, "paused_until": NOON + 2 * HOUR},
     Wait(NOON + 2 * HOUR, "paused")),
    ("until the window closes", {"texts_paused_until": NOON + DAY, "closes_at": NOON + DAY},
     Wait(NOON + DAY, "paused")),
    ("to the window's last night", {"texts_paused_until": MIDNIGHT, "closes_at": MORNING}, Wait(MORNING, "paused")),
    ("beyond the window", {"texts_paused_until": NOON + 9 * DAY, "closes_at": NOON + HOUR},
     Wait(NOON + HOUR, "paused")),
    ("of a link just asked for", {"texts_paused_until": NOON + DAY, "kind": MessageKind.REISSUE, "owed_at": NOON},
     Send()),
    ("of a link asked for before", {"texts_paused_until": NOON + HOUR, "kind": MessageKind.REISSUE},
     Wait(NOON + HOUR, "paused")),
]  # fmt: skip


@pytest.mark.parametrize(("facts_of_it", "decision"), [case[1:] for case in PAUSES], ids=[case[0] for case in PAUSES])
def test_a_pause_of_the_staff_lets_what_asks_wait(facts_of_it: dict[str, object], decision: Decision) -> None:
    assert decide(facts(**facts_of_it), NOON) == decision


@pytest.mark.parametrize("kind", ANSWERING)
def test_what_answers_her_waits_for_no_pause(kind: MessageKind) -> None:
    assert decide(facts(kind=kind, texts_paused_until=NOON + DAY), NOON) == Send()


ASKED_ONLY: list[dict[str, object]] = [{"opens_at": NOON + DAY}, {"closes_at": NOON}]
"""What concerns texts that ask: a visit that moved, a window that closed."""


@pytest.mark.parametrize("kind", MessageKind)
@pytest.mark.parametrize("changed", ASKED_ONLY, ids=["moved", "closed"])
def test_only_texts_that_ask_depend_on_the_visits_window(kind: MessageKind, changed: dict[str, object]) -> None:
    assert isinstance(decide(facts(kind=kind, **changed), NOON), Suppress if kind in ASKING else Send)


@pytest.mark.parametrize("kind", MessageKind)
def test_only_what_answers_her_grows_stale_in_a_day(kind: MessageKind) -> None:
    owed = facts(kind=kind, owed_at=NOON - 30 * HOUR, opens_at=NOON - 40 * HOUR)
    assert decide(owed, NOON) == (Send() if kind in ASKING else Suppress(Reason.STALE))


@pytest.mark.parametrize("kind", MessageKind)
def test_only_the_confirmation_goes_to_somebody_who_said_stop(kind: MessageKind) -> None:
    said_stop = facts(kind=kind, opted_out_at=NOON - HOUR)
    assert decide(said_stop, NOON) == (Send() if kind is MessageKind.STOP else Suppress(Reason.OPTED_OUT))


@pytest.mark.parametrize("kind", [MessageKind.INVITATION, MessageKind.HELP])
def test_of_several_reasons_the_first_is_told(kind: MessageKind) -> None:
    """In the order of the table: what ends a study or a part in it before what may go away again."""
    everything: dict[Reason, dict[str, object]] = {
        Reason.STUDY_CLOSED: {"study_state": StudyState.CLOSED},
        Reason.DEMONSTRATION: {"study_state": StudyState.DEMO},
        Reason.NOT_LIVE: {"study_state": StudyState.SETUP},
        Reason.WITHDRAWN: {"withdrawn_at": NOON},
        Reason.NO_TEXTS: {"texts_ended_at": NOON},
        Reason.ANSWERED: {"answered": True},
        Reason.MOVED: {"opens_at": NOON},
        Reason.CLOSED: {"closes_at": NOON},
        Reason.STALE: {"owed_at": NOON - 25 * HOUR},
        Reason.OPTED_OUT: {"opted_out_at": NOON},
        Reason.NO_NUMBER: {"has_number": False},
        Reason.COUNTRY: {"country_allowed": False},
        Reason.SITE_INACTIVE: {"site_active": False},
    }
    others = {Reason.STALE} if kind in ASKING else {Reason.MOVED, Reason.CLOSED}
    order = [reason for reason in everything if reason not in others]
    for place, reason in some(enumerate(order)):
        later = [everything[each] for each in reversed(order[place:])]
        changed = {name: value for each in later for name, value in each.items()}
        assert decide(facts(kind=kind, **changed), NOON) == Suppress(reason)


@pytest.mark.parametrize(("left", "decision"), [(2, Send()), (1, Send()), (0, None), (-1, None)])
@pytest.mark.parametrize("kind", MessageKind)
def test_when_none_is_left_of_the_daily_cap_a_text_waits_until_midnight(
    kind: MessageKind, left: int, decision: Decision | None
) -> None:
    assert decide(facts(kind=kind), NOON, left_today=left) == (decision or Wait(MIDNIGHT, "daily cap"))


@pytest.mark.parametrize("left", [1, 0])
@pytest.mark.parametrize("kind", MessageKind)
def test_over_its_budget_a_prompt_waits_until_midnight_and_anything_else_is_noted(kind: MessageKind, left: int) -> None:
    decision = decide(facts(kind=kind), NOON, left_today=left, over_budget=True)
    assert decision == (Wait(MIDNIGHT, "budget") if kind in ASKING else Suppress(Reason.OVER_BUDGET))


@pytest.mark.parametrize("kind", [MessageKind.INVITATION, MessageKind.HELP])
def test_what_is_not_sent_anyway_is_told_before_the_budget(kind: MessageKind) -> None:
    assert decide(facts(kind=kind, answered=True), NOON, over_budget=True) == Suppress(Reason.ANSWERED)


def test_the_cap_comes_after_every_reason_and_before_every_hour() -> None:
    assert decide(facts(answered=True), NOON, left_today=0) == Suppress(Reason.ANSWERED)
    assert decide(facts(), EVENING, left_today=0) == Wait(MIDNIGHT, "daily cap")
