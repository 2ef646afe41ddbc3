"""Many are refused, and many are not, in odd mixtures: who gets through waits for nobody, and no text is lost."""

from collections import Counter
from collections.abc import Callable, Container, Sequence

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import tick
from app.messages import breaker
from app.messages.models import MessageState
from app.messages.receiving.receipts import store
from app.participants.models import Contact, Task, TaskKind
from tests.messages.books import closed, states
from tests.messages.erratic import Provider
from tests.messages.people import INVITED, enrolled, minutes, only
from tests.messages.sending.numbers import all_is_well, failed_numbers, group

AT_ONCE = 8
"""Texts that leave side by side, as through the real provider: what came of them is weighed a few at a time."""


def refusing(code: str, theirs: Container[str], at_once: int = AT_ONCE) -> Provider:
    return Provider(threads=at_once, refusing=lambda number: code if number in theirs else "")


def ticked(gateway: Provider, *at: float) -> None:
    for minute in at:
        gateway.now = INVITED + minutes(minute)
        tick(gateway, gateway.now)


MIXTURES: dict[str, Callable[[Sequence[str]], Sequence[str]]] = {
    "the first third, as those of a country are": lambda everybody: everybody[:10],
    "blocks, the last of them too": lambda everybody: [
        number for place, number in enumerate(everybody) if place // 6 % 2 == 0
    ],
    "every other": lambda everybody: everybody[::2],
}


@pytest.mark.parametrize("code", ["21408", "21612"])
@pytest.mark.parametrize("mixture", MIXTURES.values(), ids=MIXTURES)
def test_who_gets_through_waits_a_minute_at_most_and_who_does_not_is_a_task(
    session: Session, app: Flask, mixture: Callable[[Sequence[str]], Sequence[str]], code: str
) -> None:
    everybody = group(session, 30)
    theirs = mixture(everybody)
    gateway = refusing(code, theirs, at_once=2)
    ticked(gateway, 0, 1, 1.1)
    assert states(session).count(MessageState.ACCEPTED) == 30 - len(theirs)
    ticked(gateway, 2, 3, 5, 7, 8, 9)
    assert failed_numbers(session) == set(theirs)
    assert max(gateway.tries.values()) <= 2
    assert (len(session.scalars(select(Task)).all()), breaker.halts()) == (len(theirs), ())
    assert all_is_well(session, 11)
    assert closed(session, INVITED + minutes(11))


def test_while_nobody_gets_through_one_of_whom_nothing_is_known_is_asked_in_a_minute(
    session: Session, app: Flask
) -> None:
    everybody = group(session, 30)
    gateway, tried = refusing("21612", everybody, at_once=2), []
    for minute in (0, 0.2, 0.5, 0.9, 1, 1.5, 2, 2.9, 3):
        ticked(gateway, minute)
        tried.append(len(gateway.tries))
    at_first = tried[0]
    assert at_first < 20, "who is under way already is tried, and nobody else"
    assert [number - at_first for number in tried] == [0, 0, 0, 0, 1, 1, 2, 2, 3]
    assert set(gateway.tries.values()) == {1}


def test_whose_text_falls_due_while_others_are_refused_is_tried_at_once(session: Session, app: Flask) -> None:
    gateway = refusing("21612", group(session, 6))
    ticked(gateway, *range(0, 40, 5))
    assert len(breaker.halts()) == 1
    hers = enrolled(99)
    only(hers, "d7")
    session.commit()
    number, before = hers.contact.phone or "", gateway.tries.total()
    ticked(gateway, 36)
    assert (gateway.tries[number], breaker.halts()) == (1, ())
    ticked(gateway, 41, 42, 43)
    assert len(failed_numbers(session)) == 6, "now it is known that it is theirs"
    assert gateway.tries.total() - before <= 1 + 2 * 6


def test_while_nobodys_text_leaves_each_is_tried_once_and_none_fails(session: Session, app: Flask) -> None:
    """Somebody falls due each few minutes: each is asked for once, and then waits with the others."""
    gateway = refusing("21606", set(group(session, 6)) | {f"+474000{number:04d}" for number in range(50, 60)})
    ticked(gateway, 0)
    for number in range(50, 56):
        only(enrolled(number), "d7")
        session.commit()
        ticked(gateway, *(4 * (number - 49) + part for part in (0, 0.1, 1, 2)))
    assert set(states(session)) == {MessageState.QUEUED}
    assert all(gateway.tries[f"+474000{number:04d}"] <= 2 for number in range(50, 56))
    assert session.scalars(select(Task)).all() == []


@pytest.mark.parametrize("fault", ["broken-before", "lost-after"])
def test_a_provider_that_answers_everybody_with_an_error_takes_one_invitation_and_not_all(
    session: Session, app: Flask, fault: str
) -> None:
    group(session, 30)
    gateway = refusing(fault, set())
    gateway.refusing = lambda number: fault
    ticked(gateway, *range(25))
    assert breaker.halts() == ("status 500: nobody knows whether texts leave",)
    assert session.scalars(select(Task)).all() == []
    session.rollback()
    gateway.refusing = lambda number: ""
    ticked(gateway, 40, 41, 42, 60, 61, 62)
    assert Counter(states(session)) == {MessageState.ACCEPTED: 29, MessageState.FAILED: 1}, "one was tried for all"
    assert max(gateway.tries.values()) == 2
    assert len(session.scalars(select(Task)).all()) == 1
    assert closed(session, INVITED + minutes(62))


def test_errors_after_which_texts_ring_hold_nobody_up_for_long(session: Session, app: Flask) -> None:
    group(session, 30)
    gateway = Provider(threads=AT_ONCE, refusing=lambda number: "broken-after")
    ticked(gateway, *range(8))
    assert len(gateway.rang) == 30
    assert set(states(session)) == {MessageState.ACCEPTED}
    assert breaker.halts() == ()


def test_one_number_that_ends_in_an_error_each_time_halts_nobody(session: Session, app: Flask) -> None:
    hers, *others = group(session, 10)
    gateway = refusing("broken-before", {hers})
    ticked(gateway, *range(0, 40, 2))
    assert [gateway.tries[number] for number in others] == [1] * 9
    assert (failed_numbers(session), gateway.tries[hers]) == ({hers}, 2)
    assert all_is_well(session, 40)


def test_too_many_requests_to_one_number_are_hers_after_hours_in_which_others_got_through(
    session: Session, app: Flask
) -> None:
    hers, *others = group(session, 3)
    gateway = refusing("busy", {hers}, at_once=0)
    ticked(gateway, *range(0, 60 * 8, 10))
    assert failed_numbers(session) == {hers}
    assert [gateway.tries[number] for number in others] == [1, 1]
    assert 8 <= gateway.tries[hers] <= 25
    assert session.scalars(select(Task.kind)).all() == [TaskKind.NOT_DELIVERED]
    assert all_is_well(session, 60 * 8)


def test_too_many_requests_of_everybody_fail_nobody(session: Session, app: Flask) -> None:
    gateway = refusing("busy", group(session, 3), at_once=0)
    ticked(gateway, *range(0, 60 * 8, 10))
    assert set(states(session)) == {MessageState.QUEUED}


@pytest.mark.parametrize("code", ["30003", "30005", "30007"])
@pytest.mark.parametrize("apart", [True, False], ids=["later", "together"])
def test_what_arrived_after_all_is_held_against_nobody(session: Session, app: Flask, code: str, apart: bool) -> None:
    hers, _ = group(session, 2)
    gateway = Provider()
    ticked(gateway, 0)
    for status, error in (("undelivered", {"ErrorCode": code}), ("delivered", {})):
        rung = next(rung for rung in gateway.rang if rung.text.to == hers)
        store(rung.message_id, {"MessageSid": rung.sid, "MessageStatus": status, **error}, INVITED + minutes(1))
        session.commit()
        if apart:
            ticked(gateway, 1)
    ticked(gateway, 2, 3)
    assert sorted(states(session)) == [MessageState.ACCEPTED, MessageState.DELIVERED]
    assert session.scalars(select(Contact.id).where(Contact.unusable_since.is_not(None))).all() == []
    assert session.scalars(select(Task).where(Task.done_at.is_(None))).all() == []
    assert gateway.tries[hers] == 1
