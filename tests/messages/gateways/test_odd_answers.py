"""Answers of the provider that nobody promised: none stops the others, none is taken for a yes."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import tick
from app.messages.gateways.outcomes import Outcome, backoff, classify
from app.messages.gateways.twilio import TwilioGateway
from app.messages.models import Message, MessageState
from app.participants.models import Participant
from tests.fake_twilio.server import Server
from tests.messages.books import states
from tests.messages.people import INVITED, minutes

LONG = "9" * 40


@pytest.mark.parametrize(
    ("answer", "state", "code"),
    [
        ("201:[]", "unknown", None),
        ('201:"sid"', "unknown", None),
        ("201:null", "unknown", None),
        ("204:", "unknown", None),
        ("301:", "unknown", "301"),
        ('201:{"sid": 5}', "unknown", None),
        ('201:{"sid": ""}', "unknown", None),
        ('201:{"sid": "SM' + LONG + LONG + '"}', "unknown", None),
        ('201:{"sid": "SM\\u0000"}', "unknown", None),
        ('201:{"sid": "SM1", "num_segments": "' + LONG + '"}', "accepted", None),
        ('201:{"sid": "SM1", "num_segments": "many"}', "accepted", None),
        ('400:{"code": ' + LONG + "}", "queued", None),
        ('400:{"code": {"a": [1, 2, 3]}}', "queued", None),
        ("400:[]", "queued", "400"),
        ("408:", "unknown", "408"),
        ("503:<html>", "unknown", "503"),
    ],
)
def test_an_odd_answer_is_settled_and_stops_nobody(
    session: Session, people: list[Participant], twilio: TwilioGateway, provider: Server,
    answer: str, state: str, code: str | None,
) -> None:  # fmt: skip
    provider.twilio.script.append(f"odd:{answer}")
    tick(twilio, INVITED)
    assert sorted(states(session)) == sorted(["accepted", "accepted", state])
    assert set(session.scalars(select(Message.error_code))) == {None, code}


@pytest.mark.parametrize(
    ("given", "least", "most"),
    [
        ("600", 600, 751),
        ("1.5", 30, 38),
        ("0", 30, 38),
        ("-5", 30, 38),
        ("soon", 30, 38),
        ("Tue, 22 Sep 2026 07:01:00 +99999999999999", 30, 38),
        ("9" * 9, 86_400, 108_001),
        ("9" * 99, 30, 38),
    ],
)
def test_retry_after_is_kept_where_it_can_be_read_and_a_day_is_the_longest(
    session: Session, people: list[Participant], twilio: TwilioGateway, provider: Server,
    given: str, least: int, most: int,
) -> None:  # fmt: skip
    provider.twilio.script.append(f"busy:{given}")
    tick(twilio, INVITED)
    waits = session.scalars(select(Message.not_before).filter_by(state=MessageState.QUEUED)).one() - INVITED
    assert timedelta(seconds=least) <= waits <= timedelta(seconds=most)


def test_retry_after_may_be_a_date(
    session: Session, people: list[Participant], twilio: TwilioGateway, provider: Server
) -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(minutes=20), usegmt=True)
    provider.twilio.script.append(f"busy:{at}")
    tick(twilio, INVITED)
    waits = session.scalars(select(Message.not_before).filter_by(state=MessageState.QUEUED)).one() - INVITED
    assert minutes(19.5) <= waits <= minutes(25.1)


def test_two_that_were_told_the_same_hour_do_not_come_back_at_once() -> None:
    assert backoff(1, 0.1, 400) != backoff(1, 0.9, 400)
    assert backoff(99, 0.0) == minutes(30)


@pytest.mark.parametrize("status", [400, 403, 404])
def test_what_is_wrong_with_one_number_holds_nobody_else_back(status: int) -> None:
    assert [classify(status, code) for code in ("21211", "21614", "21635", "21610")] == [Outcome.REFUSED] * 4
    assert classify(status, "21606") is Outcome.HALTED
