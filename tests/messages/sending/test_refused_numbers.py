"""Our sender is refused: for one number, for several, for everybody; alone and in a crowd."""

import logging
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import tick
from app.messages import breaker
from app.messages.gateways.outcomes import OUR_FAULTS
from app.messages.models import Message, MessageState
from app.participants.models import Contact, Task, TaskKind
from tests.messages.books import closed, states
from tests.messages.erratic import NO_CODE, Provider
from tests.messages.people import INVITED, enrolled, many, minutes, only, weekly
from tests.messages.sending.numbers import CODES, all_is_well, failed_numbers, group, numbers


@pytest.mark.parametrize("place", [0, 60, 120])
def test_of_121_people_one_number_that_our_sender_does_not_reach_delays_nobody(
    session: Session, app: Flask, place: int, caplog: pytest.LogCaptureFixture
) -> None:
    many(121)
    hers = numbers(session)[place]
    gateway = Provider(refusing=lambda number: "21612" if number == hers else "")
    with caplog.at_level(logging.ERROR, "svar.alert"):
        tick(gateway, INVITED)
        assert states(session).count(MessageState.ACCEPTED) == 120
        for minute in (0.1, 1, 2, 5, 10, 11, 30, 60):
            tick(gateway, INVITED + minutes(minute))
            assert all_is_well(session, minute), minute
    assert caplog.records == []
    assert gateway.tries[hers] == 2
    assert failed_numbers(session) == {hers}
    task = session.scalars(select(Task)).one()
    assert (task.kind, task.visit) == (TaskKind.NOT_DELIVERED, "d7")
    assert "21612: our sender cannot reach this number" in (task.note or "")
    assert closed(session, INVITED + minutes(60))


@pytest.mark.parametrize("code", CODES)
def test_whatever_code_refuses_one_number_it_is_hers_alone(session: Session, app: Flask, code: str) -> None:
    first, *others = group(session, 4)
    gateway = Provider(refusing=lambda number: code if number == first else "")
    for minute in (0, 1, 2):
        tick(gateway, INVITED + minutes(minute))
    assert failed_numbers(session) == {first}
    assert [gateway.tries[number] for number in others] == [1, 1, 1]


@pytest.mark.parametrize("code", sorted(OUR_FAULTS))
def test_a_code_that_can_only_be_about_us_lets_everybody_wait_and_is_held_against_nobody(
    session: Session, app: Flask, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Others got through a moment before and after: that makes it no fault of hers."""
    first, *others = group(session, 4)
    gateway = Provider(refusing=lambda number: code if number == first else "")
    with caplog.at_level(logging.ERROR, "svar.alert"):
        tick(gateway, INVITED)
        assert breaker.halts() == (f"{code}: {OUR_FAULTS[code]}",)
        for minute in (0.1, 1, 2, 4.9):
            tick(gateway, INVITED + minutes(minute))
        assert gateway.tries[first] == 1, "the queue waits"
        for minute in range(5, 180, 5):
            tick(gateway, INVITED + minutes(minute))
    assert sorted(states(session)) == [*[MessageState.ACCEPTED] * 3, MessageState.QUEUED]
    assert session.scalars(select(Task)).all() == []
    assert {record.getMessage()[:20] for record in caplog.records} == {"texts are held back:"}
    gateway.refusing = lambda number: ""
    for minute in (220, 221):
        tick(gateway, INVITED + minutes(minute))
    assert states(session) == [MessageState.ACCEPTED] * 4
    assert [gateway.tries[number] for number in others] == [1, 1, 1]


@pytest.mark.parametrize("code", sorted(OUR_FAULTS))
def test_alone_she_is_kept_waiting_while_our_account_is_refused_and_nobody_is_sent_after_her(
    session: Session, app: Flask, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    (hers,) = group(session, 1)
    gateway = Provider(refusing=lambda number: code)
    with caplog.at_level(logging.ERROR, "svar.alert"):
        for minute in range(0, 600, 10):
            tick(gateway, INVITED + minutes(minute))
    assert states(session) == [MessageState.QUEUED]
    assert 20 <= gateway.tries[hers] <= 24, "a probe in half an hour"
    assert session.scalars(select(Task)).all() == []
    assert [record.getMessage()[:20] for record in caplog.records] == ["texts are held back:"]
    assert not all_is_well(session, 600)


def test_what_was_refused_for_our_account_says_nothing_of_her_number(session: Session, app: Flask) -> None:
    """She was refused often for what we were; what is then said of her number counts from one."""
    hers, _ = group(session, 2)
    gateway = Provider(refusing=lambda number: "20003")
    for minute in range(0, 300, 5):
        tick(gateway, INVITED + minutes(minute))
    gateway.refusing = lambda number: "21612" if number == hers else ""
    for later in (331, 331.1):
        tick(gateway, INVITED + minutes(later))
    assert sorted(states(session)) == [MessageState.ACCEPTED, MessageState.QUEUED]
    only(enrolled(9), "d7")
    session.commit()
    for later in (366, 370):
        tick(gateway, INVITED + minutes(later))
    assert failed_numbers(session) == {hers}, "at the second try, as others get through"


@pytest.mark.parametrize("refused", [[0, 1], [0, 1, 2, 3], [8, 9], [6, 7, 8, 9], [0, 3, 5, 7, 9]])
def test_several_refused_numbers_are_theirs_alone_where_others_get_through(
    session: Session, app: Flask, refused: list[int]
) -> None:
    everybody = group(session, 10)
    theirs = {everybody[place] for place in refused}
    gateway = Provider(refusing=lambda number: "21606" if number in theirs else "")
    tick(gateway, INVITED)
    assert states(session).count(MessageState.ACCEPTED) == 10 - len(theirs)
    for minute in (1, 2, 3):
        tick(gateway, INVITED + minutes(minute))
    assert failed_numbers(session) == theirs
    assert all_is_well(session, 11)


@pytest.mark.parametrize("size", [2, 4, 5, 9])
def test_where_everybody_is_refused_the_breaker_opens_and_every_text_is_kept(
    session: Session, app: Flask, size: int, caplog: pytest.LogCaptureFixture
) -> None:
    group(session, size)
    gateway = Provider(refusing=lambda number: "21612")
    with caplog.at_level(logging.ERROR, "svar.alert"):
        for minute in range(31):
            tick(gateway, INVITED + minutes(minute))
    assert states(session) == [MessageState.QUEUED] * size
    assert [record.getMessage()[:20] for record in caplog.records] == ["texts are held back:"]
    assert breaker.halts() == ("21612: our sender cannot reach this number",)
    assert sum(gateway.tries.values()) <= size + 6, "one probe at a time, ever more rarely"
    session.rollback()
    gateway.refusing = lambda number: ""
    for later in (60, 60.1, 60.2):
        tick(gateway, INVITED + minutes(later))
    assert states(session) == [MessageState.ACCEPTED] * size


@pytest.mark.parametrize(
    "code", ["21408", "21601", "21608", "21703", "21704", "21705", "30034", "63038", "29999", NO_CODE]
)
def test_whatever_code_refuses_everybody_no_text_is_lost(
    session: Session, app: Flask, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    group(session, 3)
    gateway = Provider(refusing=lambda number: code)
    with caplog.at_level(logging.ERROR, "svar.alert"):
        for minute in (0, 0.6, 1.2, 5, 11, 30):
            tick(gateway, INVITED + minutes(minute))
    assert states(session) == [MessageState.QUEUED] * 3
    assert [record.getMessage()[:20] for record in caplog.records] == ["texts are held back:"]
    assert session.scalars(select(Task)).all() == []
    session.rollback()
    gateway.refusing = lambda number: ""
    for later in (60, 60.1, 60.2):
        tick(gateway, INVITED + minutes(later))
    assert states(session) == [MessageState.ACCEPTED] * 3
    assert breaker.halts() == ()


@pytest.mark.parametrize("code", ["21608", NO_CODE])
def test_of_121_people_refused_under_an_unnamed_code_no_text_is_lost(session: Session, app: Flask, code: str) -> None:
    many(121)
    gateway = Provider(refusing=lambda number: code)
    tick(gateway, INVITED)
    assert states(session) == [MessageState.QUEUED] * 121
    assert session.scalars(select(Task)).all() == []
    assert len(breaker.halts()) == 1


def test_an_account_that_breaks_in_the_middle_of_a_run_fails_nobody(session: Session, app: Flask) -> None:
    """Some got through a moment before: that does not make it the fault of those who come after."""
    everybody = group(session, 10)
    gateway = Provider(refusing=lambda number: "30002" if number in everybody[4:] else "")
    for minute in (0, 1, 2, 5, 8, 11):
        tick(gateway, INVITED + minutes(minute))
    assert states(session) == [MessageState.ACCEPTED] * 4 + [MessageState.QUEUED] * 6
    gateway.refusing = lambda number: ""
    for later in (40, 40.1):
        tick(gateway, INVITED + minutes(later))
    assert states(session) == [MessageState.ACCEPTED] * 10


def test_alone_a_text_that_is_refused_for_her_or_us_is_tried_eight_times_and_then_a_task(
    session: Session, app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    (hers,) = group(session, 1)
    gateway = Provider(refusing=lambda number: "21608")
    with caplog.at_level(logging.ERROR, "svar.alert"):
        for minute in range(0, 600, 10):
            tick(gateway, INVITED + minutes(minute))
    assert gateway.tries[hers] == 8
    assert session.execute(select(Message.state, Message.error_code)).one() == ("failed", "21608")
    assert session.scalars(select(Task.kind)).one() is TaskKind.NOT_DELIVERED
    assert caplog.records == []


def test_over_three_days_one_number_is_tried_twice_for_each_of_its_texts(session: Session, app: Flask) -> None:
    hers = group(session, 3)[0]
    gateway = Provider(refusing=lambda number: "21612" if number == hers else "")
    for hour in range(0, 73, 4):
        for minute in (0, 1, 5):
            tick(gateway, INVITED + timedelta(hours=hour, minutes=minute))
    texts = session.scalars(select(Message).join(Contact, Contact.participant_id == Message.participant_id)).all()
    tried = [text for text in texts if text.state is MessageState.FAILED]
    assert gateway.tries[hers] == 2 * len(tried) <= 8
    assert set(states(session)) == {MessageState.ACCEPTED, MessageState.FAILED}


def test_two_who_share_a_number_are_one_number(session: Session, app: Flask) -> None:
    person, other = weekly(2)
    other.contact.phone = person.contact.phone
    session.commit()
    gateway = Provider(refusing=lambda number: "21612")
    tick(gateway, INVITED)
    assert breaker.standing(gateway.name, INVITED).halt is None
