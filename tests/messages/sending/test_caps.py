"""The daily cap: more texts than that must be a mistake, so they wait until tomorrow."""

import threading
import time
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.clock import tick
from app.core.audit import acting
from app.core.database import transaction
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.models import Attempt, Message, MessageState
from app.messages.queueing.prompts import queue_prompts
from app.messages.reading import queued
from app.messages.sending import caps
from app.messages.sending.claiming import Claim, claim
from app.participants.models import Participant
from app.schedule.models import Assessment
from tests.messages.books import states
from tests.messages.people import INVITED, PROTOCOL, enrolled, minutes, only, weekly

TEXT = PROTOCOL.read_text("utf-8")


def test_f40_more_texts_than_the_cap_wait_until_tomorrow(session: Session, gateway: SandboxGateway) -> None:
    weekly(5, text=TEXT.replace("daily_cap: 500", "daily_cap: 3"))
    tick(gateway, INVITED)
    tick(gateway, INVITED + minutes(10))
    assert sorted(states(session)) == ["accepted"] * 3 + ["queued"] * 2
    tick(gateway, INVITED + timedelta(hours=15))
    tick(gateway, INVITED + timedelta(hours=23, minutes=59))
    assert states(session).count(MessageState.ACCEPTED) == 3, "not before the morning either"
    tick(gateway, INVITED + timedelta(hours=24))
    assert states(session) == [MessageState.ACCEPTED] * 5


def test_f40_a_number_outside_the_allowed_countries_gets_nothing(
    session: Session, assessment: Assessment, gateway: SandboxGateway
) -> None:
    assessment.participant.contact.phone = "+12025550123"
    session.commit()
    tick(gateway, INVITED)
    assert session.execute(select(Message.state, Message.reason)).one() == ("suppressed", "country not allowed")


def comes_to_wait(session: Session, thread: threading.Thread) -> bool:
    """Whether another connection comes to wait for our lock before the thread has ended."""
    waiting = text(
        "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database"
        " WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()"
        " AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
    )
    while not session.scalar(waiting):
        if not thread.is_alive():
            return False
        time.sleep(0.005)
    return True


@pytest.fixture
def capped(session: Session) -> list[Participant]:
    """Six people who are owed an invitation, in a study whose cap is three texts a day."""
    people = weekly(6, text=TEXT.replace("daily_cap: 500", "daily_cap: 3"))
    queue_prompts(INVITED)
    session.commit()
    return people


def test_two_clocks_near_the_cap_count_one_after_the_other(
    session: Session, capped: list[Participant], gateway: SandboxGateway, app: Flask
) -> None:
    """Each has texts of its own in hand; together they may not send more than the cap."""
    second: list[Claim] = []

    def other_clock() -> None:
        with app.app_context(), acting("clock"), transaction():
            second.append(claim(gateway, INVITED, 3))

    first = claim(gateway, INVITED, 3)
    thread = threading.Thread(target=other_clock)
    thread.start()
    waits = comes_to_wait(session, thread)
    session.commit()
    thread.join()
    assert waits, "it has to see what the first one took"
    assert (len(first.claimed), len(second[0].claimed), second[0].decided) == (3, 0, 3)


@pytest.mark.parametrize(
    ("cap", "batch", "waits_for_others"),
    [(29, 3, True), (30, 3, False), (31, 3, False), (9, 1, True), (10, 1, False), (999, 100, True), (1000, 100, False)],
)
def test_within_ten_batches_of_the_cap_clocks_count_in_turn(
    session: Session, cap: int, batch: int, waits_for_others: bool
) -> None:
    only(enrolled(text=TEXT.replace("daily_cap: 500", f"daily_cap: {cap}")), "d7")
    queue_prompts(INVITED)
    session.commit()
    rows = queued(INVITED, 1)
    assert caps.left_today(rows, INVITED, batch) == {rows[0].study_id: cap}
    held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    assert session.scalar(text(held)) == int(waits_for_others)


@pytest.mark.parametrize(
    ("outcome", "rang"),
    [
        (None, True),  # on its way
        ("accepted", True),
        ("unknown", True),
        ("refused", True),
        ("recovered", True),
        ("busy", False),
        ("unreachable", False),
        ("halted", False),
        ("barred", False),
    ],
)
def test_only_a_try_that_the_provider_did_not_take_leaves_its_place_to_another(
    session: Session, outcome: str | None, rang: bool
) -> None:
    only(enrolled(), "d7")
    queue_prompts(INVITED)
    message = session.scalars(select(Message)).one()
    session.add(Attempt(message_id=message.id, number=1, epoch=1, started_at=INVITED, outcome=outcome))
    session.flush()
    assert caps.left_today(queued(INVITED, 1), INVITED, 1) == {message.study_id: 499 if rang else 500}


@pytest.mark.parametrize(("started_at", "left"), [(-1, 500), (0, 499), (1, 499)])
def test_the_day_of_the_cap_begins_at_the_studys_own_midnight(session: Session, started_at: int, left: int) -> None:
    only(enrolled(), "d7")
    queue_prompts(INVITED)
    message = session.scalars(select(Message)).one()
    at = INVITED.replace(hour=22) - timedelta(days=1) + timedelta(microseconds=started_at)
    session.add(Attempt(message_id=message.id, number=1, epoch=1, started_at=at))
    session.flush()
    assert caps.left_today(queued(INVITED, 1), INVITED, 1) == {message.study_id: left}
