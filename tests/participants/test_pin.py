"""The optional PIN: five tries, and a stolen database is not enough to find it."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.core.problems import BadInput
from app.participants.pin import TRIES, PinLocked, check_pin, set_pin
from tests.responses.visits import INFUSION, participant


def test_the_right_pin_opens_and_forgets_wrong_tries(session: Session) -> None:
    contact = participant().contact
    set_pin(contact, "4711")
    assert not check_pin(contact, "1174", INFUSION)
    assert check_pin(contact, "4711", INFUSION)
    assert contact.pin_failures == 0


def test_the_fifth_wrong_try_locks_it_also_for_the_right_one(session: Session) -> None:
    contact = participant().contact
    set_pin(contact, "4711")
    assert [check_pin(contact, "0000", INFUSION + n * timedelta(minutes=1)) for n in range(TRIES)] == [False] * TRIES
    with pytest.raises(PinLocked):
        check_pin(contact, "4711", INFUSION)
    set_pin(contact, "4711")
    assert check_pin(contact, "4711", INFUSION)


def test_what_is_stored_is_not_the_hash_of_the_digits(session: Session) -> None:
    from argon2 import PasswordHasher
    from argon2.exceptions import VerifyMismatchError

    contact = participant().contact
    set_pin(contact, "4711")
    assert contact.pin_hash is not None
    assert contact.pin_hash.startswith("$argon2id$")
    with pytest.raises(VerifyMismatchError):
        PasswordHasher().verify(contact.pin_hash, "4711")


@pytest.mark.parametrize("pin", ["", "123", "123456789", "12a4", "١٢٣٤", " 1234"])
def test_a_pin_is_four_to_eight_digits(session: Session, pin: str) -> None:
    with pytest.raises(BadInput):
        set_pin(participant().contact, pin)
