"""What was given up is told again by hand, under the same id; what is on its way is not."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.core.problems import Conflict
from app.hooks.models import Hook, HookDelivery
from app.hooks.replaying import replay, replay_given_up
from tests.exports.conftest import NOW
from tests.hooks.receiver import Receiver
from tests.hooks.test_delivering import deliver, owed, submit


def test_what_is_replayed_has_the_same_id_and_starts_anew(session: Session, hook: Hook, receiver: Receiver) -> None:
    submit(session)
    deliver(session, NOW)
    replay(owed(session)[0], NOW)
    assert deliver(session, NOW) == 1
    first, second = receiver.heard
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    assert second.headers["webhook-attempt"] == "1"


def test_all_that_was_given_up_is_replayed_at_once(session: Session, hook: Hook, receiver: Receiver) -> None:
    submit(session)
    submit(session, "01-002")
    session.execute(update(HookDelivery).values(given_up_at=NOW, attempts=10))
    session.commit()
    assert deliver(session, NOW) == 0
    assert replay_given_up(hook, NOW) == 2
    assert deliver(session, NOW) == 2


def test_what_is_being_sent_is_not_replayed(session: Session, hook: Hook) -> None:
    submit(session)
    (row,) = owed(session)
    row.lease_until = NOW + timedelta(seconds=1)
    session.flush()
    with pytest.raises(Conflict):
        replay(row, NOW)
    replay(row, NOW + timedelta(seconds=1))
