"""Numbers that do not open with our keys: nobody is given up for it, everybody is told."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import tick
from app.core import crypto, key_marks
from app.core.crypto import Keyring, new_key
from app.messages import breaker
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.kinds import Reason
from app.messages.models import Message, MessageState
from app.messages.outlook.forecast import upcoming
from app.messages.receiving.reconciling import reconcile
from app.messages.sending import closed_numbers
from app.participants.models import Contact, Participant
from app.schedule.models import Assessment
from tests.messages.books import states
from tests.messages.people import INVITED, minutes, weekly
from tests.settings import KEY

ACCEPTED, QUEUED, SUPPRESSED, UNKNOWN = (
    MessageState.ACCEPTED, MessageState.QUEUED, MessageState.SUPPRESSED, MessageState.UNKNOWN,
)  # fmt: skip
LACKING = ("FIELD_KEYS has not the key that numbers were closed with; put it back",)
WRONG = {"another of the same id": new_key(1), "another of another id": new_key(2)}


@contextmanager
def keys(text: str) -> Iterator[None]:
    """The process has these keys."""
    before = crypto.keyring()
    crypto.configure(Keyring.parse(text))
    yield
    crypto.configure(before)


def alerts(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "svar.alert"]


@pytest.fixture
def group(session: Session) -> list[Participant]:
    return weekly(3)


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_f44_with_a_wrong_key_every_text_stays_queued_and_leaves_once_with_the_right_one(
    session: Session,
    group: list[Participant],
    gateway: SandboxGateway,
    caplog: pytest.LogCaptureFixture,
    wrong: str,
) -> None:
    with keys(wrong):
        tick(gateway, INVITED)
        assert states(session) == [QUEUED] * 3
        assert breaker.halts() == LACKING
        tick(gateway, INVITED + minutes(6))
        assert states(session) == [QUEUED] * 3
    assert alerts(caplog) == [
        "the numbers of 3 texts do not open: they wait; run flask ops check-keys",
        f"texts are held back: sandbox does not take them ({LACKING[0]})",
        "the numbers of 3 texts do not open: they wait; run flask ops check-keys",
    ]
    for minute in (12, 13, 19):
        tick(gateway, INVITED + minutes(minute))
    assert states(session) == [ACCEPTED] * 3
    assert breaker.halts() == ()
    assert [message.attempts for message in session.scalars(select(Message))] == [1] * 3


def test_one_number_that_was_altered_waits_alone(
    session: Session, group: list[Participant], gateway: SandboxGateway, caplog: pytest.LogCaptureFixture
) -> None:
    sealed = group[1].contact.phone_sealed or b""
    group[1].contact.phone_sealed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    session.commit()
    tick(gateway, INVITED)
    assert states(session) == [ACCEPTED, QUEUED, ACCEPTED]
    assert breaker.halts() == ()
    tick(gateway, INVITED + minutes(1))
    assert alerts(caplog) == ["the numbers of 1 texts do not open: they wait; run flask ops check-keys"], (
        "and not again"
    )
    group[1].contact.phone_sealed = sealed
    session.commit()
    tick(gateway, INVITED + closed_numbers.WAITS)
    assert states(session) == [ACCEPTED] * 3


@pytest.mark.parametrize(
    ("noted", "halted"), [(KEY, False), (new_key(1), True), (None, True)], ids=["this key", "another", "none"]
)
def test_an_altered_number_that_is_due_alone_halts_nobody_where_the_key_is_known_to_be_right(
    session: Session, participant: Participant, gateway: SandboxGateway, noted: str | None, halted: bool
) -> None:
    if noted is not None:
        assert key_marks.hold(Keyring.parse(noted), production=True) is None
    sealed = participant.contact.phone_sealed or b""
    participant.contact.phone_sealed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    session.commit()
    tick(gateway, INVITED)
    assert states(session) == [QUEUED]
    assert bool(breaker.halts()) is halted


def test_a_text_whose_time_is_over_is_settled_although_its_number_does_not_open(
    session: Session, participant: Participant, gateway: SandboxGateway, assessment: Assessment
) -> None:
    with keys(new_key(1)):
        tick(gateway, INVITED)
        tick(gateway, assessment.closes_at)
    assert SUPPRESSED in states(session)
    assert QUEUED not in states(session)
    reasons = session.scalars(select(Message.reason).where(Message.state == SUPPRESSED)).all()
    assert Reason.NO_NUMBER not in reasons


def test_f44_what_was_suppressed_for_a_wrong_key_is_owed_again(
    session: Session, group: list[Participant], gateway: SandboxGateway
) -> None:
    """As versions before this one left it in the ledger: no usable number, of the number that she still has."""
    breaker.hold("a moment", INVITED)
    session.commit()
    tick(gateway, INVITED)
    for message in session.scalars(select(Message)):
        message.state, message.reason = SUPPRESSED, Reason.NO_NUMBER
        message.contact_version, message.settled_at = message.participant.contact.version, INVITED
    group[0].contact.unusable_since = INVITED
    group[1].contact.phone = None
    breaker.release()
    session.commit()
    tick(gateway, INVITED + minutes(1))
    assert states(session) == [SUPPRESSED, SUPPRESSED, ACCEPTED], "whose number is no good waits for another"


def test_what_became_of_a_text_is_not_concluded_while_its_number_does_not_open(
    session: Session, participant: Participant, gateway: SandboxGateway
) -> None:
    tick(gateway, INVITED)
    message = session.scalars(select(Message)).one()
    message.state, message.sid, message.not_before = UNKNOWN, None, INVITED
    session.commit()
    with keys(new_key(1)):
        reconcile(gateway, INVITED + minutes(20))
        assert states(session) == [UNKNOWN]
    reconcile(gateway, INVITED + minutes(30))
    assert states(session) == [ACCEPTED]


def test_what_waits_for_a_key_is_told_as_coming(
    session: Session, participant: Participant, gateway: SandboxGateway
) -> None:
    with keys(new_key(1)):
        tick(gateway, INVITED)
        coming = upcoming(participant.study, INVITED, 1)
    assert [text.why for text in coming if text.kind == "invitation"] == ["in the queue"]
    assert session.scalar(select(Contact.unusable_since)) is None
