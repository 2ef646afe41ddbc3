"""How often a passkey has answered, by its own counting: a copy of it shows by a count that is not higher."""

from sqlalchemy import update

from app.accounts.models import WebAuthn
from app.core.database import db

NEVER_COUNTS = 0
"""What one says each time that is kept on several devices."""


def count_up(passkey_id: int, count: int) -> bool:
    """Note how often this passkey has answered by now; false, and nothing is noted, if that is no more than before.

    Of two answers at once, one of a copy, the second waits here for the first, and is looked at after it.
    """
    more = WebAuthn.sign_count == NEVER_COUNTS if count == NEVER_COUNTS else WebAuthn.sign_count < count
    counted = update(WebAuthn).where(WebAuthn.id == passkey_id, more).values(sign_count=count)
    return db.session.scalar(counted.returning(WebAuthn.id)) is not None
