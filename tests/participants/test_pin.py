"""The optional PIN: a stolen database is not enough to find it."""

import pytest
from sqlalchemy.orm import Session

from app.core.problems import BadInput
from app.participants.pin import is_pin, set_pin
from tests.responses.visits import participant


def test_a_pin_is_known_again_until_it_is_changed_or_taken_away(session: Session) -> None:
    contact = participant().contact
    set_pin(contact, "4711")
    assert is_pin(contact, "4711")
    assert not is_pin(contact, "1174")
    set_pin(contact, "1174")
    assert not is_pin(contact, "4711")
    set_pin(contact, None)
    assert not is_pin(contact, "1174")


def test_f38_what_is_stored_is_not_the_hash_of_the_digits(session: Session) -> None:
    from argon2 import PasswordHasher
    from argon2.exceptions import VerifyMismatchError

    contact = participant().contact
    set_pin(contact, "4711")
    assert contact.pin_hash is not None
    assert contact.pin_hash.startswith("$argon2id$")
    with pytest.raises(VerifyMismatchError):
        PasswordHasher().verify(contact.pin_hash, "4711")


@pytest.mark.parametrize("pin", ["", "123", "123456789", "12a4", "١٢٣", "1 234", "123²"])
def test_a_pin_is_four_to_eight_digits(session: Session, pin: str) -> None:
    with pytest.raises(BadInput):
        set_pin(participant().contact, pin)
