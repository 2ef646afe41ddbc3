"""The optional PIN: a stolen database is not enough to find it."""

from collections.abc import Callable

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.core.problems import BadInput
from app.participants.models import Contact
from app.participants.pin import close_what_is_open, is_pin, set_pin
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


@pytest.mark.parametrize("change", [lambda of: set_pin(of, "4711"), lambda of: set_pin(of, None), close_what_is_open])
def test_of_two_changes_at_once_each_closes_what_was_open(
    session: Session, change: Callable[[Contact], object]
) -> None:
    contact = participant().contact
    before = contact.check_version
    meanwhile = update(Contact).values(check_version=before + 1).execution_options(synchronize_session=False)
    session.execute(meanwhile)
    change(contact)
    session.flush()
    assert contact.check_version == before + 2


@pytest.mark.parametrize("pin", ["", "123", "123456789", "12a4", "١٢٣", "1 234", "123²"])
def test_a_pin_is_four_to_eight_digits(session: Session, pin: str) -> None:
    with pytest.raises(BadInput):
        set_pin(participant().contact, pin)
