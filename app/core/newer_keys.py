"""Keys that others of the service were started with since this process was, which therefore lacks them.

While keys are changed, processes with the old ring and with the new one stand beside each other for a while. What the
new ones closed or signed is not wrong, only not for us yet: nothing may come of it that a restart would not undo. So a
link waits instead of being unknown, nobody is taken for a stranger, and the clock leaves what needs keys to others.
"""

from flask import current_app
from sqlalchemy import select

from app.core import sealed_columns
from app.core.crypto import keyring
from app.core.database import looking
from app.core.key_marks import KeyMark
from app.core.problems import Unavailable

KEYS_AT_START = "keys at start"
LATER = "This part of the service does not have the newest key yet. Nothing was lost: wait a minute, then try again."


def begin() -> None:
    """Remember which keys this database has noted, as the process begins."""
    current_app.extensions[KEYS_AT_START] = _noted()


def newer() -> frozenset[int]:
    """The ids of keys that were noted since then, and are not on our ring."""
    if KEYS_AT_START not in current_app.extensions:  # the database was away at the start
        begin()
    before: frozenset[int] = current_app.extensions[KEYS_AT_START]
    return _noted() - before - frozenset(keyring().key_ids())


def complaint() -> str | None:
    """What is to be done about it, for operators; nothing where nothing is."""
    lacking = ", ".join(map(str, sorted(newer())))
    if not lacking:
        return None
    return f"This process was started before key {lacking} was: restart it with the same FIELD_KEYS as the others."


def wait_for(key_id: int) -> None:
    """Unavailable if what this key signed may well be ours, but only a restart will tell."""
    if key_id not in keyring().key_ids() and key_id in newer():
        raise Unavailable(LATER, retry_after=60)


def wait_if_used() -> None:
    """Unavailable if there may be somebody whom we do not find: what is looked up was written with a newer key."""
    lacking = newer()
    if lacking and lacking & sealed_columns.key_ids():
        raise Unavailable(LATER, retry_after=60)


def _noted() -> frozenset[int]:
    with looking() as connection:
        return frozenset(connection.scalars(select(KeyMark.key_id)))
