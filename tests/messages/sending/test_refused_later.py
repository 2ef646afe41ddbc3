"""What was taken and is then refused by a report: for one number, for several, for everybody; and who was delivered."""

import logging

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import tick
from app.messages import breaker
from app.messages.gateways.outcomes import NUMBER_UNUSABLE, OF_SENDER
from app.messages.models import Message, MessageState
from app.participants.models import Contact, Task
from tests.messages.books import states
from tests.messages.carrier import Carrier
from tests.messages.erratic import Provider
from tests.messages.people import INVITED, weekly

QUEUED, ACCEPTED, DELIVERED, FAILED = (
    MessageState.QUEUED, MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.FAILED,
)  # fmt: skip


@pytest.fixture
def provider(session: Session, app: Flask) -> Provider:
    return Provider()


@pytest.fixture
def carrier(session: Session, provider: Provider) -> Carrier:
    return Carrier(session, provider)


@pytest.mark.parametrize("code", sorted(OF_SENDER))
def test_whatever_code_a_report_gives_of_our_sender_no_text_of_anybodys_is_lost(
    session: Session, provider: Provider, carrier: Carrier, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    carrier.invite(3)
    with caplog.at_level(logging.ERROR, "svar.alert"):
        carrier(1, [code] * 3)
    assert states(session) == [QUEUED] * 3
    assert session.scalars(select(Task)).all() == []
    assert breaker.halts() == (f"{code}: {OF_SENDER[code]}, as reports tell",)
    assert [record.getMessage()[:20] for record in caplog.records] == ["texts are held back:"]


@pytest.mark.parametrize(
    ("codes", "after"),
    [
        (["30007"], [FAILED]),  # one number proves nothing
        (["30002"], [QUEUED]),  # unless what is said can only be about us
        (["30002", None], [QUEUED, ACCEPTED]),
        (["20003", "30007", None], [QUEUED, QUEUED, ACCEPTED]),
        (["30002", "30006", None], [QUEUED, FAILED, ACCEPTED]),
        (["30007", None], [FAILED, ACCEPTED]),  # nor while the other's fate is not known
        (["30007", "30034", None], [FAILED, FAILED, ACCEPTED]),
        (["30007", "30007"], [QUEUED, QUEUED]),  # everybody there is
        (["30007", "30034"], [QUEUED, QUEUED]),  # under whatever code
        (["30007", "30007", ""], [FAILED, FAILED, DELIVERED]),  # others get through
        (["30007"] * 5 + [""], [FAILED] * 5 + [DELIVERED]),
        (["30007"] * 5 + [None], [QUEUED] * 5 + [ACCEPTED]),  # five are enough
        (["30003", "30003"], [FAILED, FAILED]),  # their telephones, not our sender
        (["30005", "30007"], [FAILED, FAILED]),
        (["30008", "30008"], [FAILED, FAILED]),  # the provider does not know
        (["30008"] * 4, [FAILED] * 4),
        (["30008"] * 5, [QUEUED] * 5),  # so many numbers do not fail by themselves, whatever is said of them
        (["30003"] * 5 + [None], [QUEUED] * 5 + [ACCEPTED]),
        (["30004", "30005", "30006", "30003", "29999", None], [QUEUED] * 5 + [ACCEPTED]),
        (["30006"] * 4 + ["30007"], [QUEUED] * 5),
        (["30006"] * 5 + [""], [FAILED] * 5 + [DELIVERED]),
        (["30006", "30006", "30007", "30007"], [FAILED, FAILED, QUEUED, QUEUED]),  # two whom the network filters
    ],
)
def test_what_reports_of_several_people_make_of_their_texts(
    session: Session, provider: Provider, carrier: Carrier, codes: list[str | None], after: list[MessageState]
) -> None:
    carrier.invite(len(codes))
    carrier(1, codes)
    assert states(session) == after
    assert bool(breaker.halts()) is (QUEUED in after)
    assert len(session.scalars(select(Task)).all()) == after.count(FAILED)
    given_up = session.scalars(select(Contact.unusable_because).where(Contact.unusable_since.is_not(None))).all()
    theirs = [code for code, state in zip(codes, after, strict=True) if state is FAILED]
    assert len(given_up) == sum(code in NUMBER_UNUSABLE for code in theirs)


def test_who_was_refused_for_our_account_is_asked_again_where_others_are_delivered_since(
    session: Session, provider: Provider, carrier: Carrier
) -> None:
    """It was suspended for a moment: nothing stands against her, and nobody waits any more."""
    carrier.invite(3)
    carrier(1, ["", "30002", ""])
    assert sorted(states(session)) == sorted([DELIVERED, DELIVERED, QUEUED])
    assert breaker.halts() == ()
    assert session.scalars(select(Task)).all() == []
    carrier(10, [])
    carrier(11, [""])
    assert states(session) == [DELIVERED] * 3


def test_reports_that_come_one_by_one_keep_the_texts_they_failed_first(
    session: Session, provider: Provider, carrier: Carrier
) -> None:
    carrier.invite(3)
    for minute in (1, 2, 3):
        carrier(minute, ["30034"])
    assert states(session) == [QUEUED] * 3


def test_a_probe_that_is_taken_lets_nobody_else_through_until_it_is_delivered(
    session: Session, provider: Provider, carrier: Carrier
) -> None:
    carrier.invite(4)
    carrier(1, ["30034"] * 4)
    carrier(7, [])
    assert sorted(states(session)) == [ACCEPTED, *[QUEUED] * 3]
    assert len(breaker.halts()) == 1
    carrier(8, ["30034"])
    assert states(session) == [QUEUED] * 4
    carrier(30, [])
    carrier(31, [""])
    assert breaker.halts() == ()
    for minute in (32, 40, 60):
        carrier(minute, [""] * 4)
    assert states(session) == [DELIVERED] * 4
    assert session.scalars(select(Task)).all() == []


def test_of_five_who_are_filtered_while_others_get_through_each_text_is_tried_twice_at_most(
    session: Session, provider: Provider, carrier: Carrier
) -> None:
    """Their reports came before the others'."""
    carrier.invite(7)
    carrier(1, ["30007"] * 5)
    assert len(breaker.halts()) == 1
    carrier(2, ["", ""])
    assert breaker.halts() == ()
    for minute in (10, 11, 12, 20, 30, 60):
        carrier(minute, ["30007"] * 5)
    assert states(session) == [FAILED] * 5 + [DELIVERED] * 2
    assert set(session.scalars(select(Message.attempts))) == {1, 2}
    assert (len(session.scalars(select(Task)).all()), breaker.halts()) == (5, ())


def test_where_nobody_is_ever_reached_a_text_is_tried_eight_times(
    session: Session, provider: Provider, carrier: Carrier
) -> None:
    carrier.invite(2)
    for minute in range(1, 700, 5):
        carrier(minute, ["30007"] * 2)
    assert max(provider.tries.values()) <= 8
    assert {state for state in states(session) if state is not QUEUED} == {FAILED}


def test_two_who_share_a_number_prove_as_little_as_one(session: Session, provider: Provider, carrier: Carrier) -> None:
    person, other = weekly(2)
    other.contact.phone = person.contact.phone
    session.commit()
    tick(provider, INVITED)
    carrier(1, ["30007", "30007"])
    assert breaker.halts() == ()
    assert len(session.scalars(select(Contact.phone_fingerprint).distinct()).all()) == 1
