"""What can be a webhook, how many there are, what of it is shut away, and how it is paused and ended."""

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.problems import BadInput, Conflict, NotFound
from app.hooks.models import OF_A_STUDY, DeliveryState, Hook, HookEvent
from app.hooks.replaying import deliveries_of, find_delivery
from app.hooks.subscribing import MOST_HOOKS, end, find_hook, go_on, hooks_of, pause, ping, secret_of, subscribe
from app.studies.models import Study
from tests.exports.conftest import NOW
from tests.hooks.test_delivering import deliver, owed, submit


def test_an_end_is_an_end(session: Session, hook: Hook, study: Study) -> None:
    submit(session)
    end(hook, NOW)
    submit(session, "01-002")
    assert deliver(session, NOW) == 0
    assert len(owed(session)) == 1
    assert hooks_of(study) == []
    with pytest.raises(NotFound):
        find_hook(study, hook.id)


@pytest.mark.parametrize(
    ("url", "events", "field"),
    [
        ("https://hooks.example/x", [], "events"),
        ("https://hooks.example/x", [HookEvent.PING], "events"),
        ("http://hooks.example/x", OF_A_STUDY, "url"),
        ("https://127.0.0.1/x", OF_A_STUDY, "url"),
        ("https://[::1]/x", OF_A_STUDY, "url"),
        ("https://169.254.169.254/latest/meta-data", OF_A_STUDY, "url"),
        ("hooks", OF_A_STUDY, "url"),
    ],
)
def test_what_cannot_be_a_hook_is_refused(study: Study, url: str, events: list[HookEvent], field: str) -> None:
    with pytest.raises(BadInput) as refused:
        subscribe(study, None, url, events, (), NOW)
    assert set(refused.value.errors) == {field}


def test_a_study_has_so_many_and_no_more(study: Study) -> None:
    for number in range(MOST_HOOKS):
        subscribe(study, None, f"https://hooks.example/{number}", OF_A_STUDY, (), NOW)
    with pytest.raises(Conflict):
        subscribe(study, None, "https://hooks.example/x", OF_A_STUDY, (), NOW)


def test_the_secret_is_closed_in_the_database_and_no_ones_in_the_trail(session: Session, hook: Hook) -> None:
    secret = secret_of(hook)
    kept = session.execute(text("SELECT secret_sealed FROM hooks")).scalar_one()
    trail = session.scalar(
        text("SELECT string_agg(new::text, '') FROM audit.entries WHERE table_name = 'public.hooks'")
    )
    assert secret.encode() not in bytes(kept)
    assert (secret in str(trail), "(hidden)" in str(trail)) == (False, True)


def test_states_and_their_lists_are_one_rule(session: Session, hook: Hook) -> None:
    rows = [ping(hook) for _ in range(3)]
    rows[1].delivered_at, rows[2].given_up_at = NOW, NOW
    session.flush()
    for row, state in zip(rows, DeliveryState, strict=True):
        assert (row.state, deliveries_of(hook, state)) == (state, [row])
    assert deliveries_of(hook) == rows[::-1]
    assert find_delivery(hook, rows[0].id) is rows[0]
    for wrong in (0, -1, rows[2].id + 1, 2**63):
        with pytest.raises(NotFound):
            find_delivery(hook, wrong)


def test_pausing_twice_and_going_on_twice_are_refused(hook: Hook) -> None:
    with pytest.raises(Conflict):
        go_on(hook)
    pause(hook, "maintenance", NOW)
    with pytest.raises(Conflict):
        pause(hook, "maintenance", NOW)
    go_on(hook)
