"""`flask ops drill`, its second act: texts fall due while the service has another key than numbers were closed with."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from flask import current_app
from sqlalchemy import func, select

from app import create_app
from app.config import IncompleteSettings, settings_of
from app.core import crypto, key_marks
from app.core.audit import acting
from app.core.crypto import Keyring, new_key
from app.core.database import db, transaction
from app.core.time import moved_clock, now
from app.messages.models import Message, MessageState
from app.rehearsal.carrier import Carrier
from app.rehearsal.drilled_trial import enrolled, not_ready_for, number_of, one_round
from app.starting import started

ROUNDS = (12, 13, 19)
"""Minutes after the fault at which the clock runs with the right key: the breaker tries one, and lets the rest go."""


def with_another_key(people: range, carrier: Carrier) -> Iterator[str]:
    """Play it, and say what did not hold."""
    right, rang, begun = crypto.keyring(), len(carrier.rang), now()
    with acting("drill"), transaction():
        key_marks.hold(right, production=True, test_installation=True)
    enrolled(people)
    one_round(carrier, without="deliver")
    suppressed = _suppressed()
    try:
        crypto.configure(Keyring.parse(new_key(right.key_ids()[0])))
        one_round(carrier)
        yield from _waited(carrier, rang, suppressed)
        yield from _starts()
    finally:
        crypto.configure(right)
    for minutes in ROUNDS:
        at = begun + timedelta(minutes=minutes)
        with moved_clock(lambda at=at: at):  # type: ignore[misc]
            one_round(carrier)
    often = Counter(text.number for text in carrier.rang[rang:])
    if often != Counter(map(number_of, people)):
        yield f"with the right key {often.total()} texts rang for {len(people)} that waited for it"


def _suppressed() -> int:
    db.session.rollback()
    query = select(func.count()).select_from(Message).filter_by(state=MessageState.SUPPRESSED)
    return db.session.scalar(query) or 0


def _waited(carrier: Carrier, rang: int, suppressed: int) -> Iterator[str]:
    if len(carrier.rang) != rang:
        yield f"{len(carrier.rang) - rang} texts rang while the key was another"
    if _suppressed() != suppressed:
        yield f"{_suppressed() - suppressed} texts were suppressed because the key was another"
    if "FIELD_KEYS" not in not_ready_for().get("held", ""):
        yield "readiness did not say that the key is another"


def _starts() -> Iterator[str]:
    """Web and clock are started by the same call, which must refuse a key that is another of a known id."""
    another = Keyring.parse(new_key(crypto.keyring().key_ids()[0]))
    there = replace(settings_of(current_app), production=True, test_installation=True, keyring=another)
    try:
        started(create_app(there))
    except IncompleteSettings as refused:
        if "FIELD_KEYS has another key" in str(refused):
            return
    yield "web and clock would have started with another key"
